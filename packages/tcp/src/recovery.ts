import { type ControlBlock, Trait } from './control-block.ts';
import { type LossRecovery, ProbeKind, RecoveryPhase } from './loss-recovery-state.ts';
import { Control, type SegmentView } from './segment.ts';

/** RFC 5681 §3.2. */
const DUPLICATE_THRESHOLD = 3;

/** RFC 8985 §6.2 step 4: for so many recoveries a widened reordering window stays wide. */
const REO_WND_PERSIST = 16;

/** Without SACK, each duplicate acknowledgment stands for one segment that left the network (RFC 6582). */
export function noteDuplicate(cb: ControlBlock, recovery: LossRecovery, acked: number, duplicate: boolean): void {
  const board = recovery.board;
  if (acked > 0) {
    if (recovery.phase === RecoveryPhase.Recovery && ((cb.sndUna - recovery.recoveryPoint) | 0) < 0) {
      // RFC 6582 §3.2 step 3: a partial acknowledgment names the next hole.
      const left = recovery.duplicateAcks - Math.max(0, Math.round(acked / cb.sndMss) - 1);
      recovery.duplicateAcks = Math.max(left, 0);
      board.loseHead(cb.sndMss);
    } else recovery.duplicateAcks = 0;
    return;
  }
  if (!duplicate || cb.outstanding === 0 || recovery.phase === RecoveryPhase.Loss) return;
  // A peer cannot have more duplicates to tell of than segments are out.
  if ((recovery.duplicateAcks + 1) * cb.sndMss < cb.outstanding) recovery.duplicateAcks++;
  else if (recovery.duplicateAcks < DUPLICATE_THRESHOLD) recovery.duplicateAcks++;
  if (recovery.phase !== RecoveryPhase.Recovery && recovery.duplicateAcks >= DUPLICATE_THRESHOLD) {
    board.loseHead(cb.sndMss);
  }
}

/**
 * RFC 8985 §6.2: what was sent before something that was delivered since, and is older than the reordering
 * window allows, is lost. Returns after how many milliseconds to look again; 0 for never.
 */
export function detectLosses(cb: ControlBlock, recovery: LossRecovery, segment: SegmentView, now: number): number {
  if (!cb.has(Trait.Sack)) return 0;
  const sample = cb.context.sample;
  if (sample.rackSentAt >= 0 && !isFalseDelivery(cb, now)) {
    const rtt = now - sample.rackSentAt;
    if (
      sample.rackSentAt > recovery.rackSentAt ||
      (sample.rackSentAt === recovery.rackSentAt && ((sample.rackEnd - recovery.rackEnd) | 0) > 0)
    ) {
      recovery.rackSentAt = sample.rackSentAt;
      recovery.rackEnd = sample.rackEnd;
      recovery.rackRtt = rtt;
    }
  }
  // Step 3: something never sent again was delivered after what follows it.
  if (sample.hasOriginal && ((sample.lowestOriginal - recovery.rackFack) | 0) < 0) recovery.reorderingSeen = true;
  if (((cb.sndUna - recovery.rackFack) | 0) > 0) recovery.rackFack = cb.sndUna;
  for (let i = 0; i < segment.sackCount; i++) {
    const right = segment.sacks[i * 2 + 1]!;
    if (((right - recovery.rackFack) | 0) > 0 && ((right - cb.sndNxt) | 0) <= 0) recovery.rackFack = right;
  }
  return loseByTime(cb, recovery, now);
}

/** Step 5, also when the reordering timer fires (RFC 8985 §6.3). */
export function loseByTime(cb: ControlBlock, recovery: LossRecovery, now: number): number {
  if (recovery.rackSentAt < 0) return 0;
  return recovery.board.detectLoss(
    recovery.rackSentAt,
    recovery.rackEnd,
    recovery.rackRtt,
    reorderingWindow(cb, recovery),
    now,
  );
}

/** RFC 8985 §6.2 step 4. */
function reorderingWindow(cb: ControlBlock, recovery: LossRecovery): number {
  if (!recovery.reorderingSeen) {
    if (recovery.phase === RecoveryPhase.Recovery || recovery.phase === RecoveryPhase.Loss) return 0;
    if (recovery.board.sackedOctets >= DUPLICATE_THRESHOLD * cb.sndMss) return 0;
  }
  const window = (recovery.reoWndMultiplier * cb.minRtt) / 4;
  return Math.min(window, cb.srtt);
}

/**
 * RFC 8985 §6.2 step 2: what seems to acknowledge a retransmission sooner than any round trip was sent for the
 * original. Timestamps do not tell here: a segment out of order leaves its receiver's TS.Recent (RFC 7323 §4.3).
 */
function isFalseDelivery(cb: ControlBlock, now: number): boolean {
  const sample = cb.context.sample;
  return sample.rackRetransmitted && now - sample.rackSentAt < cb.minRtt;
}

/** RFC 8985 §7.4: what the probe's acknowledgment says about the tail. */
export function repairTailLoss(
  cb: ControlBlock,
  recovery: LossRecovery,
  acknowledgment: number,
  acked: number,
  dsack: boolean,
  now: number,
): void {
  const past = (acknowledgment - recovery.tlpEnd) | 0;
  if (past < 0) return;
  if (!recovery.tlpIsRetransmission || dsack) recovery.tlpOut = false;
  else if (past > 0) {
    // The probe repaired a loss that nobody else will tell congestion control of.
    recovery.tlpOut = false;
    cb.context.counters.tailLossesRepaired++;
    if (recovery.phase === RecoveryPhase.Open) reduceWindow(cb, recovery, cb.outstanding, now);
  } else if (acked === 0 && cb.context.sample.delivered === 0) recovery.tlpOut = false;
}

/** Congestion without a loss to repair: an ECN mark, or a tail that was repaired. */
function reduceWindow(cb: ControlBlock, recovery: LossRecovery, inFlight: number, now: number): void {
  cb.control.congestion(cb, inFlight, now);
  if (cb.cwnd > cb.ssthresh) cb.cwnd = cb.ssthresh;
  recovery.phase = RecoveryPhase.Reduced;
  recovery.recoveryPoint = cb.sndNxt;
  recovery.canUndo = false;
}

/** What remains once losses are known: phases, undoing, the congestion window, and the timers. */
export function afterAcknowledgment(
  cb: ControlBlock,
  recovery: LossRecovery,
  segment: SegmentView,
  acked: number,
  needless: number,
  flight: number,
  inFlight: number,
  wait: number,
  now: number,
): void {
  const board = recovery.board;
  const sample = cb.context.sample;
  if (needless > 0) widenReorderingWindow(cb, recovery);
  if (recovery.canUndo && isSpurious(cb, recovery, segment, acked, needless)) undo(cb, recovery);

  const done = ((cb.sndUna - recovery.recoveryPoint) | 0) >= 0;
  if (recovery.phase === RecoveryPhase.Recovery && done) {
    // RFC 9937 §6: the window ends at ssthresh.
    cb.cwnd = cb.ssthresh;
    recovery.phase = RecoveryPhase.Open;
    if (!cb.has(Trait.Sack)) recovery.duplicateAcks = 0;
    if (recovery.reoWndPersist > 0 && --recovery.reoWndPersist === 0) recovery.reoWndMultiplier = 1;
  } else if (recovery.phase === RecoveryPhase.Reduced && done) recovery.phase = RecoveryPhase.Open;
  else if (recovery.phase === RecoveryPhase.Loss) afterTimeout(recovery, acked, done);

  if (board.lostOctets > 0 && (recovery.phase === RecoveryPhase.Open || recovery.phase === RecoveryPhase.Reduced)) {
    enterRecovery(cb, recovery, flight, inFlight, now);
  }
  if (recovery.phase === RecoveryPhase.Recovery) reduceProportionally(cb, recovery, sample.delivered, acked);
  else if (recovery.phase !== RecoveryPhase.Reduced && sample.delivered > 0) {
    if ((segment.control & Control.ECE) !== 0 && cb.has(Trait.Ecn) && recovery.phase === RecoveryPhase.Open) {
      // RFC 3168 §6.1.2: once a round trip.
      cb.context.counters.ecnReductions++;
      reduceWindow(cb, recovery, flight, now);
      cb.traits |= Trait.EcnReduced;
    } else if (cb.has(Trait.CwndLimited)) cb.control.acknowledged(cb, sample.delivered, now);
    else cb.congestion?.limited(now);
  }
  armTimers(cb, recovery, acked, wait, now);
  const queued = cb.queue === undefined ? 0 : cb.queue.length;
  if (
    board.lostOctets > 0 ||
    queued > cb.outstanding ||
    (cb.traits & (Trait.FinQueued | Trait.FinSent)) === Trait.FinQueued
  ) {
    cb.context.markDirty(cb);
  }
}

/** RFC 8985 §6.2 step 4: a DSACK says that the window was too small, once a round trip. */
function widenReorderingWindow(cb: ControlBlock, recovery: LossRecovery): void {
  if (recovery.dsackRoundSet && ((cb.sndUna - recovery.dsackRound) | 0) < 0) return;
  recovery.dsackRound = cb.sndNxt;
  recovery.dsackRoundSet = true;
  if (recovery.reoWndMultiplier < 64) recovery.reoWndMultiplier++;
  recovery.reoWndPersist = REO_WND_PERSIST;
}

/** Whether this acknowledgment shows that nothing had been lost. */
function isSpurious(
  cb: ControlBlock,
  recovery: LossRecovery,
  segment: SegmentView,
  acked: number,
  needless: number,
): boolean {
  if (recovery.phase !== RecoveryPhase.Recovery && recovery.phase !== RecoveryPhase.Loss) return false;
  if (!recovery.retransmitStamped) return false;
  if (needless > 0) {
    // RFC 3708: every octet that was sent again arrived twice.
    recovery.undoRetransmitted -= needless;
    if (recovery.undoRetransmitted <= 0) return true;
  }
  // RFC 3522: the acknowledgment echoes a segment sent before the first retransmission.
  if (acked > 0 && segment.hasTimestamps && cb.has(Trait.Timestamps) && segment.timestampEcho !== 0) {
    if (((segment.timestampEcho - recovery.retransmitStamp) | 0) < 0) return true;
  }
  // RFC 5682 §3.1 step 3b: octets that were never sent again were delivered after the timeout.
  const sample = cb.context.sample;
  return (
    recovery.phase === RecoveryPhase.Loss &&
    recovery.frto === 1 &&
    sample.hasOriginal &&
    ((sample.lowestOriginal - recovery.recoveryPoint) | 0) < 0
  );
}

function undo(cb: ControlBlock, recovery: LossRecovery): void {
  if (recovery.phase === RecoveryPhase.Loss) cb.context.counters.spuriousTimeouts++;
  else cb.context.counters.spuriousRecoveries++;
  if (recovery.priorCwnd > cb.cwnd) cb.cwnd = recovery.priorCwnd;
  cb.ssthresh = recovery.priorSsthresh;
  recovery.board.loseNothing();
  recovery.duplicateAcks = 0;
  recovery.phase = RecoveryPhase.Open;
  recovery.canUndo = false;
  recovery.frto = 0;
  cb.control.undo();
}

/** `flight` is RFC 5681's FlightSize, `inFlight` the same less what was known to have arrived: both before this acknowledgment. */
function enterRecovery(cb: ControlBlock, recovery: LossRecovery, flight: number, inFlight: number, now: number): void {
  recovery.canUndo = recovery.phase === RecoveryPhase.Open;
  recovery.priorCwnd = cb.cwnd;
  recovery.priorSsthresh = cb.ssthresh;
  if (recovery.phase === RecoveryPhase.Open) cb.control.congestion(cb, flight, now);
  recovery.phase = RecoveryPhase.Recovery;
  recovery.recoveryPoint = cb.sndNxt;
  recovery.prrDelivered = 0;
  recovery.prrOut = 0;
  recovery.recoverFs = Math.max(inFlight, 1);
  recovery.undoRetransmitted = 0;
  recovery.retransmitStamped = false;
  recovery.tlpOut = false;
  cb.context.counters.fastRecoveries++;
}

/** RFC 9937 §6.2: the window goes down in proportion to what is delivered, to ssthresh. */
function reduceProportionally(cb: ControlBlock, recovery: LossRecovery, delivered: number, acked: number): void {
  recovery.prrDelivered += delivered;
  const pipe = cb.inFlight;
  let count: number;
  if (pipe > cb.ssthresh) {
    count = Math.ceil((recovery.prrDelivered * cb.ssthresh) / recovery.recoverFs) - recovery.prrOut;
  } else {
    // Slow start while the loss is over (SafeACK), else what was delivered and no more.
    count = Math.max(recovery.prrDelivered - recovery.prrOut, delivered);
    if (acked > 0 && recovery.board.lostOctets === 0) count += cb.sndMss;
    count = Math.min(cb.ssthresh - pipe, count);
  }
  // The first retransmission goes out whatever the count says.
  if (recovery.prrOut === 0 && count < cb.sndMss) count = cb.sndMss;
  cb.cwnd = pipe + Math.max(count, 0);
}

/** RFC 5682 §2.1 and the end of recovery by timeout. */
function afterTimeout(recovery: LossRecovery, acked: number, done: boolean): void {
  if (done) {
    recovery.phase = RecoveryPhase.Open;
    recovery.canUndo = false;
    recovery.frto = 0;
    return;
  }
  // Something that was sent again is acknowledged and nothing original with it: the timeout was right.
  if (acked > 0) recovery.frto = 0;
}

/** Arms the retransmission timer (RFC 6298 §5), the reordering timer and the tail loss probe (RFC 8985 §7.2). */
function armTimers(cb: ControlBlock, recovery: LossRecovery, acked: number, wait: number, now: number): void {
  if (cb.outstanding === 0) {
    cb.rtoAt = Number.POSITIVE_INFINITY;
    cb.probeAt = Number.POSITIVE_INFINITY;
    cb.recovery = undefined;
    cb.context.giveRecovery(recovery);
    return;
  }
  if (acked > 0) cb.rtoAt = now + cb.rto;
  if (wait > 0) {
    cb.probeKind = ProbeKind.Reordering;
    cb.probeAt = now + wait;
    cb.wakeAt(cb.probeAt);
  } else scheduleProbe(cb, recovery, now);
  cb.wakeAt(cb.rtoAt);
}

/** A probe for a lost tail, when all is well so far and one is not out already. */
export function scheduleProbe(cb: ControlBlock, recovery: LossRecovery, now: number): void {
  const board = recovery.board;
  if (
    recovery.phase !== RecoveryPhase.Open ||
    recovery.tlpOut ||
    !cb.has(Trait.Sack) ||
    board.sackedOctets > 0 ||
    board.lostOctets > 0 ||
    cb.srtt === 0
  ) {
    cb.probeAt = Number.POSITIVE_INFINITY;
    return;
  }
  let wait = 2 * cb.srtt + 2;
  if (cb.outstanding <= cb.sndMss) wait += cb.context.parameters.peerDelayedAckMs;
  const at = now + wait;
  if (at >= cb.rtoAt) {
    cb.probeAt = Number.POSITIVE_INFINITY;
    return;
  }
  cb.probeKind = ProbeKind.TailLoss;
  cb.probeAt = at;
  cb.wakeAt(at);
}

/** The reordering timer fired (RFC 8985 §6.3): what is lost now is sent again. */
export function afterReorderingTimer(
  cb: ControlBlock,
  recovery: LossRecovery,
  flight: number,
  inFlight: number,
  wait: number,
  now: number,
): void {
  if (recovery.board.lostOctets > 0) {
    if (recovery.phase === RecoveryPhase.Open || recovery.phase === RecoveryPhase.Reduced) {
      enterRecovery(cb, recovery, flight, inFlight, now);
    }
    if (recovery.phase === RecoveryPhase.Recovery) reduceProportionally(cb, recovery, 0, 0);
    cb.context.markDirty(cb);
  }
  armTimers(cb, recovery, 0, wait, now);
}
