import {
  copyOctets,
  FRAME_OCTETS,
  FrameChecksum,
  type InboundFrame,
  type OutboundFrame,
  Slab,
} from '@immuable-net/octets';
import { type Link, TransmitResult } from '../link.ts';
import type { CaptureWriter } from './capture-writer.ts';
import { LinkMiddleware } from './link-middleware.ts';
import { fillChecksum, fillPartialChecksum } from './transport-checksum.ts';

/**
 * Writes every frame that comes in or is sent to a capture, as the wire would have seen it: checksums that were
 * left to the link are filled in, in the copy. A frame that the link is to cut is written whole.
 *
 * ```ts
 * const link = new PcapLink(tap, new PcapWriter(tap.medium, (octets) => writeSync(fd, octets)), Date.now);
 * ```
 */
export class PcapLink extends LinkMiddleware {
  readonly #writer: CaptureWriter;
  readonly #clock: () => number;
  readonly #slab: Slab;

  /** @param clock the wall clock: milliseconds since 1970, with fractions where it has them */
  constructor(below: Link, writer: CaptureWriter, clock: () => number) {
    super(below);
    this.#writer = writer;
    this.#clock = clock;
    this.#slab = Slab.allocate(writer.before + FRAME_OCTETS + writer.after);
  }

  override receive(frame: InboundFrame): boolean {
    if (!this.below.receive(frame)) return false;
    const length = frame.end - frame.start;
    if (length > FRAME_OCTETS) return true;
    const { before } = this.#writer;
    copyOctets(frame.slab.octets, frame.start, frame.end, this.#slab.octets, before);
    if (frame.checksum === FrameChecksum.Partial) {
      fillPartialChecksum(this.#slab, before, before + length, this.below.medium);
    }
    this.#writer.frame(this.#slab.octets, this.#slab.view, length, this.#clock(), 'in');
    return true;
  }

  override transmit(frame: OutboundFrame): TransmitResult {
    // Copied before: a link may fill in or flatten, and what it does not take is not written.
    const { length } = frame;
    if (length > FRAME_OCTETS) return this.below.transmit(frame);
    const { before } = this.#writer;
    const { octets } = this.#slab;
    copyOctets(frame.slab.octets, frame.start, frame.end, octets, before);
    let at = before + frame.end - frame.start;
    for (let i = 0; i < frame.partCount; i++) {
      const start = frame.partStarts[i]!;
      const end = frame.partEnds[i]!;
      copyOctets(frame.parts[i]!, start, end, octets, at);
      at += end - start;
    }
    if (frame.checksumStart !== 0) {
      const start = before + frame.checksumStart - frame.start;
      fillChecksum(this.#slab, start, start + frame.checksumOffset, at);
    }
    const result = this.below.transmit(frame);
    if (result === TransmitResult.Sent) {
      this.#writer.frame(octets, this.#slab.view, length, this.#clock(), 'out');
    }
    return result;
  }
}
