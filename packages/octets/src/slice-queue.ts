import type { SliceOwner } from './slice.ts';

const INITIAL_SLICES = 8;

/**
 * A first-in first-out queue of octets held by reference: what waits to be sent, and what was sent and may
 * have to be sent again.
 *
 * Slices stand in parallel rings, so appending allocates nothing once the rings have grown to what a
 * connection needs. Positions are octets counted from the head of the queue (0 = first octet held).
 */
export class SliceQueue {
  /** Octets held, all slices together. */
  length: number;
  #octets: (Uint8Array | undefined)[];
  #starts: number[];
  #ends: number[];
  #owners: (SliceOwner | undefined)[];
  #head: number;
  #count: number;
  /** Where the last {@link seek} ended: slice index from the head, and the position of its first octet. */
  #cursorIndex: number;
  #cursorPosition: number;

  constructor() {
    this.length = 0;
    this.#octets = [];
    this.#starts = [];
    this.#ends = [];
    this.#owners = [];
    this.#head = 0;
    this.#count = 0;
    this.#cursorIndex = 0;
    this.#cursorPosition = 0;
  }

  /** How many slices are held. */
  get slices(): number {
    return this.#count;
  }

  /**
   * Appends `octets[start, end)` by reference. The octets must not change until `owner.release()` is called
   * (or, without an owner, for ever). An empty slice is released at once.
   */
  append(octets: Uint8Array, start: number, end: number, owner: SliceOwner | undefined): void {
    if (end <= start) {
      owner?.release();
      return;
    }
    if (this.#count === this.#octets.length) this.#grow();
    const index = (this.#head + this.#count) & (this.#octets.length - 1);
    this.#octets[index] = octets;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#owners[index] = owner;
    this.#count++;
    this.length += end - start;
  }

  /** Copies the octets and appends the copy: for octets that the caller will reuse. */
  appendCopy(octets: Uint8Array, start: number, end: number): void {
    // Not `slice`: that of a Buffer is a view.
    if (end > start) this.append(new Uint8Array(octets.subarray(start, end)), 0, end - start, undefined);
  }

  /** Moves at most `room` octets from the head of `from` to the end of this queue, owners and all. Returns how many. */
  take(from: SliceQueue, room: number): number {
    let moved = 0;
    while (from.#count > 0 && moved < room) {
      const index = from.#head;
      const octets = from.#octets[index]!;
      const start = from.#starts[index]!;
      const end = from.#ends[index]!;
      const length = end - start;
      if (length <= room - moved) {
        this.append(octets, start, end, from.#owners[index]);
        from.#octets[index] = undefined;
        from.#owners[index] = undefined;
        from.#head = (from.#head + 1) & (from.#octets.length - 1);
        from.#count--;
        from.length -= length;
        moved += length;
      } else {
        // The owner goes with the last part of its slice.
        const part = room - moved;
        this.append(octets, start, start + part, undefined);
        from.#starts[index] = start + part;
        from.length -= part;
        moved += part;
      }
    }
    from.#cursorIndex = 0;
    from.#cursorPosition = 0;
    return moved;
  }

  /** Drops `count` octets (0 to `length`) from the head and releases every slice that is thereby used up. */
  drop(count: number): void {
    if (count > this.length) throw new RangeError(`cannot drop ${count} of ${this.length} octets`);
    this.length -= count;
    let left = count;
    let gone = 0;
    while (left > 0) {
      const index = this.#head;
      const length = this.#ends[index]! - this.#starts[index]!;
      if (length > left) {
        this.#starts[index] = this.#starts[index]! + left;
        break;
      }
      left -= length;
      const owner = this.#owners[index];
      this.#octets[index] = undefined;
      this.#owners[index] = undefined;
      this.#head = (index + 1) & (this.#octets.length - 1);
      this.#count--;
      gone++;
      if (owner !== undefined) owner.release();
    }
    if (this.#cursorIndex >= gone && this.#cursorPosition >= count) {
      this.#cursorIndex -= gone;
      this.#cursorPosition -= count;
      if (this.#cursorIndex === 0) this.#cursorPosition = 0;
    } else {
      this.#cursorIndex = 0;
      this.#cursorPosition = 0;
    }
  }

  /** Releases everything. */
  clear(): void {
    this.drop(this.length);
  }

  /**
   * Finds the slice that holds `position` (0 to `length` - 1): its index for {@link octetsAt}, {@link endAt}
   * and {@link startFrom}. Sequential look-ups are O(1): the queue remembers where it last looked.
   */
  seek(position: number): number {
    let index = this.#cursorIndex;
    let at = this.#cursorPosition;
    if (position < at) {
      index = 0;
      at = 0;
    }
    const mask = this.#octets.length - 1;
    for (;;) {
      const slot = (this.#head + index) & mask;
      const length = this.#ends[slot]! - this.#starts[slot]!;
      if (position < at + length) break;
      at += length;
      index++;
    }
    this.#cursorIndex = index;
    this.#cursorPosition = at;
    return index;
  }

  /** The octets of the slice with this index (0 = head). */
  octetsAt(index: number): Uint8Array {
    return this.#octets[(this.#head + index) & (this.#octets.length - 1)]!;
  }

  /** Where the slice with this index begins in its octets. */
  startAt(index: number): number {
    return this.#starts[(this.#head + index) & (this.#octets.length - 1)]!;
  }

  /** Where the slice with this index ends in its octets. */
  endAt(index: number): number {
    return this.#ends[(this.#head + index) & (this.#octets.length - 1)]!;
  }

  /** After `seek(position)`: where in `octetsAt(index)` that position stands. */
  startFrom(position: number): number {
    const slot = (this.#head + this.#cursorIndex) & (this.#octets.length - 1);
    return this.#starts[slot]! + (position - this.#cursorPosition);
  }

  /**
   * Copies the octets at `[position, position + count)` to `target` at `at`. `position + count` may not
   * exceed `length`.
   */
  copy(position: number, count: number, target: Uint8Array, at: number): void {
    if (count === 0) return;
    let index = this.seek(position);
    let start = this.startFrom(position);
    let left = count;
    let to = at;
    for (;;) {
      const octets = this.octetsAt(index);
      const end = this.endAt(index);
      const length = Math.min(end - start, left);
      copyOctets(octets, start, start + length, target, to);
      left -= length;
      if (left === 0) return;
      to += length;
      index++;
      start = this.startAt(index);
    }
  }

  #grow(): void {
    const size = this.#octets.length;
    const grown = size === 0 ? INITIAL_SLICES : size * 2;
    const octets = new Array<Uint8Array | undefined>(grown).fill(undefined);
    const starts = new Array<number>(grown).fill(0);
    const ends = new Array<number>(grown).fill(0);
    const owners = new Array<SliceOwner | undefined>(grown).fill(undefined);
    for (let i = 0; i < this.#count; i++) {
      const index = (this.#head + i) & (size - 1);
      octets[i] = this.#octets[index];
      starts[i] = this.#starts[index]!;
      ends[i] = this.#ends[index]!;
      owners[i] = this.#owners[index];
    }
    this.#octets = octets;
    this.#starts = starts;
    this.#ends = ends;
    this.#owners = owners;
    this.#head = 0;
  }
}

/** Up to here a loop beats `set(subarray)`, whose view costs about 60 ns. */
const LOOP_OCTETS = 48;

/** Copies `source[start, end)` to `target` at `at`. */
export function copyOctets(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start <= LOOP_OCTETS) {
    for (let from = start, to = at; from < end; from++, to++) target[to] = source[from]!;
  } else {
    target.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
  }
}
