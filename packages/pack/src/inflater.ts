import { copyOctets } from '@immuable-net/octets';
import { adler32 } from './adler32.ts';
import type { PackSource } from './pack-source.ts';
import {
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  fixedDistances,
  fixedLiterals,
  LENGTH_BASE,
  LENGTH_EXTRA,
  PrefixCode,
} from './prefix-code.ts';

/** RFC 1951 §3.2.7: the order in which the lengths of the code length codes come. */
const CODE_LENGTH_ORDER: Uint8Array = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

/** RFC 1951 §2: matches reach back 32 KiB. Twice that lets one turn be copied out in two pieces at most. */
const RING_OCTETS = 65536;
const RING_MASK = RING_OCTETS - 1;

/** States of {@link Inflater}. */
const BLOCK = 0;
const STORED = 1;
const CODED = 2;
const TRAILER = 3;
const DONE = 4;
const FAILED = 5;

/**
 * A zlib stream (RFC 1950, 1951) of an archive, inflated on demand: as many octets a call as there is room for,
 * in constant memory. `node:zlib` has no such thing without promises or callbacks.
 */
export class Inflater {
  readonly #source: PackSource;
  readonly #end: number;
  #position: number;
  #window: Uint8Array;
  #at: number;
  #limit: number;
  #hold: number;
  #bits: number;
  #state: number;
  #last: boolean;
  #left: number;
  #matchLength: number;
  #matchDistance: number;
  #literals: PrefixCode;
  #distances: PrefixCode;
  #ownLiterals: PrefixCode | undefined;
  #ownDistances: PrefixCode | undefined;
  readonly #ring: Uint8Array;
  #made: number;
  #adler: number;
  #failure: string | undefined;

  /** Inflates the stream that begins at `start` of the archive and ends at `end` at the latest. */
  constructor(source: PackSource, start: number, end: number) {
    this.#source = source;
    this.#end = Math.min(end, source.length);
    this.#position = start;
    this.#window = EMPTY;
    this.#at = 0;
    this.#limit = 0;
    this.#hold = 0;
    this.#bits = 0;
    this.#state = BLOCK;
    this.#last = false;
    this.#left = 0;
    this.#matchLength = 0;
    this.#matchDistance = 0;
    this.#literals = fixedLiterals();
    this.#distances = fixedDistances();
    this.#ownLiterals = undefined;
    this.#ownDistances = undefined;
    this.#ring = new Uint8Array(RING_OCTETS);
    this.#made = 0;
    this.#adler = 1;
    this.#failure = undefined;
    // RFC 1950 §2.2: CM is 8, the window at most 32 KiB, FCHECK makes a multiple of 31, no preset dictionary.
    const cmf = this.#take(8);
    const flg = this.#take(8);
    if (
      this.#failure === undefined &&
      ((cmf & 15) !== 8 || cmf >> 4 > 7 || (cmf * 256 + flg) % 31 !== 0 || (flg & 0x20) !== 0)
    ) {
      this.#fail('no zlib header');
    }
  }

  /** The stream ended and its Adler-32 was right. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** What is wrong with the stream; undefined while nothing is. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Octets made so far. */
  get made(): number {
    return this.#made;
  }

  /** Once {@link done}: where the stream ends in the archive. */
  get position(): number {
    return this.#position - (this.#limit - this.#at) - (this.#bits >> 3);
  }

  /**
   * Inflates at most `room` octets to `target` at `at`. Returns how many; 0 when the stream ended ({@link done})
   * or is broken ({@link failure}). Call again until then.
   */
  read(target: Uint8Array, at: number, room: number): number {
    let total = 0;
    while (total < room && this.#state < DONE) {
      const before = this.#made;
      this.#run(Math.min(room - total, RING_OCTETS));
      const count = this.#made - before;
      const from = before & RING_MASK;
      const first = Math.min(count, RING_OCTETS - from);
      target.set(this.#ring.subarray(from, from + first), at + total);
      if (count > first) target.set(this.#ring.subarray(0, count - first), at + total + first);
      this.#adler = adler32(target, at + total, at + total + count, this.#adler);
      total += count;
      if (this.#state === TRAILER) this.#check();
    }
    // The octets that stand behind the last one (end of block, Adler-32) are read as soon as they can be.
    if (total === room && room > 0 && this.#state < DONE) this.#finish();
    return total;
  }

  /** When the block has nothing more to give, goes on to the stream's end. */
  #finish(): void {
    const before = this.#made;
    this.#run(0);
    if (this.#made === before && this.#state === TRAILER) this.#check();
  }

  #check(): void {
    // RFC 1950 §2.2: the Adler-32 stands on an octet boundary, high octet first.
    this.#drop(this.#bits & 7);
    let sum = 0;
    for (let i = 0; i < 4; i++) sum = sum * 256 + this.#take(8);
    if (this.#failure !== undefined) return;
    if (sum !== this.#adler) this.#fail('the Adler-32 does not match');
    else this.#state = DONE;
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#state = FAILED;
  }

  #refill(): number {
    if (this.#at === this.#limit) {
      if (this.#position >= this.#end) {
        this.#fail('it ends too early');
        return 0;
      }
      this.#window = this.#source.windowAt(this.#position);
      this.#at = this.#source.offsetOf(this.#position);
      this.#limit = Math.min(this.#window.length, this.#at + (this.#end - this.#position));
      this.#position += this.#limit - this.#at;
    }
    return this.#window[this.#at++]!;
  }

  #need(count: number): void {
    while (this.#bits < count) {
      this.#hold |= this.#refill() << this.#bits;
      this.#bits += 8;
    }
  }

  #drop(count: number): void {
    this.#hold >>>= count;
    this.#bits -= count;
  }

  /** The next `count` bits (0 to 16), low bit first. */
  #take(count: number): number {
    this.#need(count);
    const value = this.#hold & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  #symbol(code: PrefixCode): number {
    // The Adler-32 follows the last code, so there always are as many bits as the longest code has.
    this.#need(code.bits);
    const entry = code.table[this.#hold & ((1 << code.bits) - 1)]!;
    if (entry === 0) {
      this.#fail('it has an invalid code');
      return 0;
    }
    this.#drop(entry & 15);
    return entry >> 4;
  }

  /** Makes at most `room` octets into the ring; with no room, goes on as far as nothing is to be made. */
  #run(room: number): void {
    let left = room;
    for (;;) {
      switch (this.#state) {
        case BLOCK:
          if (this.#last) this.#state = TRAILER;
          else this.#block();
          break;
        case STORED:
          if (this.#left === 0) {
            this.#state = BLOCK;
          } else {
            if (left === 0) return;
            left -= this.#stored(left);
          }
          break;
        case CODED:
          if (this.#matchLength > 0) {
            if (left === 0) return;
            left -= this.#match(left);
          } else if (left === 0 && !this.#atEndOfBlock()) {
            return;
          } else {
            left -= this.#coded(left);
          }
          break;
        default:
          return;
      }
    }
  }

  #atEndOfBlock(): boolean {
    const code = this.#literals;
    this.#need(code.bits);
    const entry = code.table[this.#hold & ((1 << code.bits) - 1)]!;
    return entry === 0 || entry >> 4 === 256;
  }

  #stored(room: number): number {
    const ring = this.#ring;
    const count = Math.min(room, this.#left);
    let made = 0;
    while (made < count) {
      const to = this.#made & RING_MASK;
      let piece = 1;
      if (this.#bits >= 8) {
        // Octets that stand in the bit buffer come first.
        ring[to] = this.#take(8);
      } else if (this.#at === this.#limit) {
        ring[to] = this.#refill();
        if (this.#state === FAILED) return made;
      } else {
        piece = Math.min(count - made, this.#limit - this.#at, RING_OCTETS - to);
        copyOctets(this.#window, this.#at, this.#at + piece, ring, to);
        this.#at += piece;
      }
      this.#made += piece;
      made += piece;
      this.#left -= piece;
    }
    return made;
  }

  #match(room: number): number {
    const ring = this.#ring;
    const count = Math.min(room, this.#matchLength);
    let to = this.#made;
    let from = to - this.#matchDistance;
    for (const stop = to + count; to < stop; to++, from++) ring[to & RING_MASK] = ring[from & RING_MASK]!;
    this.#made = to;
    this.#matchLength -= count;
    return count;
  }

  /** Literals until `room` is used, a match, or the end of the block. */
  #coded(room: number): number {
    const ring = this.#ring;
    let made = 0;
    for (;;) {
      const symbol = this.#symbol(this.#literals);
      if (this.#state === FAILED) return made;
      if (symbol < 256) {
        ring[this.#made & RING_MASK] = symbol;
        this.#made++;
        made++;
        if (made >= room) return made;
        continue;
      }
      if (symbol === 256) {
        this.#state = BLOCK;
        return made;
      }
      if (symbol > 285) {
        this.#fail('it has an invalid length');
        return made;
      }
      const length = LENGTH_BASE[symbol - 257]! + this.#take(LENGTH_EXTRA[symbol - 257]!);
      const code = this.#symbol(this.#distances);
      if (this.#state === FAILED) return made;
      if (code > 29) {
        this.#fail('it has an invalid distance');
        return made;
      }
      const distance = DISTANCE_BASE[code]! + this.#take(DISTANCE_EXTRA[code]!);
      if (this.#state === FAILED) return made;
      if (distance > this.#made) {
        this.#fail('it refers to what is before its beginning');
        return made;
      }
      this.#matchLength = length;
      this.#matchDistance = distance;
      if (made < room) made += this.#match(room - made);
      if (made >= room || this.#matchLength > 0) return made;
    }
  }

  #block(): void {
    // RFC 1951 §3.2.3.
    this.#last = this.#take(1) === 1;
    const type = this.#take(2);
    if (this.#state === FAILED) return;
    switch (type) {
      case 0: {
        this.#drop(this.#bits & 7);
        const length = this.#take(16);
        const complement = this.#take(16);
        if (this.#state === FAILED) return;
        if (length !== (complement ^ 0xffff)) {
          this.#fail('a stored block has two lengths');
          return;
        }
        this.#left = length;
        this.#state = STORED;
        return;
      }
      case 1:
        this.#literals = fixedLiterals();
        this.#distances = fixedDistances();
        this.#state = CODED;
        return;
      case 2:
        this.#dynamic();
        return;
      default:
        this.#fail('it has a block of the reserved type');
    }
  }

  /** RFC 1951 §3.2.7. */
  #dynamic(): void {
    this.#ownLiterals ??= new PrefixCode();
    this.#ownDistances ??= new PrefixCode();
    const literalCount = this.#take(5) + 257;
    const distanceCount = this.#take(5) + 1;
    const codeCount = this.#take(4) + 4;
    const lengths = new Uint8Array(320);
    for (let i = 0; i < codeCount; i++) lengths[CODE_LENGTH_ORDER[i]!] = this.#take(3);
    if (this.#state === FAILED) return;
    if (literalCount > 286 || distanceCount > 30 || !this.#ownLiterals.build(lengths, 0, 19, false)) {
      this.#fail('it has an invalid code');
      return;
    }
    lengths.fill(0);
    const total = literalCount + distanceCount;
    for (let i = 0; i < total; ) {
      const symbol = this.#symbol(this.#ownLiterals);
      if (this.#state === FAILED) return;
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      let repeated = 0;
      let times = 0;
      if (symbol === 16) {
        if (i === 0) {
          this.#fail('it repeats no length');
          return;
        }
        repeated = lengths[i - 1]!;
        times = 3 + this.#take(2);
      } else {
        times = symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      }
      if (this.#state === FAILED) return;
      if (i + times > total) {
        this.#fail('it has too many lengths');
        return;
      }
      lengths.fill(repeated, i, i + times);
      i += times;
    }
    if (
      lengths[256] === 0 ||
      !this.#ownLiterals.build(lengths, 0, literalCount, true) ||
      !this.#ownDistances.build(lengths, literalCount, distanceCount, true)
    ) {
      this.#fail('it has an invalid code');
      return;
    }
    this.#literals = this.#ownLiterals;
    this.#distances = this.#ownDistances;
    this.#state = CODED;
  }
}

const EMPTY = new Uint8Array(0);
