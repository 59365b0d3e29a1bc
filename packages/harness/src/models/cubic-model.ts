import type { Random } from '../simulation/random.ts';

/** The path and the transfer that {@link cubicGoodput} judges. */
export interface CubicModelOptions {
  /** Octets to deliver. */
  readonly octets: number;
  /** Octets of data in a segment, and of the whole frame around it. */
  readonly segmentOctets: number;
  readonly frameOctets: number;
  /** Bits a second, counted in whole frames. */
  readonly rate: number;
  /** Round trip without a queue. */
  readonly rttMs: number;
  /** Octets of frames that wait at the bottleneck. */
  readonly queueOctets: number;
  /** Probability that a frame is lost. */
  readonly loss: number;
  readonly random: Random;
}

// RFC 9438 §4.6, §5: β_cubic and C; §4.3: α_cubic, so that W_est keeps pace with Reno.
const BETA = 0.7;
const C = 0.4;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);

// RFC 9406 §4.3.
const MIN_RTT_THRESH_MS = 4;
const MAX_RTT_THRESH_MS = 16;
const N_RTT_SAMPLE = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

interface Sent {
  readonly order: number;
  readonly sentAt: number;
  readonly ackAt: number;
  readonly lost: boolean;
}

/**
 * What fraction of the line a sender gets that follows RFC 9438 and RFC 9406 and recovers from every loss as soon
 * as three later segments were acknowledged: no TCP, only windows, acknowledgements and time. The measure for what
 * an implementation reaches on the same path.
 */
export function cubicGoodput(options: CubicModelOptions): number {
  const { segmentOctets, frameOctets, rate, rttMs, queueOctets, loss, random } = options;
  const total = Math.ceil(options.octets / segmentOctets);
  const serviceMs = (frameOctets * 8000) / rate;
  const flight: Sent[] = [];
  let head = 0;
  const holes: number[] = [];
  let now = rttMs * 1.5; // The handshake.
  let busyUntil = now;
  let order = 0;
  let toResend = 0;
  let sent = 0;
  let delivered = 0;
  let inFlight = 0;
  let window = 10;
  let threshold = Number.POSITIVE_INFINITY;
  let recoverUntil = -1;
  let largest = 0;
  let epochAt = -1;
  let k = 0;
  let estimate = 0;
  // HyStart++.
  let roundEnd = 0;
  let samples = 0;
  let roundMin = Number.POSITIVE_INFINITY;
  let lastRoundMin = Number.POSITIVE_INFINITY;
  let cssRounds = -1;
  let cssBaseline = 0;

  const send = (): void => {
    while (inFlight < Math.floor(window) && (toResend > 0 || sent < total)) {
      if (toResend > 0) toResend--;
      else sent++;
      const leaves = Math.max(busyUntil, now);
      const overflows = ((leaves - now) * rate) / 8000 + frameOctets > queueOctets;
      if (!overflows) busyUntil = leaves + serviceMs;
      const at = (overflows ? leaves : busyUntil) + rttMs;
      flight.push({ order: order++, sentAt: now, ackAt: at, lost: overflows || random.chance(loss) });
      inFlight++;
    }
  };

  const reduce = (): void => {
    recoverUntil = order;
    // RFC 9438 §4.7: fast convergence.
    largest = window < largest ? (window * (1 + BETA)) / 2 : window;
    window = Math.max(2, window * BETA);
    threshold = window;
    epochAt = -1;
    cssRounds = -1;
  };

  const grow = (rtt: number): void => {
    if (window < threshold) {
      window += cssRounds >= 0 ? 1 / CSS_GROWTH_DIVISOR : 1;
      return;
    }
    if (epochAt < 0) {
      epochAt = now;
      if (largest <= window) {
        largest = window;
        k = 0;
      } else k = Math.cbrt((largest - window) / C);
      estimate = window;
    }
    const t = (now - epochAt) / 1000;
    const target = C * (t + rtt / 1000 - k) ** 3 + largest;
    estimate += (estimate < largest ? ALPHA : 1) / window;
    const now3 = C * (t - k) ** 3 + largest;
    if (now3 < estimate) window = Math.max(window, estimate);
    else window += Math.max(0, Math.min(target, 1.5 * window) - window) / window;
  };

  const measure = (acked: Sent, rtt: number): void => {
    if (window >= threshold) return;
    samples++;
    if (rtt < roundMin) roundMin = rtt;
    if (samples >= N_RTT_SAMPLE && lastRoundMin !== Number.POSITIVE_INFINITY) {
      const thresh = Math.max(MIN_RTT_THRESH_MS, Math.min(lastRoundMin / 8, MAX_RTT_THRESH_MS));
      if (cssRounds < 0 && roundMin >= lastRoundMin + thresh) {
        cssBaseline = roundMin;
        cssRounds = 0;
      } else if (cssRounds >= 0 && roundMin < cssBaseline) cssRounds = -1;
    }
    if (acked.order < roundEnd) return;
    roundEnd = order;
    lastRoundMin = roundMin;
    roundMin = Number.POSITIVE_INFINITY;
    samples = 0;
    if (cssRounds >= 0 && ++cssRounds > CSS_ROUNDS) {
      threshold = window;
      largest = window;
    }
  };

  send();
  while (delivered < total) {
    const next = flight[head];
    if (next === undefined) {
      // Nothing later will be acknowledged: a probe one round trip on tells what was lost (RFC 8985 §7).
      now += rttMs;
      if (holes.length > 0 && holes[0]! >= recoverUntil) reduce();
      toResend += holes.length;
      inFlight -= holes.length;
      holes.length = 0;
      send();
      continue;
    }
    head++;
    if (head > 8192) {
      flight.splice(0, head);
      head = 0;
    }
    now = Math.max(now, next.ackAt);
    if (next.lost) {
      holes.push(next.order);
      continue;
    }
    delivered++;
    inFlight--;
    const rtt = now - next.sentAt;
    while (holes.length > 0 && holes[0]! <= next.order - 3) {
      const hole = holes.shift()!;
      inFlight--;
      toResend++;
      if (hole >= recoverUntil) reduce();
    }
    if (next.order >= recoverUntil) {
      measure(next, rtt);
      grow(rtt);
    }
    send();
  }
  return (options.octets * 8000) / now / rate;
}
