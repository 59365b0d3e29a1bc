import type { ControlBlock } from './control-block.ts';

/** The least round trip that counts: `now` is read once a batch, so that zero is measured on a wire in memory. */
const LEAST_MS = 0.01;

/**
 * Takes one measurement in (RFC 6298 §2), with what Linux adds so that many samples a round trip do not wash the
 * variance out: the largest deviation of a round trip counts, and it decays once a round trip.
 */
export function measureRoundTrip(cb: ControlBlock, measured: number): void {
  const rtt = Math.max(measured, LEAST_MS);
  const parameters = cb.context.parameters;
  const least = parameters.minimumRtoMs / 4;
  if (rtt < cb.minRtt) cb.minRtt = rtt;
  if (cb.srtt === 0) {
    cb.srtt = rtt;
    cb.mdev = rtt / 2;
    cb.rttvar = Math.max(cb.mdev, least);
    cb.mdevMax = cb.rttvar;
    cb.rttRound = cb.sndNxt;
  } else {
    const error = rtt - cb.srtt;
    cb.srtt += error / 8;
    const deviation = error < 0 ? -error : error;
    // A round trip that has just become shorter says little about how much it varies.
    cb.mdev += (deviation - cb.mdev) / (error < 0 && deviation > cb.mdev ? 32 : 4);
    if (cb.mdev > cb.mdevMax) {
      cb.mdevMax = cb.mdev;
      if (cb.mdevMax > cb.rttvar) cb.rttvar = cb.mdevMax;
    }
    if (((cb.sndUna - cb.rttRound) | 0) > 0) {
      if (cb.mdevMax < cb.rttvar) cb.rttvar -= (cb.rttvar - cb.mdevMax) / 4;
      cb.rttRound = cb.sndNxt;
      cb.mdevMax = least;
    }
  }
  const rto = cb.srtt + 4 * cb.rttvar;
  cb.rto = Math.min(rto, parameters.maximumRtoMs);
}

/** RTO backed off for the timeouts so far (RFC 6298 §5.5). */
export function backedOff(cb: ControlBlock, times: number): number {
  if (times === 0) return cb.rto;
  const rto = cb.rto * 2 ** Math.min(times, 20);
  const most = cb.context.parameters.maximumRtoMs;
  return Math.min(rto, most);
}
