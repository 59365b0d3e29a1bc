import { MAXIMUM_PLAINTEXT, SMALL_PLAINTEXT, SMALL_RECORD_IDLE_MS, SMALL_RECORD_OCTETS } from './parameters.ts';

/**
 * How large the next records are: while a window opens each fits one segment, so that the peer can use every
 * segment as it comes; a long transfer uses the largest, which cost the least.
 */
export class RecordSize {
  /** The peer's limit (RFC 8449 §4), less the content type: octets of plaintext. */
  limit: number;
  #sent: number;
  #lastMs: number;

  constructor() {
    this.limit = MAXIMUM_PLAINTEXT;
    this.#sent = 0;
    this.#lastMs = 0;
  }

  /** Octets of plaintext that the next records may have. */
  next(now: number): number {
    if (now - this.#lastMs > SMALL_RECORD_IDLE_MS) this.#sent = 0;
    const size = this.#sent < SMALL_RECORD_OCTETS ? SMALL_PLAINTEXT : MAXIMUM_PLAINTEXT;
    return Math.min(size, this.limit);
  }

  /** Counts what was sealed. */
  sent(octets: number, now: number): void {
    this.#sent += octets;
    this.#lastMs = now;
  }
}
