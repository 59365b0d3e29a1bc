import type { SliceQueue } from '@immuable-net/octets';

/**
 * The content of a response: something that can be asked for any run of its octets, in order, as there is room.
 * Never a list of slices: a position in something.
 *
 * The framing calls `retain` once when it begins to send a response and `release` once when the last octet was
 * emitted or the connection failed. A body of a reusable response is shared by many connections at once: its
 * state is in its callers' positions only.
 */
export interface Body {
  /** Octets in all. */
  readonly length: number;
  retain(): void;
  release(): void;
  /**
   * Appends octets `[from, from + n)` to `queue`, by reference where it can, n at most `room`; returns n. `from`
   * is where the last call ended (0 at first), less than `length`. Fewer than `room` before the end (0 too) means that this
   * body has done what one turn of the event loop may take: call again the next turn, soon.
   * {@link BODY_FAILED} means that the rest can never come (the archive is damaged): abort.
   */
  emit(queue: SliceQueue, from: number, room: number): number;
}

/** What {@link Body.emit} returns when the rest of a body cannot be had. */
export const BODY_FAILED = -1;

/** A body of octets in memory that nobody changes. */
export class OctetsBody implements Body {
  readonly length: number;
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.length = octets.length;
    this.#octets = octets;
  }

  retain(): void {}

  release(): void {}

  emit(queue: SliceQueue, from: number, room: number): number {
    const left = this.length - from;
    const count = Math.min(left, room);
    queue.append(this.#octets, from, from + count, undefined);
    return count;
  }
}
