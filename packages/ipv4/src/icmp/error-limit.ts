import type { RandomSource } from '@immuable-net/octets';
import { ICMP_ERRORS_BURST, ICMP_ERRORS_PER_SECOND } from '../parameters.ts';

/**
 * How many ICMP errors may be sent (RFC 1812 §4.3.2.8): a bucket that fills with time. Each fill is short of the
 * whole by a little that nobody can foretell, so that the limit tells no one what we sent to others (CVE-2020-25705).
 */
export class ErrorLimit {
  #credit: number;
  #at: number;
  readonly #random: RandomSource;
  readonly #drawn: Uint8Array;

  constructor(random: RandomSource) {
    this.#credit = ICMP_ERRORS_BURST;
    this.#at = Number.NEGATIVE_INFINITY;
    this.#random = random;
    this.#drawn = new Uint8Array(1);
  }

  /** Whether one more may be sent now; then it is counted. */
  take(now: number): boolean {
    const fill = ((now - this.#at) * ICMP_ERRORS_PER_SECOND) / 1000;
    if (fill >= 1) {
      this.#random(this.#drawn, 0, 1);
      this.#credit = Math.min(this.#credit + fill, ICMP_ERRORS_BURST - (this.#drawn[0]! & 3));
      this.#at = now;
    }
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }
}
