import type { SliceQueue } from '@immuable-net/octets';
import type { Body } from './body.ts';

/** Bodies one after the other, as one: a gzip member around deflated octets, the parts of multipart/byteranges. */
export class JoinedBody implements Body {
  readonly length: number;
  readonly #bodies: readonly Body[];

  constructor(bodies: readonly Body[]) {
    this.#bodies = bodies.filter((body) => body.length > 0);
    let length = 0;
    for (const body of bodies) length += body.length;
    this.length = length;
  }

  retain(): void {
    for (const body of this.#bodies) body.retain();
  }

  release(): void {
    for (const body of this.#bodies) body.release();
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    const bodies = this.#bodies;
    let start = 0;
    let emitted = 0;
    for (let i = 0; i < bodies.length; i++) {
      const body = bodies[i]!;
      const at = from + emitted - start;
      if (at < body.length) {
        const count = body.emit(queue, at, room - emitted);
        if (count < 0) return count;
        emitted += count;
        if (emitted === room || at + count < body.length) return emitted;
      }
      start += body.length;
    }
    return emitted;
  }
}

/** Octets `[from, to)` of a body that can be asked for any run. */
export class PartOfBody implements Body {
  readonly length: number;
  readonly #whole: Body;
  readonly #from: number;

  constructor(whole: Body, from: number, to: number) {
    this.length = to - from;
    this.#whole = whole;
    this.#from = from;
  }

  retain(): void {
    this.#whole.retain();
  }

  release(): void {
    this.#whole.release();
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    return this.#whole.emit(queue, this.#from + from, Math.min(room, this.length - from));
  }
}
