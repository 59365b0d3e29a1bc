import { Random } from './random.ts';

/** A prime: a stream that lost or repeated a power of two of octets does not look right by accident. */
const PERIOD = 65_521;

const octets = ((): Uint8Array => {
  const made = new Uint8Array(PERIOD);
  const random = new Random(0x1_2345);
  for (let i = 0; i < PERIOD; i++) made[i] = random.word() >>> 9;
  return made;
})();

/** An endless stream of octets that is known at every position: what simulated applications send and check. */
export class Pattern {
  readonly octets: Uint8Array;
  #offset: number;

  constructor(random: Random) {
    this.octets = octets;
    this.#offset = random.integer(0, PERIOD);
  }

  /** Where in {@link octets} the stream's octet at `position` stands. */
  startOf(position: number): number {
    return (this.#offset + position) % PERIOD;
  }

  /** How many octets from there on are in order. */
  runFrom(position: number): number {
    return PERIOD - this.startOf(position);
  }

  /** Where `given[start, end)` differs from the stream at `position` on: an index of `given`, or -1. */
  mismatch(given: Uint8Array, start: number, end: number, position: number): number {
    let at = this.startOf(position);
    for (let i = start; i < end; i++) {
      if (given[i] !== octets[at]) return i;
      if (++at === PERIOD) at = 0;
    }
    return -1;
  }
}
