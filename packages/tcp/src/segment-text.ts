import type { InboundPacket } from '@immuable-net/ip';
import { enterTimeWait } from './closing.ts';
import { type ControlBlock, Due, Trait } from './control-block.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { settleBorrowed, tuneReceiveBuffer } from './receiving.ts';
import { Control, type SegmentView } from './segment.ts';
import { TcpEvent, TcpState } from './state.ts';

const { FIN } = Control;

/** RFC 9293 §3.10.7.4, seventh and eighth: trims to the window, keeps what is out of order, and comes to the FIN. */
export function takeText(cb: ControlBlock, segment: SegmentView, packet: InboundPacket, now: number): void {
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
export function acceptInOrder(
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

export function oweDsack(cb: ControlBlock, start: number, end: number): void {
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
