import type { SliceQueue } from '@immuable-net/octets';
import { Inflater } from './inflater.ts';
import type { PackEntry } from './pack-entry.ts';
import { PackError } from './pack-error.ts';
import type { PackSource } from './pack-source.ts';
import { TURN_OCTETS } from './parameters.ts';

/**
 * The plain octets `[from, to)` of a compressed file, a bounded piece at a time: call {@link emit} as long as
 * there is room and {@link left} is not 0.
 */
export class EntryStream {
  readonly #inflater: Inflater | undefined;
  readonly #whole: Uint8Array | undefined;
  readonly #length: number;
  readonly #path: string;
  #position: number;
  #skip: number;
  #left: number;
  #failure: PackError | undefined;
  #scratch: Uint8Array | undefined;

  /** Used by the pack. `whole` are the plain octets where they are at hand. */
  constructor(source: PackSource, entry: PackEntry, whole: Uint8Array | undefined, from: number, to: number) {
    this.#inflater = whole === undefined ? new Inflater(source, entry.zlibStart, entry.zlibEnd) : undefined;
    this.#whole = whole;
    this.#length = entry.length;
    this.#path = entry.path;
    this.#position = whole === undefined ? 0 : from;
    this.#skip = whole === undefined ? from : 0;
    this.#left = to - from;
    this.#failure = undefined;
    this.#scratch = undefined;
  }

  /** Octets still to come. */
  get left(): number {
    return this.#left;
  }

  /** What is wrong with the file in the archive; undefined while nothing is. After it nothing comes any more. */
  get failure(): PackError | undefined {
    return this.#failure;
  }

  /**
   * Appends at most `room` octets, and at most 64 KiB, to `queue`; returns how many. Inflates at most 64 KiB a
   * call, so 0 may come while octets before the range are passed over: call again the next turn unless
   * {@link left} is 0 or there is a {@link failure}.
   */
  emit(queue: SliceQueue, room: number): number {
    if (this.#failure !== undefined || this.#left === 0) return 0;
    let budget = TURN_OCTETS;
    if (this.#skip > 0) {
      this.#scratch ??= new Uint8Array(TURN_OCTETS);
      const passed = this.#read(this.#scratch, Math.min(this.#skip, budget));
      this.#skip -= passed;
      budget -= passed;
      if (this.#skip > 0 || this.#failure !== undefined) return 0;
      this.#scratch = undefined;
    }
    const count = Math.min(room, budget, this.#left);
    if (count <= 0) return 0;
    if (this.#whole !== undefined) {
      queue.append(this.#whole, this.#position, this.#position + count, undefined);
      this.#position += count;
      this.#left -= count;
      return count;
    }
    // What is appended must stay as it is until the peer has it: a fresh array each time.
    const octets = new Uint8Array(count);
    const made = this.#read(octets, count);
    queue.append(octets, 0, made, undefined);
    this.#left -= made;
    return made;
  }

  #read(target: Uint8Array, count: number): number {
    const inflater = this.#inflater!;
    const made = inflater.read(target, 0, count);
    this.#position += made;
    if (inflater.failure !== undefined) this.#fail(inflater.failure);
    else if (made < count) this.#fail('it ends too early');
    else if (this.#position === this.#length && !inflater.done) this.#fail('it is longer than it announces');
    return made;
  }

  #fail(reason: string): void {
    this.#failure = new PackError('bad-zlib', `the file ${JSON.stringify(this.#path)} does not inflate: ${reason}`);
  }
}
