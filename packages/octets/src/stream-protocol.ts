import type { SliceQueue } from './slice-queue.ts';

/** What a {@link StreamProtocol} wants of the stream below it, as a bit set. */
export const StreamWish = {
  /** Nothing: carry on. */
  None: 0,
  /** Close our direction once everything emitted was sent (FIN, close_notify). */
  End: 1,
  /** After {@link StreamWish.End}: read and discard what still comes for a bounded time, then drop the connection (RFC 9112 §9.6). */
  Linger: 2,
  /** Drop the connection at once (RST). */
  Abort: 4,
} as const;

/**
 * A deterministic protocol machine on one reliable stream: TLS on TCP, HTTP on either. Octets and time in; octets
 * and the next deadline out. It never calls its caller, holds no timer and makes no I/O.
 *
 * After each of `arrive`, `arriveEnd`, `timeoutsExpire` and whenever the stream below has room again, call
 * {@link StreamProtocol.emit}, then look at {@link StreamProtocol.wish} and {@link StreamProtocol.nextTimeout}.
 */
export interface StreamProtocol {
  /**
   * Takes octets in order. They are borrowed: read until `arrive` returns; the machine copies what it keeps.
   * Returns how many octets were consumed (0 to `end - start`). Fewer than all means back-pressure: the rest is
   * offered again, from the first octet not consumed, after the next `emit` that produced octets.
   *
   * @param now monotonic milliseconds, with fractions
   */
  arrive(octets: Uint8Array, start: number, end: number, now: number): number;
  /** The peer's direction ended in order (FIN, close_notify). Call once, after its last octet was consumed. */
  arriveEnd(now: number): void;
  /** The stream failed (reset, timed out): release everything. Call at most once; nothing is called after it. */
  abort(now: number): void;
  /**
   * Appends at most `room` octets to `queue`, by reference where it can. Returns how many were appended; fewer
   * than `room` means that there is nothing more to say now.
   */
  emit(queue: SliceQueue, room: number, now: number): number;
  /** Runs what was due at or before `now`. */
  timeoutsExpire(now: number): void;
  /** When {@link timeoutsExpire} is due next, in the milliseconds of `now`; `Infinity` for never. */
  nextTimeout(): number;
  /** What the machine wants of the stream below: bits of {@link StreamWish}. */
  readonly wish: number;
}
