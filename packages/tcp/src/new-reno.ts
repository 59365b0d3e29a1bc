import type { CongestionControl, CongestionFlow } from './congestion-control.ts';

/** RFC 5681 with appropriate byte counting (RFC 3465). */
export class NewReno implements CongestionControl {
  readonly name = 'newreno' as const;
  #counted: number;

  constructor() {
    this.#counted = 0;
  }

  acknowledged(flow: CongestionFlow, octets: number, _now: number): void {
    let left = octets;
    if (flow.cwnd < flow.ssthresh) {
      // RFC 5681 §3.1, equation 2; no octet above ssthresh is counted twice.
      const step = Math.min(left, flow.ssthresh - flow.cwnd);
      flow.cwnd += step;
      left -= step;
      if (left <= 0) return;
    }
    // RFC 3465 §2.1: one segment for each window of octets.
    this.#counted += left;
    if (this.#counted >= flow.cwnd) {
      this.#counted -= flow.cwnd;
      flow.cwnd += flow.sndMss;
    }
  }

  roundTrip(_flow: CongestionFlow, _rtt: number): void {}

  limited(_now: number): void {}

  congestion(flow: CongestionFlow, inFlight: number, _now: number): void {
    // RFC 5681 §3.1, equation 4.
    flow.ssthresh = Math.max(Math.floor(inFlight / 2), 2 * flow.sndMss);
    this.#counted = 0;
  }

  undo(): void {
    this.#counted = 0;
  }
}
