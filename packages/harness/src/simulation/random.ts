import type { RandomSource } from '@immuable-net/octets';

/**
 * A seeded generator (sfc32): the same seed, the same numbers, on every machine. Each part of a simulation takes
 * its own by {@link Random.fork}, so that a change in one part does not shift what the others draw.
 */
export class Random {
  /** What it began with: printed when a run fails. */
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** @param seed any 32-bit integer */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#a = 0x9e3779b9 | 0;
    this.#b = seed | 0;
    this.#c = 0x243f6a88 | 0;
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.word();
  }

  /** An integer of 32 bits (int32). */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** A fraction, 0 ≤ x < 1. */
  fraction(): number {
    return (this.word() >>> 0) / 0x1_0000_0000;
  }

  /** True with this probability. Draws nothing for 0: a knob that is off changes no other number. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** An integer, `from` ≤ x < `to`. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from));
  }

  /** A number, `from` ≤ x < `to`. */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  /** A number whose logarithm is spread evenly: for sizes, rates and delays. */
  magnitude(from: number, to: number): number {
    return from * (to / from) ** this.fraction();
  }

  /** One of these. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length)]!;
  }

  /** A generator of its own, that depends on this one's seed and on `name` alone. */
  fork(name: string): Random {
    let hash = this.seed ^ 0x811c9dc5; // FNV-1a
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return new Random(hash ^ (hash >>> 15));
  }

  /** As the randomness that a stack asks for. Predictable: for simulations alone. */
  source(): RandomSource {
    return (octets, start, end) => {
      for (let i = start; i < end; i++) octets[i] = this.word() >>> 11;
    };
  }
}
