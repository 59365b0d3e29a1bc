import type { InboundPacket } from '@immuable-net/ip';
import { acknowledge } from './acknowledgment.ts';
import { closeConnection, enterTimeWait } from './closing.ts';
import { type ControlBlock, Due, Trait } from './control-block.ts';
import { Failure } from './failure.ts';
import { armLife } from './output.ts';
import { MAXIMUM_WINDOW_SHIFT, TIMESTAMP_VALID_MS } from './parameters.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { settleBorrowed, tuneReceiveBuffer } from './receiving.ts';
import { measureRoundTrip } from './round-trip.ts';
import { Control, type SegmentView } from './segment.ts';
import { TcpEvent, TcpState } from './state.ts';

const { FIN, SYN, RST, ACK, URG, CWR } = Control;

/** What {@link segmentArrives} answers when the segment asks for a RST that is not the connection's to send. */
export const Arrival = { Done: 0, Reset: 1 } as const;

/** ECN codepoint of a packet that met congestion. */
const CONGESTION_EXPERIENCED = 3;

/** RFC 9293 §3.10.7: SEGMENT ARRIVES, for every state that has a control block. */
export function segmentArrives(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, now: number): number {
  const payload = segment.payloadEnd - segment.payloadStart;
  // Header prediction: open, in order, nothing missing, nothing but an acknowledgment and octets.
  if (
    cb.state === TcpState.ESTABLISHED &&
    (segment.control & (FIN | SYN | RST | ACK | URG)) === ACK &&
    segment.sequence === cb.rcvNxt &&
    cb.received === undefined &&
    payload <= ((cb.rcvEdge - cb.rcvNxt) | 0) &&
    ((segment.acknowledgment - cb.sndUna) | 0) >= 0 &&
    ((segment.acknowledgment - cb.sndNxt) | 0) <= 0 &&
    (cb.traits & Trait.Discarding) === 0
  ) {
    if ((cb.traits & Trait.Timestamps) === 0) return established(cb, segment, packet, payload, now);
    if (segment.hasTimestamps && ((segment.timestamp - cb.tsRecent) | 0) >= 0) {
      if (((cb.lastAckSent - segment.sequence) | 0) >= 0) {
        cb.tsRecent = segment.timestamp;
        cb.tsRecentAt = now;
      }
      return established(cb, segment, packet, payload, now);
    }
  }
  if (cb.state === TcpState.SYN_SENT) return synSentArrives(cb, segment, packet, now);
  return synchronizedArrives(cb, segment, packet, now);
}

function established(
  cb: ControlBlock,
  segment: SegmentView,
  packet: InboundPacket,
  payload: number,
  now: number,
): number {
  cb.lastReceivedAt = now;
  if ((cb.traits & Trait.Ecn) !== 0) noteEcn(cb, segment, packet, payload);
  acknowledge(cb, segment, payload, now);
  if (payload > 0) acceptInOrder(cb, packet.slab.octets, segment.payloadStart, segment.payloadEnd, packet, now);
  return Arrival.Done;
}

/** RFC 9293 §3.10.7.3. */
function synSentArrives(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, now: number): number {
  const control = segment.control;
  const acceptable =
    (control & ACK) !== 0 &&
    ((segment.acknowledgment - cb.iss) | 0) > 0 &&
    ((segment.acknowledgment - cb.sndNxt) | 0) <= 0;
  // First, the ACK bit.
  if ((control & ACK) !== 0 && !acceptable) {
    cb.context.counters.droppedUnacceptableAck++;
    return (control & RST) !== 0 ? Arrival.Done : Arrival.Reset;
  }
  // Second, the RST bit.
  if ((control & RST) !== 0) {
    if (acceptable) {
      cb.context.counters.resetsReceived++;
      closeConnection(cb, Failure.refused);
    } else cb.context.counters.droppedInvalidReset++;
    return Arrival.Done;
  }
  // Fourth, the SYN bit.
  if ((control & SYN) === 0) {
    cb.context.counters.droppedNoAck++;
    return Arrival.Done;
  }
  cb.lastReceivedAt = now;
  takeSynOptions(cb, segment, now);
  cb.irs = segment.sequence;
  cb.rcvNxt = (segment.sequence + 1) | 0;
  cb.rcvEdge = (cb.rcvNxt + Math.min(cb.rcvBuffer, 65_535)) | 0;
  cb.lastAckSent = cb.rcvNxt;
  cb.sndWl1 = segment.sequence;
  cb.sndWl2 = segment.acknowledgment;
  cb.sndWnd = segment.window;
  cb.sndWndMax = segment.window;
  if (acceptable) {
    cb.sndUna = segment.acknowledgment;
    // RFC 3168 §6.1.1: ECE without CWR agrees.
    if (cb.context.parameters.ecn === 2 && (control & (Control.ECE | CWR)) === Control.ECE) cb.traits |= Trait.Ecn;
    if (cb.timeouts === 0) measureRoundTrip(cb, now - cb.lastSentAt);
    completeHandshake(cb, now);
    cb.due |= Due.Ack;
    cb.context.markDirty(cb);
    return synText(cb, segment, packet, now);
  }
  // Simultaneous open: our SYN again, with an acknowledgment.
  cb.state = TcpState.SYN_RECEIVED;
  cb.due |= Due.Syn;
  cb.context.markDirty(cb);
  return Arrival.Done;
}

/** Octets and FIN that came with the SYN are processed after it (RFC 9293 §3.10.7.3, fifth). */
function synText(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, now: number): number {
  if (segment.length <= 1) return Arrival.Done;
  segment.sequence = (segment.sequence + 1) | 0;
  segment.control &= ~SYN;
  takeText(cb, segment, packet, now);
  return Arrival.Done;
}

/** What both SYNs agreed on: RFC 7323 §2.2 and §3.2, RFC 2018 §2, RFC 9293 §3.7.1. */
export function takeSynOptions(cb: ControlBlock, segment: SegmentView, now: number): void {
  if (segment.windowShift >= 0) cb.sndWndShift = Math.min(segment.windowShift, MAXIMUM_WINDOW_SHIFT);
  else {
    cb.sndWndShift = 0;
    cb.rcvWndShift = 0;
  }
  if (segment.sackPermitted) cb.traits |= Trait.Sack;
  if (segment.hasTimestamps) {
    cb.traits |= Trait.Timestamps;
    cb.tsRecent = segment.timestamp;
    cb.tsRecentAt = now;
  }
  cb.peerMss = agreedMss(cb, segment.maximumSegmentSize);
}

/** SendMSS of RFC 9293 §3.7.1, within what we take for sane. */
export function agreedMss(cb: ControlBlock, option: number): number {
  const offered = option === 0 ? (cb.path.family === 4 ? 536 : 1220) : option;
  const least = cb.context.parameters.minimumSegmentSize;
  return Math.min(Math.max(offered, least), cb.settings.maximumSegmentSize);
}

/** The connection is ESTABLISHED: what starts then. */
export function completeHandshake(cb: ControlBlock, now: number): void {
  cb.state = TcpState.ESTABLISHED;
  cb.rtoAt = Number.POSITIVE_INFINITY;
  // RFC 6298 §5.7: a SYN that was sent again leaves no measurement and a window of one segment (RFC 5681 §3.1).
  cb.setInitialWindow();
  if (cb.timeouts > 1) cb.cwnd = cb.sndMss;
  cb.timeouts = 0;
  cb.stalledSince = Number.POSITIVE_INFINITY;
  cb.softFailure = undefined;
  cb.sndSmall = cb.sndUna;
  cb.rcvRoundAt = now;
  cb.rateAt = now;
  cb.paceCreditAt = now;
  cb.paceCredit = cb.cwnd;
  cb.lastReceivedAt = now;
  cb.context.counters.established++;
  if (cb.has(Trait.KeepAlive)) armLife(cb, now);
  cb.path.confirm(now);
  cb.context.signal(cb, TcpEvent.Established | TcpEvent.Writable);
  cb.context.markDirty(cb);
}

/** RFC 9293 §3.10.7.4: SYN-RECEIVED and every state after it. */
function synchronizedArrives(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, now: number): number {
  const counters = cb.context.counters;
  const control = segment.control;
  // RFC 7323 §5.3, R1: PAWS comes before the sequence number is looked at.
  if ((cb.traits & Trait.Timestamps) !== 0 && (control & RST) === 0) {
    if (!segment.hasTimestamps) {
      // RFC 7323 §3.2: once agreed on, a segment without is dropped.
      counters.droppedOldTimestamp++;
      return Arrival.Done;
    }
    if (((segment.timestamp - cb.tsRecent) | 0) < 0 && now - cb.tsRecentAt < TIMESTAMP_VALID_MS) {
      counters.droppedOldTimestamp++;
      challenge(cb, segment.payloadEnd > segment.payloadStart, now);
      return Arrival.Done;
    }
  }

  // First, the sequence number.
  const window = (cb.rcvEdge - cb.rcvNxt) | 0;
  const length = segment.length;
  const offset = (segment.sequence - cb.rcvNxt) | 0;
  const endOffset = offset + length;
  let acceptable: boolean;
  if (length === 0) acceptable = window === 0 ? offset === 0 : offset >= 0 && offset < window;
  else if (window === 0) acceptable = false;
  else acceptable = offset < window && endOffset > 0;
  if (!acceptable) {
    if ((control & RST) !== 0) {
      // RFC 5961 §3.2: outside of the window it is dropped without a word. At a closed window RCV.NXT itself is inside.
      if (!(window === 0 && offset === 0)) {
        counters.droppedInvalidReset++;
        return Arrival.Done;
      }
    } else if ((control & SYN) !== 0) {
      // RFC 5961 §4.2: whatever the sequence number.
      if (cb.state === TcpState.SYN_RECEIVED && segment.sequence === cb.irs) {
        if ((control & ACK) !== 0 && segment.acknowledgment === cb.sndNxt) {
          // RFC 9293 §3.5, figure 8: the other half of a simultaneous open.
          cb.sndUna = segment.acknowledgment;
          cb.sndWnd = segment.window;
          cb.sndWndMax = segment.window;
          cb.sndWl1 = segment.sequence;
          cb.sndWl2 = segment.acknowledgment;
          completeHandshake(cb, now);
          cb.due |= Due.Ack;
        } else {
          // Our SYN-ACK was lost.
          cb.due |= Due.Syn;
        }
        cb.context.markDirty(cb);
      } else challenge(cb, false, now);
      return Arrival.Done;
    } else return unacceptable(cb, segment, offset, endOffset, window, now);
  } else cb.lastReceivedAt = now;

  // Second, the RST bit (RFC 5961 §3.2).
  if ((control & RST) !== 0) {
    if (offset !== 0) {
      counters.droppedInvalidReset++;
      challenge(cb, false, now);
      return Arrival.Done;
    }
    counters.resetsReceived++;
    resetArrives(cb);
    return Arrival.Done;
  }
  // Fourth, the SYN bit (RFC 5961 §4.2).
  if ((control & SYN) !== 0) {
    challenge(cb, false, now);
    return Arrival.Done;
  }
  // Fifth, the ACK field.
  if ((control & ACK) === 0) {
    counters.droppedNoAck++;
    return Arrival.Done;
  }
  const acked = (segment.acknowledgment - cb.sndUna) | 0;
  if (cb.state === TcpState.SYN_RECEIVED) {
    if (acked <= 0 || ((segment.acknowledgment - cb.sndNxt) | 0) > 0) {
      counters.droppedUnacceptableAck++;
      return Arrival.Reset;
    }
    cb.sndUna = segment.acknowledgment;
    cb.sndWnd = segment.window << cb.sndWndShift;
    cb.sndWndMax = cb.sndWnd;
    cb.sndWl1 = segment.sequence;
    cb.sndWl2 = segment.acknowledgment;
    completeHandshake(cb, now);
  } else if (((segment.acknowledgment - cb.sndNxt) | 0) > 0) {
    // An acknowledgment of what was never sent.
    counters.optimisticAcks++;
    counters.droppedUnacceptableAck++;
    challenge(cb, false, now);
    return Arrival.Done;
  } else if (acked < 0 && -acked > cb.sndWndMax) {
    // RFC 5961 §5.2: older than anything in flight can be.
    counters.droppedUnacceptableAck++;
    challenge(cb, false, now);
    return Arrival.Done;
  }
  // RFC 7323 §4.3: only a segment that covers what was last acknowledged moves TS.Recent.
  if (segment.hasTimestamps && ((segment.sequence - cb.lastAckSent) | 0) <= 0 && cb.has(Trait.Timestamps)) {
    if (((segment.timestamp - cb.tsRecent) | 0) >= 0 || now - cb.tsRecentAt >= TIMESTAMP_VALID_MS) {
      cb.tsRecent = segment.timestamp;
      cb.tsRecentAt = now;
    }
  }
  if (cb.has(Trait.Ecn)) noteEcn(cb, segment, packet, segment.payloadEnd - segment.payloadStart);
  if (acked >= 0) acknowledge(cb, segment, segment.payloadEnd - segment.payloadStart, now);
  if (afterAck(cb, now)) return Arrival.Done;
  // Sixth, the URG bit: tolerated; the octets it points at are octets like others (RFC 6093).
  // Seventh, the segment text; eighth, the FIN bit.
  if (length > 0) takeText(cb, segment, packet, now);
  return Arrival.Done;
}

/** What the acknowledgment of our FIN does. True when the connection is done. */
function afterAck(cb: ControlBlock, now: number): boolean {
  if ((cb.traits & Trait.FinSent) === 0 || cb.sndUna !== cb.sndNxt) return false;
  switch (cb.state) {
    case TcpState.FIN_WAIT_1:
      cb.state = TcpState.FIN_WAIT_2;
      cb.lifeAt = Number.POSITIVE_INFINITY;
      if (cb.has(Trait.Discarding)) armLife(cb, now);
      return false;
    case TcpState.CLOSING:
      enterTimeWait(cb, now);
      return true;
    case TcpState.LAST_ACK:
      closeConnection(cb, undefined);
      return true;
    default:
      return false;
  }
}

/** RFC 9293 §3.10.7.4, second: what a valid RST means depends on the state. */
function resetArrives(cb: ControlBlock): void {
  switch (cb.state) {
    case TcpState.SYN_RECEIVED:
      closeConnection(cb, Failure.refused);
      return;
    case TcpState.CLOSING:
    case TcpState.LAST_ACK:
      closeConnection(cb, undefined);
      return;
    default:
      closeConnection(cb, Failure.reset);
  }
}

/** A segment outside of the window: told where we are, and that it came twice if it did (RFC 2883). */
function unacceptable(
  cb: ControlBlock,
  segment: SegmentView,
  offset: number,
  endOffset: number,
  window: number,
  now: number,
): number {
  const counters = cb.context.counters;
  const payload = segment.payloadEnd - segment.payloadStart;
  if (endOffset <= 0 && segment.length > 0) {
    counters.duplicateSegments++;
    cb.lastReceivedAt = now;
    if (payload > 0) oweDsack(cb, segment.sequence, (segment.sequence + payload) | 0);
  } else counters.droppedOutsideWindow++;
  // RFC 9293 §3.10.7.4: with a closed window, acknowledgments (and RST, URG) are still taken.
  const near = offset <= 0 && offset > -65_536;
  if ((near || window === 0) && (segment.control & ACK) !== 0) {
    const ahead = (segment.acknowledgment - cb.sndUna) | 0;
    if (cb.state !== TcpState.SYN_RECEIVED && ahead >= 0 && ((segment.acknowledgment - cb.sndNxt) | 0) <= 0) {
      acknowledge(cb, segment, payload, now);
      if (afterAck(cb, now)) return Arrival.Done;
    }
  }
  challenge(cb, segment.length > 0, now);
  return Arrival.Done;
}

/**
 * RFC 5961 §7: an acknowledgment for something that should not have come; limited for each connection and for all.
 * Octets that came twice are answered without limit: their sender waits for it.
 */
function challenge(cb: ControlBlock, octets: boolean, now: number): void {
  if (!octets) {
    const parameters = cb.context.parameters;
    if (now - cb.challengedAt < parameters.challengeAckIntervalMs || !cb.context.challengeAcks.take(now)) {
      cb.context.counters.challengeAcksSuppressed++;
      return;
    }
    cb.challengedAt = now;
    cb.context.counters.challengeAcks++;
  }
  cb.due |= Due.Ack;
  cb.context.markDirty(cb);
}

/** RFC 3168 §6.1.3: congestion is echoed until CWR says that it was heard. */
function noteEcn(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, payload: number): void {
  if ((segment.control & CWR) !== 0) cb.traits &= ~Trait.EcnEcho;
  if (packet.ecn === CONGESTION_EXPERIENCED && payload > 0) {
    if ((cb.traits & Trait.EcnEcho) === 0) {
      cb.due |= Due.Ack;
      cb.context.markDirty(cb);
    }
    cb.traits |= Trait.EcnEcho;
  }
}

/** RFC 9293 §3.10.7.4, seventh and eighth: trims to the window, keeps what is out of order, and comes to the FIN. */
function takeText(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, now: number): void {
  const octets = packet.slab.octets;
  let start = segment.payloadStart;
  let end = segment.payloadEnd;
  let sequence = segment.sequence;
  const fin = (segment.control & FIN) !== 0;
  const finAt = (sequence + (end - start)) | 0;
  if (cb.has(Trait.PeerFinished)) {
    // Nothing follows a FIN: it came again, and is acknowledged again.
    cb.context.counters.duplicateSegments++;
    cb.due |= Due.Ack;
    cb.context.markDirty(cb);
    return;
  }
  const old = (cb.rcvNxt - sequence) | 0;
  if (old > 0) {
    if (end > start) oweDsack(cb, sequence, old < end - start ? cb.rcvNxt : finAt);
    start = Math.min(start + old, end);
    sequence = cb.rcvNxt;
    cb.due |= Due.Ack;
    cb.context.markDirty(cb);
  }
  const beyond = (sequence + (end - start) - cb.rcvEdge) | 0;
  if (beyond > 0) end = Math.max(start, end - beyond);
  if (fin && ((finAt - cb.rcvEdge) | 0) <= 0 && !cb.has(Trait.PeerFinKnown)) {
    cb.traits |= Trait.PeerFinKnown;
    cb.peerFin = finAt;
  }
  // Octets behind a FIN are none of this stream's.
  if (cb.has(Trait.PeerFinKnown)) {
    const past = (sequence + (end - start) - cb.peerFin) | 0;
    if (past > 0) end = Math.max(start, end - past);
  }
  if (end > start) {
    if (cb.has(Trait.Discarding)) discard(cb, sequence, end - start);
    else if (sequence === cb.rcvNxt) acceptInOrder(cb, octets, start, end, packet, now);
    else acceptOutOfOrder(cb, sequence, octets, start, end);
  }
  if (cb.has(Trait.PeerFinKnown) && cb.rcvNxt === cb.peerFin) peerFinished(cb, now);
  else if (fin && sequence !== cb.rcvNxt) {
    cb.due |= Due.Ack;
    cb.context.markDirty(cb);
  }
}

/** In order: lent to the reader where it lies, and acknowledged at every second full segment (RFC 9293 §3.8.6.3). */
function acceptInOrder(
  cb: ControlBlock,
  octets: Uint8Array,
  start: number,
  end: number,
  packet: InboundPacket,
  now: number,
): void {
  const context = cb.context;
  const length = end - start;
  const received = cb.received;
  context.counters.octetsReceived += length;
  cb.rcvNxt = (cb.rcvNxt + length) | 0;
  if (context.borrower !== undefined) {
    settleBorrowed(context.borrower);
    context.borrower = undefined;
  }
  cb.borrowed = octets;
  cb.borrowedStart = start;
  cb.borrowedEnd = end;
  context.borrower = cb;
  if (received !== undefined && received.runs > 0) fillGap(cb, received);
  context.signal(cb, TcpEvent.Readable);

  const size = packet.segmentSize > 0 ? packet.segmentSize : length;
  if (size > cb.rcvMss) cb.rcvMss = Math.min(size, cb.path.linkMtu);
  tuneReceiveBuffer(cb, now);
  if (((cb.rcvNxt - cb.lastAckSent) | 0) >= 2 * cb.rcvMss) cb.due |= Due.Ack;
  else if ((cb.due & Due.DelayedAck) === 0) {
    cb.due |= Due.DelayedAck;
    cb.ackAt = now + context.parameters.delayedAckMs;
    cb.wakeAt(cb.ackAt);
  }
  if ((cb.due & Due.Ack) !== 0) context.markDirty(cb);
}

/** RFC 5681 §4.2: what fills a gap is acknowledged at once, and what waited behind the gap follows it. */
function fillGap(cb: ControlBlock, received: ReceiveQueue): void {
  cb.due |= Due.Ack;
  if (!received.reachedBy(cb.rcvNxt)) return;
  settleBorrowed(cb);
  cb.context.borrower = undefined;
  const before = received.charged;
  cb.rcvNxt = received.advance(cb.rcvNxt);
  cb.context.memoryUsed += received.charged - before;
}

function acceptOutOfOrder(cb: ControlBlock, sequence: number, octets: Uint8Array, start: number, end: number): void {
  const context = cb.context;
  const counters = context.counters;
  counters.outOfOrderSegments++;
  cb.due |= Due.Ack;
  context.markDirty(cb);
  if (context.memoryUsed + (end - start) > context.parameters.memoryBudget) {
    counters.droppedMemory++;
    return;
  }
  const received = (cb.received ??= new ReceiveQueue());
  const until = (sequence + (end - start)) | 0;
  if (received.holds(sequence, until)) {
    counters.duplicateSegments++;
    oweDsack(cb, sequence, until);
    return;
  }
  const before = received.charged;
  const added = received.insert(sequence, octets, start, end);
  context.memoryUsed += received.charged - before;
  if (added < 0) counters.droppedOutOfOrderFull++;
}

/** Nobody reads any more: in-order octets are acknowledged and dropped, others wait to be sent again. */
function discard(cb: ControlBlock, sequence: number, length: number): void {
  cb.context.counters.droppedAfterClose++;
  if (sequence === cb.rcvNxt) {
    cb.rcvNxt = (cb.rcvNxt + length) | 0;
    const edge = (cb.rcvNxt + cb.rcvBuffer) | 0;
    if (((edge - cb.rcvEdge) | 0) > 0) cb.rcvEdge = edge;
  }
  cb.due |= Due.Ack;
  cb.context.markDirty(cb);
}

function oweDsack(cb: ControlBlock, start: number, end: number): void {
  if ((cb.traits & Trait.Sack) === 0 || ((end - start) | 0) <= 0) return;
  cb.traits |= Trait.DsackOwed;
  cb.dsackStart = start;
  cb.dsackEnd = end;
}

/** Eighth, the FIN bit: everything before it is here. */
function peerFinished(cb: ControlBlock, now: number): void {
  cb.traits |= Trait.PeerFinished;
  cb.rcvNxt = (cb.rcvNxt + 1) | 0;
  if (((cb.rcvEdge - cb.rcvNxt) | 0) < 0) cb.rcvEdge = cb.rcvNxt;
  cb.due |= Due.Ack;
  cb.context.markDirty(cb);
  switch (cb.state) {
    case TcpState.SYN_RECEIVED:
    case TcpState.ESTABLISHED:
      cb.state = TcpState.CLOSE_WAIT;
      break;
    case TcpState.FIN_WAIT_1:
      cb.state = TcpState.CLOSING;
      break;
    case TcpState.FIN_WAIT_2:
      cb.context.signal(cb, TcpEvent.PeerClosed | TcpEvent.Readable);
      enterTimeWait(cb, now);
      return;
    default:
      return;
  }
  cb.context.signal(cb, TcpEvent.PeerClosed | TcpEvent.Readable);
}
