import { type ControlBlock, Due, Trait } from './control-block.ts';
import { ReceiveQueue } from './receive-queue.ts';

/** The octets in order that the reader left in the frame are copied: the frame goes back to its link. */
export function settleBorrowed(cb: ControlBlock): void {
  const count = cb.borrowedEnd - cb.borrowedStart;
  if (count > 0) {
    const received = (cb.received ??= new ReceiveQueue());
    const before = received.charged;
    received.append(cb.borrowed, cb.borrowedStart, cb.borrowedEnd);
    cb.context.memoryUsed += received.charged - before;
  }
  cb.borrowed = NOTHING;
  cb.borrowedStart = 0;
  cb.borrowedEnd = 0;
}

/** Everything that was received and not read is dropped, and no longer charged. */
export function dropReceived(cb: ControlBlock): void {
  if (cb.context.borrower === cb) cb.context.borrower = undefined;
  cb.borrowed = NOTHING;
  cb.borrowedStart = 0;
  cb.borrowedEnd = 0;
  if (cb.received !== undefined) cb.context.memoryUsed -= cb.received.charged;
  cb.received = undefined;
}

/** What may be advertised now, as a right edge; never before the one advertised already (RFC 9293 §3.8.6). */
export function freshEdge(cb: ControlBlock): number {
  let room = cb.rcvBuffer - cb.waiting;
  const budget = cb.context.parameters.memoryBudget;
  if (cb.context.memoryUsed > budget * 0.75) {
    // Pressure: first nobody's window grows, then it closes; nothing that was promised is taken back.
    const left = budget - cb.context.memoryUsed;
    if (room > left) room = left;
    if (room > cb.context.parameters.receiveInitial / 4) room = cb.context.parameters.receiveInitial / 4;
  }
  const edge = (cb.rcvNxt + Math.max(room, 0)) | 0;
  const growth = (edge - cb.rcvEdge) | 0;
  // RFC 9293 §3.8.6.2.2: in steps of a segment or half of the buffer.
  if (growth > 0 && growth >= Math.min(cb.rcvBuffer >> 1, cb.rcvMss)) return edge;
  return cb.rcvEdge;
}

/** The reader took octets: the window may have to be told, and may grow with the reader's pace. */
export function windowOpened(cb: ControlBlock, count: number): void {
  cb.rcvRead += count;
  if (cb.has(Trait.PeerFinished)) return;
  const growth = (freshEdge(cb) - cb.rcvEdge) | 0;
  if (growth <= 0) return;
  const advertised = (cb.rcvEdge - cb.rcvNxt) | 0;
  const step = Math.min(cb.rcvBuffer >> 2, cb.settings.receiveLimit);
  if (growth >= step || (advertised < 2 * cb.rcvMss && growth >= 2 * cb.rcvMss)) {
    cb.due |= Due.Ack;
    cb.context.markDirty(cb);
  }
}

/**
 * Receive autotuning: once a round trip, twice what the reader took in it becomes the buffer, so that the peer's
 * window is never what limits a reader that keeps up.
 */
export function tuneReceiveBuffer(cb: ControlBlock, now: number): void {
  const round = cb.srtt > 0 ? cb.srtt : 10;
  if (now - cb.rcvRoundAt < round) return;
  const wanted = 2 * cb.rcvRead + 16 * cb.rcvMss;
  if (wanted > cb.rcvBuffer && !cb.context.pressed) cb.rcvBuffer = Math.min(wanted, cb.settings.receiveLimit);
  cb.rcvRead = 0;
  cb.rcvRoundAt = now;
}

const NOTHING = new Uint8Array(0);
