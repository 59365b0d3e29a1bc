import type { SliceOwner } from '@immuable-net/octets';

const SMALLEST_SHIFT = 9;
const LARGEST_SHIFT = 17;

/** Octets that sealed records stand in until they are acknowledged; then they go back to their pool. */
export class Chunk implements SliceOwner {
  readonly octets: Uint8Array;
  readonly shift: number;
  readonly #pool: ChunkPool;

  constructor(pool: ChunkPool, shift: number) {
    // The buffer is made apart so that the octets never move: short typed arrays may live in the moving heap.
    this.octets = new Uint8Array(new ArrayBuffer(1 << shift));
    this.shift = shift;
    this.#pool = pool;
  }

  release(): void {
    this.#pool.give(this);
  }
}

/** Chunks of 512 octets to 128 KiB, in powers of two, used again. One for all connections of a process. */
export class ChunkPool {
  /** Octets of the chunks that wait to be used again. */
  idleOctets: number;
  /** Chunks lent out. */
  lent: number;
  readonly #idle: Chunk[][];
  readonly #limit: number;

  /** @param limit octets kept for use again; beyond it chunks are left to the garbage collector */
  constructor(limit: number = 32 << 20) {
    this.idleOctets = 0;
    this.lent = 0;
    this.#idle = [];
    for (let shift = 0; shift <= LARGEST_SHIFT; shift++) this.#idle.push([]);
    this.#limit = limit;
  }

  /** A chunk of at least `size` octets (up to 128 KiB). Whoever appends it to a queue gives it as the owner. */
  take(size: number): Chunk {
    const shift = size <= 1 << SMALLEST_SHIFT ? SMALLEST_SHIFT : 32 - Math.clz32(size - 1);
    if (shift > LARGEST_SHIFT) throw new RangeError(`no chunk has ${size} octets`);
    this.lent++;
    const chunk = this.#idle[shift]!.pop();
    if (chunk === undefined) return new Chunk(this, shift);
    this.idleOctets -= 1 << shift;
    return chunk;
  }

  /** Takes a chunk back. */
  give(chunk: Chunk): void {
    this.lent--;
    const size = 1 << chunk.shift;
    if (this.idleOctets + size > this.#limit) return;
    this.idleOctets += size;
    this.#idle[chunk.shift]!.push(chunk);
  }
}
