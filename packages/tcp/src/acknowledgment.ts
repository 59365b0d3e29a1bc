import { type ControlBlock, Trait } from './control-block.ts';
import { type LossRecovery, RecoveryPhase } from './loss-recovery-state.ts';
import { afterAcknowledgment, detectLosses, noteDuplicate, repairTailLoss } from './recovery.ts';
import { measureRoundTrip } from './round-trip.ts';
import { Control, type SegmentView } from './segment.ts';
import { TcpEvent } from './state.ts';

/**
 * RFC 9293 §3.10.7.4, fifth: SND.UNA =< SEG.ACK =< SND.NXT was checked. Takes in the acknowledgment, its SACK
 * blocks and the window; runs loss recovery and congestion control; arms the timers.
 */
export function acknowledge(cb: ControlBlock, segment: SegmentView, payload: number, now: number): void {
  const acked = (segment.acknowledgment - cb.sndUna) | 0;
  const windowChanged = updateWindow(cb, segment);
  const recovery = cb.recovery;
  if (recovery === undefined) return;
  const sample = cb.context.sample;
  sample.reset();
  const flight = cb.outstanding;
  const inFlight = cb.inFlight;
  if (acked > 0) {
    const fin = cb.has(Trait.FinSent) && segment.acknowledgment === cb.sndNxt ? 1 : 0;
    recovery.board.acknowledge(segment.acknowledgment, sample);
    if (acked > fin) cb.queue!.drop(acked - fin);
    cb.sndUna = segment.acknowledgment;
    if (((cb.sndSmall - cb.sndUna) | 0) < 0) cb.sndSmall = cb.sndUna;
    cb.timeouts = 0;
    cb.stalledSince = Number.POSITIVE_INFINITY;
    cb.path.confirm(now);
  }
  let needless = 0;
  if (segment.sackCount > 0 && cb.has(Trait.Sack)) needless = takeSacks(cb, recovery, segment);
  const delivered = sample.delivered;
  cb.delivered += delivered;

  // RFC 6298 §3, with RFC 7323 §4.1 where everything acknowledged was sent more than once.
  if (sample.oldestSentAt >= 0) {
    measureRoundTrip(cb, now - sample.oldestSentAt);
    if (cb.congestion !== undefined) cb.congestion.roundTrip(cb, now - sample.newestSentAt);
    measureRate(cb, now);
  } else if (acked > 0 && segment.hasTimestamps && cb.has(Trait.Timestamps) && segment.timestampEcho !== 0) {
    const elapsed = (cb.timestamp(now) - segment.timestampEcho) | 0;
    if (elapsed >= 0 && elapsed < cb.context.parameters.maximumRtoMs) measureRoundTrip(cb, elapsed);
  }

  const board = recovery.board;
  if (!cb.has(Trait.Sack)) {
    const duplicate =
      acked === 0 && payload === 0 && !windowChanged && (segment.control & (Control.SYN | Control.FIN)) === 0;
    noteDuplicate(cb, recovery, acked, duplicate);
  }
  if (recovery.tlpOut) repairTailLoss(cb, recovery, segment.acknowledgment, acked, needless > 0, now);
  let wait = 0;
  // In order and all well: what is left was sent after what was acknowledged, and nothing can be lost by time.
  if (board.sackedOctets > 0 || sample.sacked > 0 || recovery.phase !== RecoveryPhase.Open || board.lostOctets > 0) {
    wait = detectLosses(cb, recovery, segment, now);
  } else recovery.rackFack = cb.sndUna;
  afterAcknowledgment(cb, recovery, segment, acked, needless, flight, inFlight, wait, now);
  tellWriter(cb);
}

/** RFC 9293 §3.10.7.4: the window is taken from segments newer than the one it was last taken from. */
function updateWindow(cb: ControlBlock, segment: SegmentView): boolean {
  // A retransmitted segment that advances SND.UNA tells of the window too (as in Linux): with the old window the edge
  // SND.UNA + SND.WND would lie beyond what the peer offered.
  const advances = ((segment.acknowledgment - cb.sndUna) | 0) > 0;
  const newer = (cb.sndWl1 - segment.sequence) | 0;
  if (!advances && (newer > 0 || (newer === 0 && ((cb.sndWl2 - segment.acknowledgment) | 0) > 0))) return false;
  // 16 bits shifted by at most 14 (RFC 7323 §2.3).
  const window = segment.window << cb.sndWndShift;
  cb.sndWl1 = segment.sequence;
  cb.sndWl2 = segment.acknowledgment;
  if (window === cb.sndWnd) return false;
  const opened = window > cb.sndWnd;
  cb.sndWnd = window;
  if (window > cb.sndWndMax) cb.sndWndMax = window;
  if (opened) {
    cb.probes = 0;
    if (cb.recovery === undefined) cb.stalledSince = Number.POSITIVE_INFINITY;
    cb.context.markDirty(cb);
  }
  return true;
}

/** RFC 2018 and RFC 2883. Returns how many octets a DSACK called needless; 0 when there was none. */
function takeSacks(cb: ControlBlock, recovery: LossRecovery, segment: SegmentView): number {
  const sacks = segment.sacks;
  const sample = cb.context.sample;
  const board = recovery.board;
  let needless = 0;
  let from = 0;
  const left = sacks[0]!;
  const right = sacks[1]!;
  const size = (right - left) | 0;
  if (size > 0) {
    // RFC 2883 §4: the first block lies below the acknowledgment, or within the second.
    const below = ((right - segment.acknowledgment) | 0) <= 0;
    const within = segment.sackCount > 1 && ((left - sacks[2]!) | 0) >= 0 && ((right - sacks[3]!) | 0) <= 0 && !below;
    if (below || within) {
      // One that names what we never sent, or sent too long ago, is not ours.
      if (size <= Math.max(cb.sndWndMax, cb.sndMss)) needless = size;
      from = 1;
      cb.context.counters.duplicateSacks++;
    }
  }
  for (let i = from; i < segment.sackCount; i++) {
    let start = sacks[i * 2]!;
    const end = sacks[i * 2 + 1]!;
    if (((end - cb.sndUna) | 0) <= 0) continue;
    if (((start - cb.sndUna) | 0) < 0) start = cb.sndUna;
    if (((end - start) | 0) <= 0 || ((end - cb.sndNxt) | 0) > 0 || !board.sack(start, end, sample)) {
      cb.context.counters.sacksIgnored++;
    }
  }
  return needless;
}

/** Once a round trip: octets delivered in it. */
function measureRate(cb: ControlBlock, now: number): void {
  const elapsed = now - cb.rateAt;
  if (elapsed < cb.srtt || elapsed <= 0) return;
  cb.deliveryRate = (cb.delivered - cb.rateMark) / elapsed;
  cb.rateMark = cb.delivered;
  cb.rateAt = now;
}

/** Writable once half of the budget is free again; Drained once nothing waits. */
function tellWriter(cb: ControlBlock): void {
  const queue = cb.queue;
  if (queue === undefined) return;
  let events = 0;
  if (cb.has(Trait.WantsRoom) && !cb.has(Trait.FinQueued)) {
    const budget = Math.min(Math.max(cb.context.parameters.sendInitial, 2 * cb.cwnd), cb.settings.sendLimit);
    if (budget - queue.length >= budget / 2) {
      cb.traits &= ~Trait.WantsRoom;
      events = TcpEvent.Writable;
    }
  }
  if (queue.length === 0 && cb.has(Trait.Undrained)) {
    cb.traits &= ~Trait.Undrained;
    events |= TcpEvent.Drained;
  }
  if (events !== 0) cb.context.signal(cb, events);
}
