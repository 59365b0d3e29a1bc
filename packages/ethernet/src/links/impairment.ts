import type { FrameChecksum, RandomSource } from '@immuable-net/octets';

/** What befalls frames in one direction. Probabilities are 0 to 1; everything is off unless told. */
export interface Impairment {
  /** A frame vanishes. */
  readonly loss?: number;
  /** A frame comes twice. */
  readonly duplicate?: number;
  /** One bit of a frame flips. */
  readonly corrupt?: number;
  /** A frame is held back {@link reorderMs} more, so that later ones pass it. */
  readonly reorder?: number;
  /** Milliseconds; 5 unless told. */
  readonly reorderMs?: number;
  /** Every frame takes so long, milliseconds. */
  readonly delayMs?: number;
  /** Up to so much more, drawn for each frame, milliseconds: frames overtake each other. */
  readonly jitterMs?: number;
  /** Bits a second; frames wait for each other. No limit unless told. */
  readonly rate?: number;
  /** Frames held at most, the rest is lost; 1,000 unless told. */
  readonly queue?: number;
}

/** What happened to frames of one direction. */
export interface ImpairmentCounters {
  lost: number;
  duplicated: number;
  corrupted: number;
  reordered: number;
  /** Lost because the queue was full. */
  overflowed: number;
}

/** A frame on its way. */
export interface HeldFrame {
  readonly octets: Uint8Array;
  readonly checksum: FrameChecksum;
  readonly segmentSize: number;
  /** When it comes out, milliseconds. */
  readonly due: number;
}

const TWO_TO_32 = 0x1_0000_0000;

/** Frames of one direction between where they go in and where they come out. All chance is drawn from one source. */
export class ImpairedQueue {
  readonly counters: ImpairmentCounters;
  readonly #impairment: Impairment;
  readonly #random: RandomSource;
  readonly #drawn: Uint8Array;
  /** By `due`; those due at the same time in the order they came. */
  readonly #held: HeldFrame[];
  #busyUntil: number;

  constructor(impairment: Impairment, random: RandomSource) {
    for (const key of ['loss', 'duplicate', 'corrupt', 'reorder'] as const) {
      const value = impairment[key] ?? 0;
      if (!(value >= 0 && value <= 1)) throw new RangeError(`${key} is a probability, 0 to 1: ${value}`);
    }
    for (const key of ['reorderMs', 'delayMs', 'jitterMs'] as const) {
      const value = impairment[key] ?? 0;
      if (!(value >= 0 && value < Infinity)) throw new RangeError(`${key}: ${value}`);
    }
    if (!((impairment.rate ?? 1) > 0)) throw new RangeError(`rate: ${impairment.rate}`);
    this.counters = { lost: 0, duplicated: 0, corrupted: 0, reordered: 0, overflowed: 0 };
    this.#impairment = impairment;
    this.#random = random;
    this.#drawn = new Uint8Array(4);
    this.#held = [];
    this.#busyUntil = 0;
  }

  /** How many frames are held. */
  get count(): number {
    return this.#held.length;
  }

  /** When the first frame comes out; `Infinity` when there is none. */
  get nextDue(): number {
    return this.#held[0]?.due ?? Infinity;
  }

  /**
   * Takes a frame: `octets` become the queue's. `whole` fills in a checksum that was left open: called before a bit
   * is flipped, which the checksum is to tell.
   */
  put(octets: Uint8Array, checksum: FrameChecksum, segmentSize: number, now: number, whole: () => void): void {
    const impairment = this.#impairment;
    if (this.#strikes(impairment.loss)) {
      this.counters.lost++;
      return;
    }
    let known = checksum;
    if (this.#strikes(impairment.corrupt) && octets.length > 0) {
      this.counters.corrupted++;
      whole();
      const bit = Math.floor(this.#draw() * octets.length * 8);
      octets[bit >>> 3]! ^= 1 << (bit & 7);
      known = 0; // FrameChecksum.Unknown: it is to be verified
    }
    this.#hold(octets, known, segmentSize, now);
    if (this.#strikes(impairment.duplicate)) {
      this.counters.duplicated++;
      this.#hold(octets, known, segmentSize, now);
    }
  }

  /** The first frame that is due; undefined when none is. */
  take(now: number): HeldFrame | undefined {
    const first = this.#held[0];
    if (first === undefined || first.due > now) return undefined;
    this.#held.shift();
    return first;
  }

  /** Puts a frame that {@link take} gave back in front. */
  putBack(frame: HeldFrame): void {
    this.#held.unshift(frame);
  }

  clear(): void {
    this.#held.length = 0;
  }

  #hold(octets: Uint8Array, checksum: FrameChecksum, segmentSize: number, now: number): void {
    const { delayMs = 0, jitterMs = 0, rate, queue = 1000, reorder, reorderMs = 5 } = this.#impairment;
    if (this.#held.length >= queue) {
      this.counters.overflowed++;
      return;
    }
    let due = now;
    if (rate !== undefined) {
      this.#busyUntil = Math.max(now, this.#busyUntil) + (octets.length * 8000) / rate;
      due = this.#busyUntil;
    }
    due += delayMs;
    if (jitterMs > 0) due += this.#draw() * jitterMs;
    if (this.#strikes(reorder)) {
      this.counters.reordered++;
      due += reorderMs;
    }
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1]!.due > due) index--;
    this.#held.splice(index, 0, { octets, checksum, segmentSize, due });
  }

  #strikes(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#draw() < probability;
  }

  /** 0 to just below 1. */
  #draw(): number {
    const drawn = this.#drawn;
    this.#random(drawn, 0, 4);
    return (((drawn[0]! << 24) | (drawn[1]! << 16) | (drawn[2]! << 8) | drawn[3]!) >>> 0) / TWO_TO_32;
  }
}
