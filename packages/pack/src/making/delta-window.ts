import { deflateNow } from '../node-zlib.ts';
import { makeDelta } from './make-delta.ts';
import {
  DELTA_LEAST_OCTETS,
  DELTA_MOST_OCTETS,
  DELTA_RATIO_COMPRESSIBLE,
  DELTA_RATIO_INCOMPRESSIBLE,
  DELTA_WINDOW_OCTETS,
  SAMPLE_OCTETS,
  STORE_RATIO,
} from './parameters.ts';

/** Hashes that stand for a file: the smallest of those chosen by content, so that equal parts choose the same. */
const SKETCH = 32;
/** One position of 512 is chosen. */
const CHOSEN_SHIFT = 23;

/** A number for each octet, well mixed: the sum over a window of 32 octets is its hash ("gear" hash). */
const GEAR: Int32Array = (() => {
  const gear = new Int32Array(256);
  let state = 0x9e3779b9;
  for (let i = 0; i < 256; i++) {
    state = Math.imul(state ^ (state >>> 16), 0x45d9f3b) + 0x9e3779b9;
    gear[i] = Math.imul(state ^ (state >>> 13), 0x5bd1e995);
  }
  return gear;
})();

interface Base<T> {
  readonly octets: Uint8Array;
  readonly object: T;
  readonly sketch: readonly number[];
}

/** Finds, among the files lately added, one that a file differs little from. */
export class DeltaWindow<T> {
  readonly #bases: Base<T>[];
  readonly #byHash: Map<number, Base<T>>;
  #octets: number;

  constructor() {
    this.#bases = [];
    this.#byHash = new Map();
    this.#octets = 0;
  }

  /**
   * Delta instructions for `octets` and the object that they are for, where that pays; else undefined, and the
   * file, whose object is `object`, becomes a possible base. It must not change afterwards.
   */
  offer(octets: Uint8Array, object: T): { delta: Uint8Array; base: T } | undefined {
    if (octets.length < DELTA_LEAST_OCTETS || octets.length > DELTA_MOST_OCTETS) return undefined;
    const sketch = sketchOf(octets);
    const base = this.#mostAlike(sketch);
    if (base !== undefined) {
      const delta = makeDelta(base.octets, octets, Math.floor(octets.length * payingRatio(octets)));
      if (delta !== undefined) return { delta, base: base.object };
    }
    this.#add({ octets, object, sketch });
    return undefined;
  }

  #mostAlike(sketch: readonly number[]): Base<T> | undefined {
    const votes = new Map<Base<T>, number>();
    let best: Base<T> | undefined;
    let most = 0;
    for (const hash of sketch) {
      const base = this.#byHash.get(hash);
      if (base === undefined) continue;
      const count = (votes.get(base) ?? 0) + 1;
      votes.set(base, count);
      if (count > most) {
        most = count;
        best = base;
      }
    }
    return most * 2 >= sketch.length ? best : undefined;
  }

  #add(base: Base<T>): void {
    this.#bases.push(base);
    this.#octets += base.octets.length;
    for (const hash of base.sketch) this.#byHash.set(hash, base);
    while (this.#octets > DELTA_WINDOW_OCTETS) {
      const oldest = this.#bases.shift()!;
      this.#octets -= oldest.octets.length;
      for (const hash of oldest.sketch) if (this.#byHash.get(hash) === oldest) this.#byHash.delete(hash);
    }
  }
}

/** The part of these octets that instructions for them may have. */
function payingRatio(octets: Uint8Array): number {
  // From the middle: formats begin with a head that compresses, whatever follows.
  const start = Math.max(0, (octets.length - SAMPLE_OCTETS) >> 1);
  const sample = octets.subarray(start, start + SAMPLE_OCTETS);
  const compresses = deflateNow(sample, 1).length < sample.length * STORE_RATIO;
  return compresses ? DELTA_RATIO_COMPRESSIBLE : DELTA_RATIO_INCOMPRESSIBLE;
}

function sketchOf(octets: Uint8Array): number[] {
  const chosen = new Set<number>();
  let hash = 0;
  for (let at = 0; at < octets.length; at++) {
    hash = ((hash << 1) + GEAR[octets[at]!]!) | 0;
    if (hash >>> CHOSEN_SHIFT === 0) chosen.add(hash);
  }
  return [...chosen].sort((a, b) => a - b).slice(0, SKETCH);
}
