import type { InboundPacket } from '@immuable-net/ip';
import { acknowledge } from './acknowledgment.ts';
import { closeConnection, enterTimeWait } from './closing.ts';
import { type ControlBlock, Due, Trait } from './control-block.ts';
import { Failure } from './failure.ts';
import { armLife } from './output.ts';
import { MAXIMUM_WINDOW_SHIFT, TIMESTAMP_VALID_MS } from './parameters.ts';
import { measureRoundTrip } from './round-trip.ts';
import { Control, type SegmentView } from './segment.ts';
import { acceptInOrder, oweDsack, takeText } from './segment-text.ts';
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
function takeSynOptions(cb: ControlBlock, segment: SegmentView, now: number): void {
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
