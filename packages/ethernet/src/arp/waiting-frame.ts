import type { OutboundFrame } from '@immuable-net/octets';

/** A copy of a frame, without its Ethernet header, that waits for the neighbour's MAC address. */
export class WaitingFrame {
  /** The IP packet, and nothing else. */
  readonly octets: Uint8Array;
  readonly etherType: number;
  readonly #checksumStart: number;
  readonly #checksumOffset: number;
  readonly #segmentSize: number;
  readonly #segmentFamily: number;
  readonly #headerEnd: number;

  /** Copies the frame, which it flattens. */
  constructor(frame: OutboundFrame, etherType: number) {
    frame.flatten();
    this.octets = frame.slab.octets.slice(frame.start, frame.end);
    this.etherType = etherType;
    this.#checksumStart = frame.checksumStart === 0 ? -1 : frame.checksumStart - frame.start;
    this.#checksumOffset = frame.checksumOffset;
    this.#segmentSize = frame.segmentSize;
    this.#segmentFamily = frame.segmentFamily;
    this.#headerEnd = frame.headerEnd - frame.start;
  }

  /** Puts the copy into a frame, as it was. */
  restore(frame: OutboundFrame): void {
    frame.reset();
    const start = frame.start;
    frame.copy(this.octets, 0, this.octets.length);
    frame.headerEnd = start + this.#headerEnd;
    if (this.#checksumStart >= 0) {
      frame.checksumStart = start + this.#checksumStart;
      frame.checksumOffset = this.#checksumOffset;
    }
    frame.segmentSize = this.#segmentSize;
    frame.segmentFamily = this.#segmentFamily;
  }
}
