import { copyOctets, FrameChecksum, type InboundFrame, type OutboundFrame, Slab } from '@immuable-net/octets';

/**
 * A bounded first-in first-out ring of frames in one slab of equal slots. One frame is copied in once and lent
 * out where it stands.
 */
export class FrameRing {
  readonly slab: Slab;
  readonly #slotOctets: number;
  readonly #mask: number;
  readonly #lengths: Int32Array;
  readonly #checksums: Uint8Array;
  readonly #segmentSizes: Int32Array;
  /** Frames ever put in and taken out, as int32 that wrap: their difference is what the ring holds. */
  #put: number;
  #taken: number;

  /**
   * @param slots how many frames it holds, at least; rounded up to a power of two
   * @param frameOctets the largest frame
   */
  constructor(slots: number, frameOctets: number) {
    let count = 1;
    while (count < slots) count *= 2;
    // Slots begin at a multiple of 64, a cache line; the two octets in front align the IP header behind 14 octets.
    this.#slotOctets = (frameOctets + SLOT_START + 63) & ~63;
    this.#mask = count - 1;
    this.slab = Slab.allocate(count * this.#slotOctets);
    this.#lengths = new Int32Array(count);
    this.#checksums = new Uint8Array(count);
    this.#segmentSizes = new Int32Array(count);
    this.#put = 0;
    this.#taken = 0;
  }

  /** How many frames are held. */
  get count(): number {
    return (this.#put - this.#taken) | 0;
  }

  get full(): boolean {
    return ((this.#put - this.#taken) | 0) > this.#mask;
  }

  /** Copies a frame in. Only while it is not {@link full}. */
  put(frame: OutboundFrame): void {
    const slot = this.#put & this.#mask;
    const octets = this.slab.octets;
    const start = slot * this.#slotOctets + SLOT_START;
    let at = start;
    copyOctets(frame.slab.octets, frame.start, frame.end, octets, at);
    at += frame.end - frame.start;
    for (let i = 0; i < frame.partCount; i++) {
      const from = frame.partStarts[i]!;
      const to = frame.partEnds[i]!;
      copyOctets(frame.parts[i]!, from, to, octets, at);
      at += to - from;
    }
    this.#lengths[slot] = at - start;
    // A memory wire corrupts nothing, but a checksum that a transport made is still its reader's to verify.
    this.#checksums[slot] = frame.checksumStart === 0 ? FrameChecksum.Unknown : FrameChecksum.Partial;
    this.#segmentSizes[slot] = frame.segmentSize;
    this.#put = (this.#put + 1) | 0;
  }

  /** Lends the frame at the head. Only while {@link count} is not 0; the slot stays taken until {@link drop}. */
  lend(frame: InboundFrame): void {
    const slot = this.#taken & this.#mask;
    const start = slot * this.#slotOctets + SLOT_START;
    frame.lend(
      this.slab,
      start,
      start + this.#lengths[slot]!,
      this.#checksums[slot] as FrameChecksum,
      this.#segmentSizes[slot]!,
    );
  }

  /** Gives the slot at the head back. */
  drop(): void {
    this.#taken = (this.#taken + 1) | 0;
  }

  clear(): void {
    this.#taken = this.#put;
  }
}

const SLOT_START = 2;
