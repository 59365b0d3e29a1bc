import { Slab } from './slab.ts';
import { copyOctets, type SliceQueue } from './slice-queue.ts';

/** The largest frame: 64 KiB of IP packet, Ethernet and 802.1Q headers, room for a virtio header in front. */
export const FRAME_OCTETS: number = 65536 + 512;

/** Where transport headers begin: room in front for a vnet header (12), Ethernet (14) and IPv6 with extensions. */
export const TRANSPORT_START = 256;

/** Up to here a slice is copied behind the headers: a second iovec costs 120 ns, a copy of 1 KiB 85. */
export const COPY_OCTETS = 2048;

/** At most so many parts are gathered beside the head: what one `writev` takes well (IOV_MAX is 1024). */
export const MAXIMUM_PARTS = 60;

/**
 * One frame on its way down. A transport writes its header at {@link TRANSPORT_START} and its payload behind
 * it, the layers below write theirs in front of it, and a link transmits `slab.octets[start, end)` followed by
 * the gathered parts, in order.
 *
 * A stack has one and uses it again for each frame: a link writes or copies before `transmit` returns.
 */
export class OutboundFrame {
  readonly slab: Slab;
  /** First octet of the head in the slab. Each layer lowers it by its header. */
  start: number;
  /** End of the head in the slab. */
  end: number;
  /** How many parts follow the head. */
  partCount: number;
  /** Octets of all parts together. */
  partOctets: number;
  readonly parts: Uint8Array[];
  readonly partStarts: number[];
  readonly partEnds: number[];
  /**
   * Where the checksum that the link is to fill in starts, as an offset in the slab; 0 = nothing to fill in.
   * The field already holds the uncomplemented pseudo-header sum.
   */
  checksumStart: number;
  /** Where the checksum field stands, octets from `checksumStart`. */
  checksumOffset: number;
  /** Payload octets of each segment when the link is to cut the frame; 0 = it goes whole. */
  segmentSize: number;
  /** IP family of a frame that the link is to cut: 4 or 6; 0 otherwise. */
  segmentFamily: number;
  /** End of all headers (link, network, transport) as an offset in the slab; set by transports. */
  headerEnd: number;

  constructor(slab: Slab = Slab.allocate(FRAME_OCTETS + TRANSPORT_START)) {
    this.slab = slab;
    this.start = TRANSPORT_START;
    this.end = TRANSPORT_START;
    this.partCount = 0;
    this.partOctets = 0;
    this.parts = [];
    this.partStarts = [];
    this.partEnds = [];
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.segmentFamily = 0;
    this.headerEnd = TRANSPORT_START;
  }

  /** Octets of the whole frame. */
  get length(): number {
    return this.end - this.start + this.partOctets;
  }

  /** Empties the frame: head at {@link TRANSPORT_START}, no parts, nothing asked of the link. */
  reset(): void {
    this.start = TRANSPORT_START;
    this.end = TRANSPORT_START;
    this.partCount = 0;
    this.partOctets = 0;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.segmentFamily = 0;
    this.headerEnd = TRANSPORT_START;
  }

  /** Copies `octets[start, end)` to the end of the head. Only while there are no parts. */
  copy(octets: Uint8Array, start: number, end: number): void {
    copyOctets(octets, start, end, this.slab.octets, this.end);
    this.end += end - start;
  }

  /**
   * Appends `[position, position + count)` of a queue: copied behind the head up to {@link COPY_OCTETS} octets
   * (or when there would be more than {@link MAXIMUM_PARTS} parts), else gathered by reference.
   */
  gather(queue: SliceQueue, position: number, count: number): void {
    if (count === 0) return;
    if (count <= COPY_OCTETS) {
      queue.copy(position, count, this.slab.octets, this.end);
      this.end += count;
      return;
    }
    let index = queue.seek(position);
    let start = queue.startFrom(position);
    let left = count;
    while (left > 0) {
      const end = queue.endAt(index);
      const length = Math.min(end - start, left);
      if (this.partCount === MAXIMUM_PARTS) {
        this.#flatten();
        queue.copy(position + (count - left), left, this.slab.octets, this.end);
        this.end += left;
        return;
      }
      if (this.partCount === 0 && length <= COPY_OCTETS) {
        this.copy(queue.octetsAt(index), start, start + length);
      } else {
        this.parts[this.partCount] = queue.octetsAt(index);
        this.partStarts[this.partCount] = start;
        this.partEnds[this.partCount] = start + length;
        this.partCount++;
        this.partOctets += length;
      }
      left -= length;
      if (left > 0) {
        index++;
        start = queue.startAt(index);
      }
    }
  }

  /** Copies all parts behind the head: for links that cannot gather, captures and checksums. The frame then has no parts. */
  flatten(): void {
    if (this.partCount > 0) this.#flatten();
  }

  /**
   * The ones' complement sum of the frame from the slab offset `from` to its end, parts included, added to
   * `initial`; folded to 16 bits, not complemented. Flattens the frame if it has parts.
   */
  sumFrom(from: number, initial: number): number {
    this.flatten();
    return this.slab.sum(from, this.end, initial);
  }

  /** Fills in a checksum that was left to the link: for links without that offload, and captures. Flattens the frame. */
  fillChecksum(): void {
    if (this.checksumStart === 0) return;
    const at = this.checksumStart + this.checksumOffset;
    const sum = ~this.sumFrom(this.checksumStart, 0) & 0xffff;
    // RFC 768: zero means none for UDP; 0xffff is the same number in ones' complement, and right for TCP too.
    this.slab.view.setUint16(at, sum === 0 ? 0xffff : sum);
    this.checksumStart = 0;
    this.checksumOffset = 0;
  }

  #flatten(): void {
    for (let i = 0; i < this.partCount; i++) {
      this.copy(this.parts[i]!, this.partStarts[i]!, this.partEnds[i]!);
    }
    this.partCount = 0;
    this.partOctets = 0;
  }
}
