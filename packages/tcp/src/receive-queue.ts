import { copyOctets } from '@immuable-net/octets';
import { MAXIMUM_OUT_OF_ORDER } from './parameters.ts';

const CHUNK = 16_384;

/**
 * What a connection holds of its peer's octets: copies of in-order octets that nobody read yet, and runs that
 * arrived out of order. Made when there is something to hold, dropped when there is nothing.
 */
export class ReceiveQueue {
  /** In-order octets that wait. */
  readable: number;
  /** What the buffers occupy, in order and out of order: what the connection is charged for. */
  charged: number;
  /** In-order chunks: the octets of each that wait are `[start, end)`. */
  readonly #chunks: Uint8Array[];
  readonly #chunkEnds: number[];
  #headStart: number;
  #first: number;
  /** Out-of-order runs by sequence number; neighbours may touch, never overlap. */
  readonly #runs: Uint8Array[];
  readonly #runStarts: number[];
  readonly #runEnds: number[];
  /** Left edges of the blocks that arrived last, newest first (RFC 2018 §4). */
  readonly #recent: number[];

  constructor() {
    this.readable = 0;
    this.charged = 0;
    this.#chunks = [];
    this.#chunkEnds = [];
    this.#headStart = 0;
    this.#first = 0;
    this.#runs = [];
    this.#runStarts = [];
    this.#runEnds = [];
    this.#recent = [];
  }

  /** Whether nothing at all is held. */
  get empty(): boolean {
    return this.readable === 0 && this.#runs.length === 0;
  }

  /** How many out-of-order runs are held. */
  get runs(): number {
    return this.#runs.length;
  }

  /** Where the last out-of-order run ends, as a sequence number; only when there is one. */
  get lastEnd(): number {
    return this.#runEnds[this.#runEnds.length - 1]!;
  }

  get head(): Uint8Array {
    return this.#chunks[this.#first]!;
  }

  get headStart(): number {
    return this.#headStart;
  }

  get headEnd(): number {
    return this.#chunkEnds[this.#first]!;
  }

  /** Copies in-order octets. */
  append(octets: Uint8Array, start: number, end: number): void {
    let from = start;
    const last = this.#chunks.length - 1;
    if (last >= this.#first) {
      const chunk = this.#chunks[last]!;
      const at = this.#chunkEnds[last]!;
      const count = Math.min(chunk.length - at, end - from);
      if (count > 0) {
        copyOctets(octets, from, from + count, chunk, at);
        this.#chunkEnds[last] = at + count;
        from += count;
      }
    }
    if (from < end) {
      // The first chunk is of the size needed; who leaves more behind gets larger ones.
      const size = this.readable === 0 ? end - from : Math.max(end - from, CHUNK);
      const chunk = new Uint8Array(size);
      copyOctets(octets, from, end, chunk, 0);
      this.#adopt(chunk, 0, end - from);
      this.charged += size;
    }
    this.readable += end - start;
  }

  /** Drops in-order octets: at most `headEnd - headStart`. */
  consume(count: number): void {
    this.readable -= count;
    this.#headStart += count;
    const first = this.#first;
    if (this.#headStart < this.#chunkEnds[first]!) return;
    this.charged -= this.#chunks[first]!.length;
    this.#headStart = 0;
    this.#first++;
    if (this.#first === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#chunkEnds.length = 0;
      this.#first = 0;
    } else if (this.#first >= 32) {
      this.#chunks.splice(0, this.#first);
      this.#chunkEnds.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /**
   * Copies what is new of `octets[start, end)`, whose first octet has this sequence number. Answers how many
   * octets were new; -1 when there are too many runs already.
   */
  insert(sequence: number, octets: Uint8Array, start: number, end: number): number {
    let added = 0;
    let at = this.#search(sequence);
    let from = sequence;
    const until = (sequence + (end - start)) | 0;
    while (((until - from) | 0) > 0) {
      const limit = at < this.#runs.length && ((this.#runStarts[at]! - until) | 0) < 0 ? this.#runStarts[at]! : until;
      const length = (limit - from) | 0;
      if (length > 0) {
        const source = start + ((from - sequence) | 0);
        if (!this.#extend(at - 1, from, octets, source, length)) {
          if (this.#runs.length >= MAXIMUM_OUT_OF_ORDER) return added > 0 ? added : -1;
          const adjacent = at > 0 && this.#runEnds[at - 1] === from;
          const run = new Uint8Array(adjacent ? Math.max(length, CHUNK) : length);
          copyOctets(octets, source, source + length, run, 0);
          this.#runs.splice(at, 0, run);
          this.#runStarts.splice(at, 0, from);
          this.#runEnds.splice(at, 0, limit);
          this.charged += run.length;
          at++;
        }
        added += length;
      }
      if (at >= this.#runs.length || limit === until) break;
      from = this.#runEnds[at]!;
      at++;
    }
    this.#noteRecent(sequence);
    return added;
  }

  /** Whether all of `[start, end)` is held out of order already. */
  holds(start: number, end: number): boolean {
    let from = start;
    for (let at = this.#search(start); at < this.#runs.length; at++) {
      if (((this.#runStarts[at]! - from) | 0) > 0) return false;
      from = this.#runEnds[at]!;
      if (((end - from) | 0) <= 0) return true;
    }
    return false;
  }

  /** Whether the first run begins at or before `next`. */
  reachedBy(next: number): boolean {
    return this.#runs.length > 0 && ((this.#runStarts[0]! - next) | 0) <= 0;
  }

  /** Moves the runs that `next` has reached behind the in-order octets, without a copy. Returns the new RCV.NXT. */
  advance(next: number): number {
    let at = 0;
    let to = next;
    while (at < this.#runs.length && ((this.#runStarts[at]! - to) | 0) <= 0) {
      const run = this.#runs[at]!;
      const end = this.#runEnds[at]!;
      const length = (end - to) | 0;
      if (length > 0) {
        const skip = (to - this.#runStarts[at]!) | 0;
        this.#adopt(run, skip, skip + length);
        this.readable += length;
        to = end;
      } else this.charged -= run.length;
      at++;
    }
    if (at > 0) {
      this.#runs.splice(0, at);
      this.#runStarts.splice(0, at);
      this.#runEnds.splice(0, at);
      if (this.#runs.length === 0) this.#recent.length = 0;
    }
    return to;
  }

  /** Writes at most `limit` SACK blocks, the one that arrived last first, as pairs into `target`. Returns how many blocks. */
  blocks(target: Int32Array, from: number, limit: number): number {
    let count = 0;
    for (let i = 0; i < this.#recent.length && count < limit; i++) {
      const index = this.#search(this.#recent[i]!);
      if (index >= this.#runs.length || ((this.#recent[i]! - this.#runStarts[index]!) | 0) < 0) continue;
      let low = index;
      let high = index;
      while (low > 0 && this.#runEnds[low - 1] === this.#runStarts[low]) low--;
      while (high + 1 < this.#runs.length && this.#runStarts[high + 1] === this.#runEnds[high]) high++;
      const left = this.#runStarts[low]!;
      let known = false;
      for (let j = 0; j < count; j++) if (target[from + j * 2] === left) known = true;
      if (known) continue;
      target[from + count * 2] = left;
      target[from + count * 2 + 1] = this.#runEnds[high]!;
      count++;
    }
    return count;
  }

  /** Drops what is out of order (it will come again): under memory pressure. */
  dropRuns(): void {
    for (const run of this.#runs) this.charged -= run.length;
    this.#runs.length = 0;
    this.#runStarts.length = 0;
    this.#runEnds.length = 0;
    this.#recent.length = 0;
  }

  #adopt(chunk: Uint8Array, start: number, end: number): void {
    if (this.#chunks.length === this.#first) this.#headStart = start;
    else if (start > 0) {
      // Only the first chunk may begin inside its octets.
      chunk.copyWithin(0, start, end);
      this.#chunks.push(chunk);
      this.#chunkEnds.push(end - start);
      return;
    }
    this.#chunks.push(chunk);
    this.#chunkEnds.push(end);
  }

  /** Writes behind the run at `index` when it ends at `from` and has room for all. */
  #extend(index: number, from: number, octets: Uint8Array, source: number, length: number): boolean {
    if (index < 0 || this.#runEnds[index] !== from) return false;
    const run = this.#runs[index]!;
    const at = (from - this.#runStarts[index]!) | 0;
    if (at + length > run.length) return false;
    copyOctets(octets, source, source + length, run, at);
    this.#runEnds[index] = (from + length) | 0;
    return true;
  }

  /** The first run whose end lies behind `sequence`. */
  #search(sequence: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#runEnds[middle]! - sequence) | 0) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The block that holds `sequence` arrived last: it goes first, and what it has swallowed is forgotten. */
  #noteRecent(sequence: number): void {
    const index = this.#search(sequence);
    if (index >= this.#runs.length || ((sequence - this.#runStarts[index]!) | 0) < 0) return;
    let low = index;
    let high = index;
    while (low > 0 && this.#runEnds[low - 1] === this.#runStarts[low]) low--;
    while (high + 1 < this.#runs.length && this.#runStarts[high + 1] === this.#runEnds[high]) high++;
    const left = this.#runStarts[low]!;
    const right = this.#runEnds[high]!;
    const recent = this.#recent;
    let keep = 0;
    for (let i = 0; i < recent.length; i++) {
      const at = recent[i]!;
      if (((at - left) | 0) < 0 || ((at - right) | 0) >= 0) recent[keep++] = at;
    }
    recent.length = keep < 4 ? keep + 1 : 4;
    for (let i = recent.length - 1; i > 0; i--) recent[i] = recent[i - 1]!;
    recent[0] = sequence;
  }
}
