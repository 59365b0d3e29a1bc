import { copyOctets } from '@immuable-net/octets';
import { HeadScanner } from './head-scanner.ts';

const INITIAL_OCTETS = 512;

/** What came of a head that is split across segments: exists only as long as its end is missing. */
export class PartialHead {
  octets: Uint8Array;
  length: number;
  readonly scanner: HeadScanner;

  constructor() {
    this.octets = new Uint8Array(INITIAL_OCTETS);
    this.length = 0;
    this.scanner = new HeadScanner();
  }

  /** Copies octets to the end of it. */
  append(octets: Uint8Array, start: number, end: number): void {
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
