import { OctetWriter } from '@immuable-net/octets';
import { MAXIMUM_HANDSHAKE_MESSAGE } from './parameters.ts';

/**
 * RFC 8446 §5.1: handshake messages out of records: several in one record, one over several. What came is kept
 * as it comes, never as much as a length field promises.
 */
export class HandshakeAssembly {
  readonly #kept: OctetWriter;
  #octets: Uint8Array;
  #at: number;
  #end: number;

  constructor() {
    this.#kept = new OctetWriter(0);
    this.#octets = this.#kept.octets;
    this.#at = 0;
    this.#end = 0;
  }

  /** Whether a message is incomplete: no other type of record may come between (RFC 8446 §5.1). */
  get incomplete(): boolean {
    return this.#kept.at > 0;
  }

  /** Whether octets follow the message that {@link next} returned last, in the same record. */
  get more(): boolean {
    return this.#at < this.#end;
  }

  /** Gives the content of one record; then call {@link next} until it returns undefined. */
  offer(octets: Uint8Array, start: number, end: number): void {
    if (this.incomplete) {
      this.#kept.write(octets, start, end);
      this.#octets = this.#kept.octets;
      this.#at = 0;
      this.#end = this.#kept.at;
    } else {
      this.#octets = octets;
      this.#at = start;
      this.#end = end;
    }
  }

  /**
   * The next whole message, header included, as a view that is good until the next `offer`; undefined when there
   * is none (the rest is kept); `too_long` when it is longer than any that is taken.
   */
  next(): Uint8Array | 'too_long' | undefined {
    const left = this.#end - this.#at;
    const octets = this.#octets;
    if (left >= 4) {
      const length = 4 + ((octets[this.#at + 1]! << 16) | (octets[this.#at + 2]! << 8) | octets[this.#at + 3]!);
      if (length > MAXIMUM_HANDSHAKE_MESSAGE) return 'too_long';
      if (left >= length) {
        const message = octets.subarray(this.#at, this.#at + length);
        this.#at += length;
        return message;
      }
    }
    this.#keep();
    return undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#kept.octets = EMPTY;
    this.#kept.clear();
    this.#octets = EMPTY;
    this.#at = 0;
    this.#end = 0;
  }

  #keep(): void {
    if (this.#at === this.#end) {
      this.#kept.clear();
    } else if (this.#octets === this.#kept.octets && this.incomplete) {
      this.#octets.copyWithin(0, this.#at, this.#end);
      this.#kept.at = this.#end - this.#at;
    } else {
      this.#kept.clear();
      this.#kept.write(this.#octets, this.#at, this.#end);
    }
    this.#at = this.#end;
  }
}

const EMPTY = new Uint8Array(0);
