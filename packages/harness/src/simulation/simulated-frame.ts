import { Slab } from '@immuable-net/octets';
import type { SimulatedLink } from './simulated-link.ts';

/** One frame under way. Pooled by capacity: a run of a million frames makes a few hundred. */
export class SimulatedFrame {
  readonly slab: Slab;
  length: number;
  /** When it arrives, milliseconds. */
  at: number;
  /** Order among those that arrive at the same time. */
  order: number;
  /** One of its bits was turned: not a second one, or the two might cancel in a checksum. */
  corrupted: boolean;
  /** Where it arrives. */
  target: SimulatedLink | undefined;

  constructor(capacity: number) {
    this.slab = Slab.over(new Uint8Array(capacity));
    this.length = 0;
    this.at = 0;
    this.order = 0;
    this.corrupted = false;
    this.target = undefined;
  }
}

const SMALL = 2048;

/** Where frames come from and go back to. */
export class FramePool {
  /** Frames that somebody holds: 0 when a network is quiet. */
  lent: number;
  #small: SimulatedFrame[];

  constructor() {
    this.lent = 0;
    this.#small = [];
  }

  take(length: number): SimulatedFrame {
    this.lent++;
    const frame =
      length <= SMALL ? (this.#small.pop() ?? new SimulatedFrame(SMALL)) : new SimulatedFrame((length + 2047) & ~2047);
    frame.length = length;
    frame.corrupted = false;
    return frame;
  }

  give(frame: SimulatedFrame): void {
    this.lent--;
    frame.target = undefined;
    if (frame.slab.octets.length === SMALL) this.#small.push(frame);
  }
}

/** Frames in the order in which they arrive: a binary heap by time, then by order. */
export class FrameHeap {
  #frames: SimulatedFrame[];

  constructor() {
    this.#frames = [];
  }

  get size(): number {
    return this.#frames.length;
  }

  /** When the next one arrives; `Infinity` when none is under way. */
  get nextAt(): number {
    const first = this.#frames[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.at;
  }

  push(frame: SimulatedFrame): void {
    const frames = this.#frames;
    let at = frames.length;
    frames.push(frame);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = frames[up]!;
      if (!before(frame, parent)) break;
      frames[at] = parent;
      at = up;
    }
    frames[at] = frame;
  }

  pop(): SimulatedFrame {
    const frames = this.#frames;
    const first = frames[0]!;
    const last = frames.pop()!;
    const size = frames.length;
    if (size > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= size) break;
        if (child + 1 < size && before(frames[child + 1]!, frames[child]!)) child++;
        if (!before(frames[child]!, last)) break;
        frames[at] = frames[child]!;
        at = child;
      }
      frames[at] = last;
    }
    return first;
  }
}

function before(a: SimulatedFrame, b: SimulatedFrame): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
