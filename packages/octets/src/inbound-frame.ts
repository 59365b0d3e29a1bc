import { Slab } from './slab.ts';

/** What is known about the transport checksum of a frame that came in. */
export const FrameChecksum = {
  /** Nobody looked: the receiver verifies. */
  Unknown: 0,
  /** Verified below us (virtio DATA_VALID, or a link that cannot corrupt). */
  Valid: 1,
  /** Good but not filled in (virtio NEEDS_CSUM): the field holds the pseudo-header sum; fill it before a capture or a forward. */
  Partial: 2,
} as const;

/** One of {@link FrameChecksum}. */
export type FrameChecksum = (typeof FrameChecksum)[keyof typeof FrameChecksum];

/**
 * One frame lent by a link, from its first octet (the destination MAC address, or the IP version on a link of
 * medium `ip`) to its last: `slab.octets[start, end)`. Borrowed: valid until the next `Link.receive` call.
 */
export class InboundFrame {
  slab: Slab;
  start: number;
  end: number;
  checksum: FrameChecksum;
  /** Payload octets of each segment of a coalesced frame (GRO, TSO); 0 when the frame is what went over the wire. */
  segmentSize: number;

  constructor() {
    this.slab = EMPTY;
    this.start = 0;
    this.end = 0;
    this.checksum = FrameChecksum.Unknown;
    this.segmentSize = 0;
  }

  /** Called by links: lends `slab.octets[start, end)`. */
  lend(slab: Slab, start: number, end: number, checksum: FrameChecksum, segmentSize: number): void {
    this.slab = slab;
    this.start = start;
    this.end = end;
    this.checksum = checksum;
    this.segmentSize = segmentSize;
  }
}

const EMPTY = Slab.allocate(0);
