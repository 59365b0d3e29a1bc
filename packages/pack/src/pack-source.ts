import type { SliceOwner, SliceQueue } from '@immuable-net/octets';

/**
 * An archive's octets, in windows of at most 1 GiB (one view beyond 4 GiB aborts Node 20). Positions count from
 * the archive's first octet; a range that straddles two windows is two slices.
 */
export class PackSource {
  /** Octets of the archive. */
  readonly length: number;
  /** Octets of every window but the last. */
  readonly windowOctets: number;
  readonly windows: readonly Uint8Array[];

  /** `windows` are all `windowOctets` long, the last one excepted. They must not change while this is used. */
  constructor(windows: readonly Uint8Array[], windowOctets: number) {
    let length = 0;
    for (let i = 0; i < windows.length; i++) {
      const octets = windows[i]!.length;
      if (i < windows.length - 1 ? octets !== windowOctets : octets > windowOctets) {
        throw new RangeError(`window ${i} has ${octets} octets instead of ${windowOctets}`);
      }
      length += octets;
    }
    this.length = length;
    this.windowOctets = windowOctets;
    this.windows = windows;
  }

  /** An archive in memory. */
  static over(octets: Uint8Array): PackSource {
    return new PackSource([octets], Math.max(1, octets.length));
  }

  /** The window that holds `position` (0 to `length` - 1). */
  windowAt(position: number): Uint8Array {
    return this.windows[Math.floor(position / this.windowOctets)]!;
  }

  /** Where `position` stands in its window. */
  offsetOf(position: number): number {
    return position % this.windowOctets;
  }

  /** The octet at `position` (0 to `length` - 1). */
  octetAt(position: number): number {
    return this.windowAt(position)[this.offsetOf(position)]!;
  }

  /** `[start, end)` as one array: a view where one window holds it, else a copy. For ranges that fit in memory. */
  view(start: number, end: number): Uint8Array {
    if (end <= start) return new Uint8Array(0);
    const offset = this.offsetOf(start);
    const window = this.windowAt(start);
    if (offset + (end - start) <= window.length) return window.subarray(offset, offset + (end - start));
    const octets = new Uint8Array(end - start);
    let at = 0;
    this.each(start, end, (window, from, to) => {
      octets.set(window.subarray(from, to), at);
      at += to - from;
    });
    return octets;
  }

  /** Calls `take` for each window's part of `[start, end)`, in order. */
  each(start: number, end: number, take: (octets: Uint8Array, start: number, end: number) => void): void {
    let position = start;
    while (position < end) {
      const window = this.windowAt(position);
      const from = this.offsetOf(position);
      const to = Math.min(window.length, from + (end - position));
      take(window, from, to);
      position += to - from;
    }
  }

  /**
   * Appends `[start, end)` to `queue` by reference. The owner goes with the last slice: it is released once,
   * with the last octet. An empty range releases it at once.
   */
  append(queue: SliceQueue, start: number, end: number, owner: SliceOwner | undefined): void {
    let position = start;
    for (;;) {
      const window = this.windowAt(position < this.length ? position : this.length - 1);
      const from = this.offsetOf(position);
      const to = from + (end - position);
      if (to <= window.length) {
        queue.append(window, from, to, owner);
        return;
      }
      queue.append(window, from, window.length, undefined);
      position += window.length - from;
    }
  }
}
