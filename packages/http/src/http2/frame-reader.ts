import { copyOctets } from '@immuable-net/octets';
import { FRAME_HEADER_OCTETS } from './frame.ts';

/** What {@link FrameReader.read} came to. */
export const FrameProgress = {
  /** All octets are consumed and no frame is whole. */
  Partial: 0,
  /** A whole frame lies in the reader's fields. */
  Whole: 1,
  /** A frame is longer than we take (RFC 9113 §4.2). */
  TooLong: 2,
} as const;

/** One of {@link FrameProgress}. */
export type FrameProgress = (typeof FrameProgress)[keyof typeof FrameProgress];

/**
 * Cuts a stream of octets into whole frames (RFC 9113 §4.1). A frame that arrives whole is read where it lies; only
 * one that is split is gathered in a buffer, which grows with what came, not with what was announced.
 */
export class FrameReader {
  type: number;
  flags: number;
  streamId: number;
  /** The payload: `octets[start, end)`, until the next {@link read}. */
  octets: Uint8Array;
  start: number;
  end: number;
  /** Where the octets that {@link read} has not consumed begin. */
  at: number;
  readonly #limit: number;
  #gathered: Uint8Array | undefined;
  #count: number;

  /** @param limit the longest payload */
  constructor(limit: number) {
    this.type = 0;
    this.flags = 0;
    this.streamId = 0;
    this.octets = NOTHING;
    this.start = 0;
    this.end = 0;
    this.at = 0;
    this.#limit = limit;
    this.#gathered = undefined;
    this.#count = 0;
  }

  /** A frame has begun and is not whole. */
  get partial(): boolean {
    return this.#count > 0;
  }

  /** Reads on from `octets[at, end)`; {@link at} then says how far. Call again from there after a whole frame. */
  read(octets: Uint8Array, at: number, end: number): FrameProgress {
    this.at = at;
    if (this.#count === 0) {
      if (end - at >= FRAME_HEADER_OCTETS) {
        const length = (octets[at]! << 16) | (octets[at + 1]! << 8) | octets[at + 2]!;
        if (length > this.#limit) return FrameProgress.TooLong;
        if (end - at >= FRAME_HEADER_OCTETS + length) {
          this.at = at + FRAME_HEADER_OCTETS + length;
          return this.#whole(octets, at, length);
        }
      }
      if (end === at) return FrameProgress.Partial;
    }
    // The header first, then as much as it says.
    if (this.#count < FRAME_HEADER_OCTETS) {
      this.#gather(octets, end, FRAME_HEADER_OCTETS);
      if (this.#count < FRAME_HEADER_OCTETS) return FrameProgress.Partial;
    }
    const gathered = this.#gathered!;
    const length = (gathered[0]! << 16) | (gathered[1]! << 8) | gathered[2]!;
    if (length > this.#limit) return FrameProgress.TooLong;
    this.#gather(octets, end, FRAME_HEADER_OCTETS + length);
    if (this.#count < FRAME_HEADER_OCTETS + length) return FrameProgress.Partial;
    const whole = this.#gathered!;
    this.#gathered = undefined;
    this.#count = 0;
    return this.#whole(whole, 0, length);
  }

  /** Forgets the octets that were lent and those of a frame that is not whole. */
  clear(): void {
    this.octets = NOTHING;
    this.start = 0;
    this.end = 0;
    this.#gathered = undefined;
    this.#count = 0;
  }

  /** Forgets the octets that were lent: call before `arrive` returns. */
  giveBack(): void {
    this.octets = NOTHING;
  }

  #whole(octets: Uint8Array, at: number, length: number): FrameProgress {
    this.type = octets[at + 3]!;
    this.flags = octets[at + 4]!;
    // RFC 9113 §4.1: the reserved bit is ignored.
    this.streamId =
      ((octets[at + 5]! & 0x7f) << 24) | (octets[at + 6]! << 16) | (octets[at + 7]! << 8) | octets[at + 8]!;
    this.octets = octets;
    this.start = at + FRAME_HEADER_OCTETS;
    this.end = this.start + length;
    return FrameProgress.Whole;
  }

  /** Moves octets from `octets[this.at, end)` until `total` are gathered. */
  #gather(octets: Uint8Array, end: number, total: number): void {
    const missing = total - this.#count;
    const count = Math.min(end - this.at, missing);
    if (count <= 0) return;
    const needed = this.#count + count;
    let gathered = this.#gathered;
    if (gathered === undefined || gathered.length < needed) {
      const grown = new Uint8Array(Math.min(Math.max(needed, 64, this.#count * 2), FRAME_HEADER_OCTETS + this.#limit));
      if (gathered !== undefined) grown.set(gathered.subarray(0, this.#count));
      gathered = grown;
      this.#gathered = grown;
    }
    copyOctets(octets, this.at, this.at + count, gathered, this.#count);
    this.#count = needed;
    this.at += count;
  }
}

const NOTHING = new Uint8Array(0);
