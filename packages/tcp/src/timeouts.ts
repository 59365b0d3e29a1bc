import { closeConnection, resetConnection } from './closing.ts';
import { type ControlBlock, Due, Trait } from './control-block.ts';
import { Failure } from './failure.ts';
import { type LossRecovery, ProbeKind, RecoveryPhase } from './loss-recovery-state.ts';
import { giveUp } from './output.ts';
import { afterReorderingTimer, loseByTime } from './recovery.ts';
import { backedOff } from './round-trip.ts';
import { TcpEvent, TcpState } from './state.ts';

/** The wheel gave the connection out: runs what is due at or before `now` and arms it for what is next. */
export function connectionTimeouts(cb: ControlBlock, now: number): void {
  if (cb.state === TcpState.CLOSED || cb.state === TcpState.TIME_WAIT) return;
  if (cb.applicationDeadline <= now) {
    cb.applicationDeadline = Number.POSITIVE_INFINITY;
    cb.context.signal(cb, TcpEvent.Timeout);
  }
  if (cb.ackAt <= now) {
    cb.ackAt = Number.POSITIVE_INFINITY;
    if ((cb.due & Due.DelayedAck) !== 0) {
      cb.due |= Due.Ack;
      cb.context.markDirty(cb);
    }
  }
  if (cb.paceAt <= now) {
    cb.paceAt = Number.POSITIVE_INFINITY;
    if (cb.has(Trait.Cork)) cb.due |= Due.Override;
    cb.context.markDirty(cb);
  }
  if (cb.probeAt <= now) probeTimer(cb, now);
  if (cb.rtoAt <= now) retransmissionTimer(cb, now);
  if (cb.lifeAt <= now) lifeTimer(cb, now);
  rearm(cb);
}

function rearm(cb: ControlBlock): void {
  if ((cb.state as number) === TcpState.CLOSED) return;
  let next = cb.rtoAt;
  if (cb.probeAt < next) next = cb.probeAt;
  if (cb.ackAt < next) next = cb.ackAt;
  if (cb.lifeAt < next) next = cb.lifeAt;
  if (cb.paceAt < next) next = cb.paceAt;
  if (cb.applicationDeadline < next) next = cb.applicationDeadline;
  if (next !== Number.POSITIVE_INFINITY) cb.wakeAt(next);
}

/** RFC 8985 §8: one timer for the reordering window and for the tail loss probe. */
function probeTimer(cb: ControlBlock, now: number): void {
  const kind = cb.probeKind;
  cb.probeAt = Number.POSITIVE_INFINITY;
  cb.probeKind = ProbeKind.None;
  const recovery = cb.recovery;
  if (recovery === undefined) return;
  if (kind === ProbeKind.TailLoss) {
    cb.due |= Due.TailLossProbe;
    cb.context.markDirty(cb);
    return;
  }
  const inFlight = cb.inFlight;
  const wait = loseByTime(cb, recovery, now);
  afterReorderingTimer(cb, recovery, cb.outstanding, inFlight, wait, now);
}

function retransmissionTimer(cb: ControlBlock, now: number): void {
  cb.rtoAt = Number.POSITIVE_INFINITY;
  if (cb.state === TcpState.SYN_SENT || cb.state === TcpState.SYN_RECEIVED) {
    cb.timeouts++;
    if (cb.timeouts > cb.context.parameters.synRetries) {
      giveUp(cb);
      return;
    }
    if (cb.timeouts === cb.context.parameters.doubtAfterTimeouts) cb.path.doubt(now);
    cb.due |= Due.Syn;
    cb.context.markDirty(cb);
    return;
  }
  const recovery = cb.recovery;
  if (recovery === undefined || cb.outstanding === 0) {
    persistTimer(cb, now);
    return;
  }
  if (isStalledTooLong(cb, now)) return;
  retransmissionTimeout(cb, recovery, now);
}

/** RFC 6298 §5.4 to §5.7, RFC 8985 §6.3, RFC 5682 §2.1 step 1. */
function retransmissionTimeout(cb: ControlBlock, recovery: LossRecovery, now: number): void {
  const parameters = cb.context.parameters;
  const board = recovery.board;
  cb.context.counters.retransmissionTimeouts++;
  if (cb.stalledSince === Number.POSITIVE_INFINITY) cb.stalledSince = now;
  const first = cb.timeouts === 0;
  if (recovery.phase === RecoveryPhase.Open || recovery.phase === RecoveryPhase.Reduced) {
    recovery.canUndo = recovery.phase === RecoveryPhase.Open;
    recovery.priorCwnd = cb.cwnd;
    recovery.priorSsthresh = cb.ssthresh;
  }
  // RFC 5681 §3.1: ssthresh comes down once for one loss, not for each timeout.
  if (first && recovery.phase !== RecoveryPhase.Loss) cb.control.congestion(cb, cb.outstanding, now);
  cb.timeouts++;
  if (board.ranges > 0 && (board.flagsOf(0) & 1) !== 0) {
    // RFC 2018 §8: the peer dropped what it had sacked, or we would not be here.
    cb.context.counters.sackReneging++;
    board.forgetSacks();
  }
  // RFC 5682 §2.1: only where nothing was sent again before.
  recovery.frto = first && recovery.phase === RecoveryPhase.Open ? 1 : 0;
  recovery.undoRetransmitted = 0;
  recovery.retransmitStamped = false;
  recovery.duplicateAcks = 0;
  recovery.tlpOut = false;
  board.loseAll();
  recovery.phase = RecoveryPhase.Loss;
  recovery.recoveryPoint = cb.sndNxt;
  // RFC 5681 §3.1: the loss window is one segment.
  cb.cwnd = cb.sndMss;
  cb.probeAt = Number.POSITIVE_INFINITY;
  if (cb.timeouts === parameters.doubtAfterTimeouts) cb.path.doubt(now);
  if (cb.timeouts === parameters.blackHoleTimeouts) suspectBlackHole(cb);
  cb.rtoAt = now + backedOff(cb, cb.timeouts);
  cb.wakeAt(cb.rtoAt);
  cb.context.markDirty(cb);
}

/** RFC 4821 §7.6.4: full-sized segments vanish and nobody says why: try what passes everywhere. */
function suspectBlackHole(cb: ControlBlock): void {
  const least = cb.path.family === 4 ? 536 : 1220;
  const size = cb.mtuCeiling === 0 ? Math.max(least, 1024) : least;
  if (cb.sndMss <= size) return;
  cb.mtuCeiling = size;
  cb.context.counters.blackHolesFound++;
  cb.measureSegment();
  cb.cwnd = cb.sndMss;
}

/** The peer's window is closed, or too small for a segment (RFC 9293 §3.8.6.1). */
function persistTimer(cb: ControlBlock, now: number): void {
  const queued = cb.queue === undefined ? 0 : cb.queue.length;
  if (queued === 0) return;
  const parameters = cb.context.parameters;
  const limit = cb.context.pressed ? parameters.persistPressureMs : parameters.persistLimitMs;
  if (now - cb.stalledSince >= limit) {
    cb.context.counters.persistHoldersAborted++;
    resetConnection(cb, cb.context.pressed ? Failure.memory : Failure.zeroWindow);
    return;
  }
  if (isStalledTooLong(cb, now, true)) return;
  if (cb.sndWnd > 0) cb.due |= Due.Override;
  else {
    cb.due |= Due.Probe;
    cb.context.counters.zeroWindowProbes++;
  }
  cb.probes++;
  cb.rtoAt = now + backedOff(cb, cb.probes);
  cb.wakeAt(cb.rtoAt);
  cb.context.markDirty(cb);
}

/** User timeout, and R2 (RFC 9293 §3.8.3). A peer that answers probes of its closed window is alive: only R2 on silence. */
function isStalledTooLong(cb: ControlBlock, now: number, probing: boolean = false): boolean {
  const stalled = now - cb.stalledSince;
  if (stalled >= cb.settings.userTimeoutMs) {
    cb.context.counters.timedOut++;
    resetConnection(cb, Failure.userTimeout);
    return true;
  }
  const silent = probing ? now - Math.max(cb.lastReceivedAt, cb.stalledSince) : stalled;
  if (silent >= cb.context.parameters.retransmissionLimitMs) {
    giveUp(cb);
    return true;
  }
  return false;
}

/** Keep-alive (RFC 9293 §3.8.4) while open; the bound on a close that the peer does not join. */
function lifeTimer(cb: ControlBlock, now: number): void {
  cb.lifeAt = Number.POSITIVE_INFINITY;
  if (cb.has(Trait.Discarding)) {
    // FIN-WAIT-2 without an end: nobody waits for it any more.
    if (cb.state === TcpState.FIN_WAIT_2) closeConnection(cb, undefined);
    return;
  }
  if (!cb.has(Trait.KeepAlive)) return;
  const settings = cb.settings;
  const idle = now - cb.lastReceivedAt;
  if (idle < settings.keepAliveIdleMs || cb.outstanding > 0) {
    cb.lifeAt = Math.max(cb.lastReceivedAt + settings.keepAliveIdleMs, now + 1);
    return;
  }
  const sent = Math.floor((idle - settings.keepAliveIdleMs) / settings.keepAliveIntervalMs);
  if (sent >= settings.keepAliveProbes) {
    cb.context.counters.timedOut++;
    resetConnection(cb, cb.softFailure ?? Failure.keepAlive);
    return;
  }
  cb.due |= Due.Probe;
  cb.context.counters.keepAliveProbes++;
  cb.context.markDirty(cb);
  cb.lifeAt = now + settings.keepAliveIntervalMs;
}
