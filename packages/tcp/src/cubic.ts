import type { CongestionControl, CongestionFlow } from './congestion-control.ts';
import { HyStart } from './hystart.ts';

// RFC 9438 §5: the constants, in segments and seconds.
const C = 0.4;
const BETA = 0.7;
/** RFC 9438 §4.3: what makes W_est as fast as Reno on average. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

/** CUBIC (RFC 9438) with HyStart++ (RFC 9406). Windows in here are segments, as in the RFC. */
export class Cubic implements CongestionControl {
  readonly name = 'cubic' as const;
  readonly #hystart: HyStart;
  #wMax: number;
  #priorWMax: number;
  /** cwnd when the last congestion came: from there on W_est grows by a whole segment a round trip. */
  #cwndPrior: number;
  /** When this congestion avoidance began; -1 when it has not. */
  #epochStart: number;
  #k: number;
  #wEst: number;
  #lastAt: number;

  constructor() {
    this.#hystart = new HyStart();
    this.#wMax = 0;
    this.#priorWMax = 0;
    this.#cwndPrior = 0;
    this.#epochStart = -1;
    this.#k = 0;
    this.#wEst = 0;
    this.#lastAt = -1;
  }

  acknowledged(flow: CongestionFlow, octets: number, now: number): void {
    let left = octets;
    if (flow.cwnd < flow.ssthresh) {
      const growth = this.#hystart.growth(left);
      const step = Math.min(growth, flow.ssthresh - flow.cwnd);
      flow.cwnd += step;
      if (step === growth) return;
      left -= step;
    }
    const mss = flow.sndMss;
    const cwnd = flow.cwnd / mss;
    const acked = left / mss;
    this.#lastAt = now;
    if (this.#epochStart < 0) {
      this.#epochStart = now;
      if (cwnd < this.#wMax) this.#k = Math.cbrt((this.#wMax - cwnd) / C);
      else {
        this.#k = 0;
        this.#wMax = cwnd;
      }
      this.#wEst = cwnd;
    }
    const t = (now - this.#epochStart) / 1000;
    // §4.3: the Reno-friendly estimate.
    this.#wEst += ((this.#wEst < this.#cwndPrior ? ALPHA : 1) * acked) / cwnd;
    const offset = t - this.#k;
    if (C * offset * offset * offset + this.#wMax < this.#wEst) {
      if (this.#wEst > cwnd) flow.cwnd = this.#wEst * mss;
      return;
    }
    // §4.2: where the window shall be one round trip from now, at most half as much again.
    const ahead = offset + flow.srtt / 1000;
    let target = C * ahead * ahead * ahead + this.#wMax;
    if (target < cwnd) target = cwnd;
    else if (target > 1.5 * cwnd) target = 1.5 * cwnd;
    flow.cwnd += ((target - cwnd) / cwnd) * left;
  }

  roundTrip(flow: CongestionFlow, rtt: number): void {
    // RFC 9406 §4.3: only the first slow start; later ones have a threshold.
    if (flow.ssthresh === Number.POSITIVE_INFINITY && this.#hystart.roundTrip(flow, rtt)) flow.ssthresh = flow.cwnd;
  }

  limited(now: number): void {
    // §5.8: the curve does not go on while the application does not use the window.
    if (this.#epochStart >= 0 && this.#lastAt >= 0) this.#epochStart += now - this.#lastAt;
    this.#lastAt = now;
  }

  congestion(flow: CongestionFlow, inFlight: number, _now: number): void {
    const cwnd = flow.cwnd / flow.sndMss;
    this.#priorWMax = this.#wMax;
    this.#cwndPrior = cwnd;
    // §4.7: fast convergence gives room to new flows.
    this.#wMax = cwnd < this.#wMax ? (cwnd * (1 + BETA)) / 2 : cwnd;
    // §4.6: of what is in flight, for a window that was not in use says nothing.
    flow.ssthresh = Math.max(Math.floor(Math.min(flow.cwnd, inFlight) * BETA), 2 * flow.sndMss);
    this.#epochStart = -1;
    this.#hystart.reset();
  }

  undo(): void {
    this.#wMax = this.#priorWMax;
    this.#epochStart = -1;
  }
}
