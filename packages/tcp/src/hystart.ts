import type { CongestionFlow } from './congestion-control.ts';

// RFC 9406 §4.3.
const MIN_RTT_THRESH_MS = 4;
const MAX_RTT_THRESH_MS = 16;
const MIN_RTT_DIVISOR = 8;
const N_RTT_SAMPLE = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

/** HyStart++ (RFC 9406): leaves slow start by the growth of the round trip, before the queue overflows. */
export class HyStart {
  #windowEnd: number;
  #started: boolean;
  #lastRoundMinRtt: number;
  #currentRoundMinRtt: number;
  #samples: number;
  /** `Infinity` in slow start; in conservative slow start the round trip it was entered at. */
  #cssBaselineMinRtt: number;
  #cssRounds: number;

  constructor() {
    this.#windowEnd = 0;
    this.#started = false;
    this.#lastRoundMinRtt = Number.POSITIVE_INFINITY;
    this.#currentRoundMinRtt = Number.POSITIVE_INFINITY;
    this.#samples = 0;
    this.#cssBaselineMinRtt = Number.POSITIVE_INFINITY;
    this.#cssRounds = 0;
  }

  /** How far the window may grow for `octets` acknowledged in slow start. */
  growth(octets: number): number {
    return this.#cssBaselineMinRtt === Number.POSITIVE_INFINITY ? octets : octets / CSS_GROWTH_DIVISOR;
  }

  /** A round trip was measured in slow start. True when slow start is over: ssthresh becomes cwnd. */
  roundTrip(flow: CongestionFlow, rtt: number): boolean {
    if (!this.#started || ((flow.sndUna - this.#windowEnd) | 0) >= 0) {
      this.#started = true;
      this.#windowEnd = flow.sndNxt;
      this.#lastRoundMinRtt = this.#currentRoundMinRtt;
      this.#currentRoundMinRtt = Number.POSITIVE_INFINITY;
      this.#samples = 0;
      if (this.#cssBaselineMinRtt !== Number.POSITIVE_INFINITY && ++this.#cssRounds >= CSS_ROUNDS) {
        this.reset();
        return true;
      }
    }
    if (rtt < this.#currentRoundMinRtt) this.#currentRoundMinRtt = rtt;
    this.#samples++;
    if (this.#samples < N_RTT_SAMPLE) return false;
    if (this.#cssBaselineMinRtt === Number.POSITIVE_INFINITY) {
      if (this.#lastRoundMinRtt === Number.POSITIVE_INFINITY) return false;
      const threshold = Math.max(
        MIN_RTT_THRESH_MS,
        Math.min(this.#lastRoundMinRtt / MIN_RTT_DIVISOR, MAX_RTT_THRESH_MS),
      );
      if (this.#currentRoundMinRtt >= this.#lastRoundMinRtt + threshold) {
        this.#cssBaselineMinRtt = this.#currentRoundMinRtt;
        this.#cssRounds = 0;
      }
    } else if (this.#currentRoundMinRtt < this.#cssBaselineMinRtt) {
      // It was jitter: back to slow start.
      this.#cssBaselineMinRtt = Number.POSITIVE_INFINITY;
    }
    return false;
  }

  reset(): void {
    this.#started = false;
    this.#lastRoundMinRtt = Number.POSITIVE_INFINITY;
    this.#currentRoundMinRtt = Number.POSITIVE_INFINITY;
    this.#samples = 0;
    this.#cssBaselineMinRtt = Number.POSITIVE_INFINITY;
    this.#cssRounds = 0;
  }
}
