import { OutputResult, Protocol } from '@immuable-net/ip';
import { type OutboundFrame, TRANSPORT_START } from '@immuable-net/octets';
import { closeConnection } from './closing.ts';
import { type ControlBlock, Due, Trait } from './control-block.ts';
import { Failure } from './failure.ts';
import { type LossRecovery, RecoveryPhase } from './loss-recovery-state.ts';
import { CORK_MS, EMIT_QUANTUM } from './parameters.ts';
import { freshEdge } from './receiving.ts';
import { scheduleProbe } from './recovery.ts';
import { backedOff } from './round-trip.ts';
import {
  Control,
  Field,
  HEADER_OCTETS,
  TIMESTAMP_OCTETS,
  writeHeader,
  writeSynOptions,
  writeTimestamps,
} from './segment.ts';
import { TcpState } from './state.ts';

/** What became of a connection's turn to send. */
export const Emission = {
  Done: 0,
  /** The link has no room: the connection stays where it is. */
  Full: 1,
  /** It has more, but others have their turn first. */
  More: 2,
} as const;

/** ECN codepoints (RFC 3168 §5). */
const NOT_ECT = 0;
const ECT_0 = 2;

/** Below this round trip a timer of one millisecond cannot pace. */
const PACED_RTT_MS = 4;

/** Sends what the connection may send now. Its place in the dirty list is the caller's. */
export function emitConnection(cb: ControlBlock, frame: OutboundFrame, now: number): number {
  switch (cb.state) {
    case TcpState.CLOSED:
      if ((cb.due & Due.Reset) === 0) return Emission.Done;
      if (send(cb, frame, cb.sndNxt, 0, Control.RST | Control.ACK, 0, now) === OutputResult.Full) return Emission.Full;
      cb.due = 0;
      cb.context.counters.resetsSent++;
      return Emission.Done;
    case TcpState.SYN_SENT:
    case TcpState.SYN_RECEIVED:
      return emitSyn(cb, frame, now);
    case TcpState.TIME_WAIT:
      // The last acknowledgment; those of the peer's FINs that come again are the record's.
      if ((cb.due & Due.Ack) === 0) return Emission.Done;
      return send(cb, frame, cb.sndNxt, 0, Control.ACK, 0, now) === OutputResult.Full ? Emission.Full : Emission.Done;
    case TcpState.LISTEN:
      return Emission.Done;
    default:
      return emitEstablished(cb, frame, now);
  }
}

function emitEstablished(cb: ControlBlock, frame: OutboundFrame, now: number): number {
  cb.measureSegment();
  if ((cb.traits & (Trait.KeepAlive | Trait.Discarding)) !== 0 && cb.lifeAt === Number.POSITIVE_INFINITY) {
    armLife(cb, now);
  }
  // SACK blocks stand on every segment while something is missing: they take their place from the payload.
  const sacks = countSacks(cb);
  const mss = sacks === 0 ? cb.sndMss : cb.sndMss - 4 - sacks * 8;
  const most = largestSegment(cb, mss, sacks);
  let frames = 0;
  const recovery = cb.recovery;
  if (recovery !== undefined) {
    if ((cb.due & Due.TailLossProbe) !== 0) {
      const result = emitTailLossProbe(cb, recovery, frame, mss, sacks, now);
      if (result === OutputResult.Full) return Emission.Full;
      cb.due &= ~Due.TailLossProbe;
    }
    while (recovery.board.lostOctets > 0) {
      const window = cb.cwnd - cb.inFlight;
      if (window < mss && cb.inFlight > 0 && window < recovery.board.lostOctets) break;
      if (!mayPace(cb, now)) break;
      const result = emitLost(cb, recovery, frame, Math.min(most, Math.max(window, mss)), mss, sacks, now);
      if (result === OutputResult.Full) return Emission.Full;
      if (++frames >= EMIT_QUANTUM) return Emission.More;
    }
  }
  const result = emitNew(cb, frame, mss, most, sacks, frames, now);
  if (result !== Emission.Done) return result;
  if ((cb.due & Due.Probe) !== 0) {
    // RFC 9293 §3.8.4 and §3.8.6.1: an octet that the peer has already makes it answer.
    if (send(cb, frame, (cb.sndUna - 1) | 0, 0, Control.ACK, sacks, now) === OutputResult.Full) return Emission.Full;
    cb.due &= ~Due.Probe;
  }
  if ((cb.due & Due.Ack) !== 0) {
    if (send(cb, frame, cb.sndNxt, 0, Control.ACK, sacks, now) === OutputResult.Full) return Emission.Full;
  }
  return Emission.Done;
}

/** RFC 9293 §3.8.6.2.1, Nagle's algorithm, the congestion window and the peer's, in one loop over what was never sent. */
function emitNew(
  cb: ControlBlock,
  frame: OutboundFrame,
  mss: number,
  most: number,
  sacks: number,
  sent: number,
  now: number,
): number {
  const queue = cb.queue;
  let frames = sent;
  cb.traits &= ~(Trait.CwndLimited | Trait.WindowLimited);
  for (;;) {
    if ((cb.traits & Trait.FinSent) !== 0) return Emission.Done;
    const unsent = (queue === undefined ? 0 : queue.length) - cb.outstanding;
    const finDue = (cb.traits & Trait.FinQueued) !== 0;
    if (unsent <= 0 && !finDue) {
      cb.due &= ~Due.Override;
      return Emission.Done;
    }
    let length = unsent;
    if (unsent > 0) {
      if (cb.outstanding === 0) restartAfterIdle(cb, now);
      const window = ((cb.sndUna + cb.sndWnd) | 0) - cb.sndNxt;
      const usable = window | 0;
      const inFlight = cb.inFlight;
      let allowed = cb.cwnd - inFlight;
      if (allowed < mss && inFlight === 0) allowed = mss;
      if (length > most) length = most;
      if (length > usable) length = usable;
      if (length > allowed) length = Math.floor(allowed);
      // Whole segments, unless it is the end of what there is.
      if (length < unsent && length > mss) length -= length % mss;
      if (length < mss) {
        if (length <= 0 || !maySendPartial(cb, length, unsent, usable, allowed, mss, now)) {
          if (usable < allowed && usable < unsent && usable < mss) {
            cb.traits |= Trait.WindowLimited;
            if (cb.outstanding === 0) armPersist(cb, now);
          } else if (allowed < unsent && allowed < mss) cb.traits |= Trait.CwndLimited;
          return Emission.Done;
        }
      }
      if (!mayPace(cb, now)) {
        cb.traits |= Trait.CwndLimited;
        return Emission.Done;
      }
      if (length >= allowed - mss) cb.traits |= Trait.CwndLimited;
    }
    if (frames >= EMIT_QUANTUM) return Emission.More;
    const last = length === unsent;
    const fin = finDue && last;
    let control: number = Control.ACK;
    if (last && length > 0) control |= Control.PSH;
    if (fin) control |= Control.FIN;
    if (length > 0 && (cb.traits & Trait.EcnReduced) !== 0) {
      control |= Control.CWR;
      // DESIGN: a segment with CWR goes alone, for a cut frame would repeat it.
      if (length > mss) {
        length = mss;
        control &= ~(Control.FIN | Control.PSH);
      }
    }
    const sequence = cb.sndNxt;
    if (send(cb, frame, sequence, length, control, sacks, now, mss) === OutputResult.Full) return Emission.Full;
    frames++;
    cb.traits &= length > 0 ? ~Trait.EcnReduced : -1;
    sentNew(cb, sequence, length, (control & Control.FIN) !== 0, mss, now);
  }
}

/** Commits what was sent for the first time. */
function sentNew(cb: ControlBlock, sequence: number, length: number, fin: boolean, mss: number, now: number): void {
  const end = (sequence + length + (fin ? 1 : 0)) | 0;
  const recovery = (cb.recovery ??= cb.context.takeRecovery(cb.sndUna));
  recovery.board.push(sequence, end, now);
  cb.sndNxt = end;
  cb.lastSentAt = now;
  cb.due &= ~Due.Override;
  if (length < mss && length > 0) cb.sndSmall = end;
  if (recovery.phase === RecoveryPhase.Recovery) recovery.prrOut += length;
  if (fin) {
    cb.traits |= Trait.FinSent;
    if (cb.state === TcpState.ESTABLISHED) cb.state = TcpState.FIN_WAIT_1;
    else if (cb.state === TcpState.CLOSE_WAIT) cb.state = TcpState.LAST_ACK;
  }
  if (cb.rtoAt === Number.POSITIVE_INFINITY || cb.probes > 0) {
    cb.probes = 0;
    cb.rtoAt = now + backedOff(cb, cb.timeouts);
    cb.wakeAt(cb.rtoAt);
  }
  scheduleProbe(cb, recovery, now);
}

/** Whether less than a segment may go out (RFC 9293 §3.8.6.2.1). */
function maySendPartial(
  cb: ControlBlock,
  length: number,
  unsent: number,
  usable: number,
  allowed: number,
  mss: number,
  now: number,
): boolean {
  if ((cb.due & Due.Override) !== 0) return true;
  if (length < unsent) {
    // The window, not the queue, is short: half of the largest window is worth a segment.
    return usable <= allowed && usable < mss && length >= cb.sndWndMax / 2 && cb.sndWndMax > 0;
  }
  if ((cb.traits & Trait.FinQueued) !== 0) return true;
  if ((cb.traits & Trait.Cork) !== 0) {
    const until = now + CORK_MS;
    if (cb.paceAt > until) {
      cb.paceAt = until;
      cb.wakeAt(until);
    }
    return false;
  }
  if ((cb.traits & Trait.NoDelay) !== 0) return true;
  // Nagle, as Minshall reads it: one small segment unacknowledged at a time.
  return ((cb.sndSmall - cb.sndUna) | 0) <= 0 || cb.outstanding === 0;
}

/** Sends the first of what is lost again: at most `limit` octets. */
function emitLost(
  cb: ControlBlock,
  recovery: LossRecovery,
  frame: OutboundFrame,
  limit: number,
  mss: number,
  sacks: number,
  now: number,
): number {
  const board = recovery.board;
  const index = board.firstLost();
  const start = board.startOf(index);
  const end = board.endOf(index);
  let octets = (end - start) | 0;
  if (octets > limit) octets = limit > mss ? limit - (limit % mss) : mss;
  return sendAgain(cb, recovery, frame, index, start, octets, mss, sacks, now);
}

/** Sends `octets` from `start`, the start of a range, again; the FIN with them where they reach it. */
function sendAgain(
  cb: ControlBlock,
  recovery: LossRecovery,
  frame: OutboundFrame,
  index: number,
  start: number,
  octets: number,
  mss: number,
  sacks: number,
  now: number,
): number {
  const end = (start + octets) | 0;
  const fin = (cb.traits & Trait.FinSent) !== 0 && end === cb.sndNxt;
  const length = fin ? octets - 1 : octets;
  const control = Control.ACK | (fin ? Control.FIN : 0) | (end === cb.sndNxt && length > 0 ? Control.PSH : 0);
  const result = send(cb, frame, start, length, control, sacks, now, mss);
  if (result === OutputResult.Full) return result;
  const counters = cb.context.counters;
  if (recovery.board.retransmitted(index, octets, now)) counters.lostRetransmissions++;
  counters.octetsRetransmitted += length;
  cb.retransmits += Math.max(1, Math.ceil(length / mss));
  recovery.undoRetransmitted += octets;
  recovery.prrOut += octets;
  cb.lastSentAt = now;
  if (start === cb.sndUna) {
    // RFC 6675 §6: the timer is the first octet's, and that has just been sent again.
    cb.rtoAt = now + backedOff(cb, cb.timeouts);
    cb.wakeAt(cb.rtoAt);
  }
  if (!recovery.retransmitStamped) {
    recovery.retransmitStamped = true;
    recovery.retransmitStamp = cb.timestamp(now);
  }
  if (cb.stalledSince === Number.POSITIVE_INFINITY) cb.stalledSince = now;
  return result;
}

/** RFC 8985 §7.3: a new segment if there is one and the peer has room, else the last one again. */
function emitTailLossProbe(
  cb: ControlBlock,
  recovery: LossRecovery,
  frame: OutboundFrame,
  mss: number,
  sacks: number,
  now: number,
): number {
  if (cb.outstanding === 0 || recovery.phase !== RecoveryPhase.Open) return OutputResult.Sent;
  const queued = cb.queue === undefined ? 0 : cb.queue.length;
  const unsent = (cb.traits & Trait.FinSent) !== 0 ? 0 : queued - cb.outstanding;
  const usable = (((cb.sndUna + cb.sndWnd) | 0) - cb.sndNxt) | 0;
  const length = Math.min(unsent, mss, usable);
  let result: number;
  if (length > 0) {
    const sequence = cb.sndNxt;
    const control = Control.ACK | (length === unsent ? Control.PSH : 0);
    result = send(cb, frame, sequence, length, control, sacks, now, mss);
    if (result === OutputResult.Full) return result;
    recovery.tlpIsRetransmission = false;
    recovery.tlpOut = true;
    sentNew(cb, sequence, length, false, mss, now);
  } else {
    const fin = (cb.traits & Trait.FinSent) !== 0 ? 1 : 0;
    const start = (cb.sndNxt - Math.min(cb.outstanding, mss + fin)) | 0;
    const index = recovery.board.cutTail(start);
    const from = recovery.board.startOf(index);
    result = sendAgain(cb, recovery, frame, index, from, (cb.sndNxt - from) | 0, mss, sacks, now);
    if (result === OutputResult.Full) return result;
    recovery.tlpIsRetransmission = true;
    recovery.tlpOut = true;
  }
  recovery.tlpEnd = cb.sndNxt;
  cb.context.counters.tailLossProbes++;
  cb.probeAt = Number.POSITIVE_INFINITY;
  cb.rtoAt = now + cb.rto;
  cb.wakeAt(cb.rtoAt);
  return result;
}

/** Our SYN, or the SYN-ACK of a simultaneous open. */
function emitSyn(cb: ControlBlock, frame: OutboundFrame, now: number): number {
  if ((cb.due & Due.Syn) === 0) {
    if ((cb.due & Due.Ack) === 0 || cb.state !== TcpState.SYN_RECEIVED) return Emission.Done;
  }
  const path = cb.path;
  const received = cb.state === TcpState.SYN_RECEIVED;
  const scaled = !received || cb.rcvWndShift > 0 || cb.sndWndShift > 0;
  frame.reset();
  const view = frame.slab.view;
  const mss = Math.min(path.linkMtu - path.headerLength - HEADER_OCTETS, cb.settings.maximumSegmentSize);
  const options = writeSynOptions(
    view,
    TRANSPORT_START + Field.Options,
    mss,
    scaled ? cb.settings.windowShift : -1,
    !received || cb.has(Trait.Sack),
    !received || cb.has(Trait.Timestamps),
    cb.timestamp(now),
    received ? cb.tsRecent : 0,
  );
  let control: number = Control.SYN;
  if (received) control |= Control.ACK;
  else if (cb.context.parameters.ecn === 2 && cb.timeouts < 2) control |= Control.ECE | Control.CWR;
  // RFC 7323 §2.2: the window of a SYN is never scaled.
  const window = Math.min(cb.rcvBuffer, 65_535);
  const ack = received ? cb.rcvNxt : 0;
  writeHeader(view, TRANSPORT_START, cb.localPort, cb.remotePort, cb.iss, ack, control, window, options);
  frame.headerEnd = frame.end = TRANSPORT_START + HEADER_OCTETS + options;
  const result = path.output(frame, Protocol.Tcp, Field.Checksum, NOT_ECT, false, now);
  if (result === OutputResult.Full) return Emission.Full;
  cb.context.counters.segmentsSent++;
  if (result === OutputResult.Unreachable) {
    cb.context.counters.pathUnreachable++;
    cb.softFailure = Failure.hostUnreachable;
  }
  cb.due &= ~(Due.Syn | Due.Ack);
  cb.rcvEdge = (cb.rcvNxt + window) | 0;
  cb.sndNxt = (cb.iss + 1) | 0;
  if (cb.timeouts > 0) cb.context.counters.synRetransmissions++;
  else cb.lastSentAt = now;
  cb.rtoAt = now + backedOff(cb, cb.timeouts);
  cb.wakeAt(cb.rtoAt);
  return Emission.Done;
}

/** Builds one segment, or one that the link cuts, and sends it. Answers the path's OutputResult. */
function send(
  cb: ControlBlock,
  frame: OutboundFrame,
  sequence: number,
  length: number,
  flags: number,
  sacks: number,
  now: number,
  mss: number = cb.sndMss,
): number {
  frame.reset();
  const view = frame.slab.view;
  const traits = cb.traits;
  let options = 0;
  if ((traits & Trait.Timestamps) !== 0) {
    writeTimestamps(view, TRANSPORT_START + Field.Options, cb.timestamp(now), cb.tsRecent);
    options = TIMESTAMP_OCTETS;
  }
  if (sacks > 0) options += writeSacks(cb, view, TRANSPORT_START + Field.Options + options, sacks);
  let control = flags;
  let ecn = NOT_ECT;
  if ((traits & Trait.Ecn) !== 0) {
    if ((traits & Trait.EcnEcho) !== 0) control |= Control.ECE;
    // RFC 3168 §6.1.5: not on retransmissions, nor on what carries no octets.
    if (length > 0 && sequence === cb.sndNxt) ecn = ECT_0;
  }
  const edge = freshEdge(cb);
  let window = ((edge - cb.rcvNxt) | 0) >> cb.rcvWndShift;
  if (window < 0) window = 0;
  else if (window > 65_535) window = 65_535;
  const port = TRANSPORT_START;
  writeHeader(view, port, cb.localPort, cb.remotePort, sequence, cb.rcvNxt, control, window, options);
  const headerEnd = TRANSPORT_START + HEADER_OCTETS + options;
  frame.headerEnd = headerEnd;
  frame.end = headerEnd;
  if (length > 0) {
    frame.gather(cb.queue!, (sequence - cb.sndUna) | 0, length);
    if (length > mss) frame.segmentSize = mss;
  }
  const result = cb.path.output(frame, Protocol.Tcp, Field.Checksum, ecn, false, now);
  if (result === OutputResult.Full) return result;
  const counters = cb.context.counters;
  counters.segmentsSent++;
  counters.octetsSent += length;
  if (result === OutputResult.Unreachable) {
    counters.pathUnreachable++;
    cb.softFailure = Failure.hostUnreachable;
  }
  cb.rcvEdge = edge;
  cb.lastAckSent = cb.rcvNxt;
  cb.due &= ~(Due.Ack | Due.DelayedAck);
  cb.ackAt = Number.POSITIVE_INFINITY;
  cb.traits &= ~Trait.DsackOwed;
  if (length > 0) cb.paceCredit -= length;
  return result;
}

/** How many SACK blocks the next segment carries; they stand in `context.sacks`. */
function countSacks(cb: ControlBlock): number {
  const received = cb.received;
  const owed = cb.has(Trait.DsackOwed);
  if (!owed && (received === undefined || received.runs === 0)) return 0;
  if (!cb.has(Trait.Sack)) return 0;
  const limit = cb.has(Trait.Timestamps) ? 3 : 4;
  const sacks = cb.context.sacks;
  let count = 0;
  if (owed) {
    // RFC 2883 §4: the duplicate first.
    sacks[0] = cb.dsackStart;
    sacks[1] = cb.dsackEnd;
    count = 1;
  }
  if (received !== undefined) count += received.blocks(sacks, count * 2, limit - count);
  return count;
}

/** NOP, NOP, kind 5: returns how many octets. */
function writeSacks(cb: ControlBlock, view: DataView, at: number, count: number): number {
  const sacks = cb.context.sacks;
  view.setInt32(at, 0x01010500 | (2 + count * 8));
  for (let i = 0; i < count * 2; i++) view.setInt32(at + 4 + i * 4, sacks[i]!);
  return 4 + count * 8;
}

/** The most payload of one frame: what the link cuts, in whole segments; else one segment. */
function largestSegment(cb: ControlBlock, mss: number, sacks: number): number {
  const whole = cb.path.segments;
  if (whole === 0) return mss;
  let room = whole - cb.path.headerLength - HEADER_OCTETS;
  if ((cb.traits & Trait.Timestamps) !== 0) room -= TIMESTAMP_OCTETS;
  if (sacks > 0) room -= 4 + sacks * 8;
  return room > mss ? room - (room % mss) : mss;
}

/** RFC 9293 §3.8.6.1: the window is closed, or too small, and nothing is out that would tell of its opening. */
function armPersist(cb: ControlBlock, now: number): void {
  if (cb.rtoAt !== Number.POSITIVE_INFINITY) return;
  if (cb.stalledSince === Number.POSITIVE_INFINITY) cb.stalledSince = now;
  cb.rtoAt = now + backedOff(cb, cb.probes);
  cb.wakeAt(cb.rtoAt);
}

/** RFC 5681 §4.1, as gently as RFC 7661 and Linux: half of the window for every RTO of silence, not below the initial. */
function restartAfterIdle(cb: ControlBlock, now: number): void {
  const idle = now - cb.lastSentAt;
  if (idle <= cb.rto || cb.lastSentAt === 0) return;
  const initial = Math.min(cb.context.parameters.initialWindowSegments * cb.sndMss, cb.cwnd);
  if (cb.cwnd <= initial) return;
  if (cb.ssthresh !== Number.POSITIVE_INFINITY) cb.ssthresh = Math.max(cb.ssthresh, cb.cwnd * 0.75);
  cb.cwnd = Math.max(initial, cb.cwnd / 2 ** Math.min(Math.floor(idle / cb.rto), 30));
  cb.lastSentAt = now;
}

/**
 * Spreads a window over the round trip in bursts of a millisecond (or ten segments): twice as fast as the window
 * needs in slow start, a fifth faster after it. False when the next burst is not due yet; the timer then is armed.
 */
function mayPace(cb: ControlBlock, now: number): boolean {
  if (cb.srtt < PACED_RTT_MS || !cb.context.parameters.pacing) {
    // What was sent unpaced is no debt when the round trip grows.
    cb.paceCredit = 0;
    cb.paceCreditAt = now;
    return true;
  }
  const rate = (cb.cwnd / cb.srtt) * (cb.cwnd < cb.ssthresh ? 2 : 1.2);
  const burst = Math.max(rate, 10 * cb.sndMss);
  const credit = cb.paceCredit + (now - cb.paceCreditAt) * rate;
  cb.paceCredit = Math.min(credit, burst);
  cb.paceCreditAt = now;
  if (cb.paceCredit > 0) return true;
  const at = now + Math.max(1, -cb.paceCredit / rate);
  cb.paceAt = at;
  cb.wakeAt(at);
  return false;
}

/** Arms the timer of keep-alive, or of a FIN-WAIT-2 that nobody reads (a peer that never closes must not hold it). */
export function armLife(cb: ControlBlock, now: number): void {
  if ((cb.traits & Trait.Discarding) !== 0) {
    if (cb.state !== TcpState.FIN_WAIT_2) return;
    cb.lifeAt = now + cb.context.parameters.finWait2Ms;
  } else cb.lifeAt = Math.max(cb.lastReceivedAt, cb.lastSentAt) + cb.settings.keepAliveIdleMs;
  cb.wakeAt(cb.lifeAt);
}

/** The connection gave up: what it says of it depends on what the network said before. */
export function giveUp(cb: ControlBlock): void {
  cb.context.counters.timedOut++;
  closeConnection(cb, cb.softFailure ?? Failure.timedOut);
}
