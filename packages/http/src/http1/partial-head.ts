import { copyOctets } from '@immuable-net/octets';
import { HeadScanner } from './head-scanner.ts';
import type { Http1Failure } from './http1-failure.ts';
import type { Http1Parameters } from './parameters.ts';

const CR = 0x0d;
const LF = 0x0a;

const INITIAL_OCTETS = 512;

/** What came of a head that is split across segments: exists only as long as its end is missing. */
export class PartialHead {
  octets: Uint8Array;
  length: number;
  /** Octets of memory that its connections' account holds for it. */
  charged: number;
  /** Octets of the head, once its end is there; 0 before. */
  headOctets: number;
  /** Nothing but an empty line: what follows begins anew (RFC 9112 §2.2). */
  empty: boolean;
  failure: Http1Failure | undefined;
  readonly #scanner: HeadScanner;

  constructor() {
    this.octets = new Uint8Array(INITIAL_OCTETS);
    this.length = 0;
    this.charged = 0;
    this.headOctets = 0;
    this.empty = false;
    this.failure = undefined;
    this.#scanner = new HeadScanner();
  }

  /**
   * Takes octets, copies what belongs to the head, and returns how many those are. Then one of
   * {@link headOctets}, {@link empty} and {@link failure} says what it came to, or the head is still not whole.
   */
  arrive(octets: Uint8Array, start: number, end: number, parameters: Http1Parameters): number {
    if (this.length === 1 && this.octets[0]! === CR) {
      // It was the first half of an empty line, or nothing that is allowed.
      if (octets[start]! === LF) this.empty = true;
      else this.failure = 'bareCarriageReturn';
      return 1;
    }
    // No more than a head can have is ever held.
    const limit = parameters.requestLineOctets + parameters.fieldsOctets + 5;
    const before = this.length;
    const taken = Math.min(end - start, limit - before);
    this.#append(octets, start, start + taken);
    if (this.length === 1 && this.octets[0]! === CR) return taken;
    const scanner = this.#scanner;
    const length = scanner.scan(this.octets, 0, this.length);
    if (length > 0) {
      this.headOctets = length;
      return length - before;
    }
    const line = scanner.requestLineOctets;
    if (length < 0) this.failure = scanner.failure;
    else if ((line < 0 ? scanner.at : line) > parameters.requestLineOctets) this.failure = 'requestLineTooLong';
    else if (line >= 0 && this.length - line - 4 > parameters.fieldsOctets) this.failure = 'fieldsTooLarge';
    return taken;
  }

  /** Octets of memory that it has come to take since the last call. */
  charge(): number {
    const grown = this.octets.length - this.charged;
    this.charged = this.octets.length;
    return grown;
  }

  #append(octets: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.octets.length) {
      const grown = new Uint8Array(Math.max(length, this.octets.length * 2));
      grown.set(this.octets.subarray(0, this.length));
      this.octets = grown;
    }
    copyOctets(octets, start, end, this.octets, this.length);
    this.length = length;
  }
}
