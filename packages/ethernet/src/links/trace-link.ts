import type { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { type Link, TransmitResult } from '../link.ts';
import { frameLine } from './frame-line.ts';
import { LinkMiddleware } from './link-middleware.ts';

const REFUSALS = ['', ' (full)', ' (down)', ' (refused)'];

/**
 * Writes one line for each frame, as tcpdump would, with the time in seconds, the direction, and what became of a
 * frame that was not sent.
 *
 * ```text
 * 12.000350 In  IP 10.0.0.1.40022 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [mss 1460], length 0
 * ```
 */
export class TraceLink extends LinkMiddleware {
  readonly #sink: (line: string) => void;
  readonly #clock: () => number;

  /**
   * @param sink takes a line, without a line feed
   * @param clock milliseconds, with fractions, since whenever
   */
  constructor(below: Link, sink: (line: string) => void, clock: () => number) {
    super(below);
    this.#sink = sink;
    this.#clock = clock;
  }

  override receive(frame: InboundFrame): boolean {
    if (!this.below.receive(frame)) return false;
    const { octets, view } = frame.slab;
    const length = frame.end - frame.start;
    this.#write('In ', frameLine(octets, view, frame.start, frame.end, length, this.below.medium), '');
    return true;
  }

  override transmit(frame: OutboundFrame): TransmitResult {
    const { octets, view } = frame.slab;
    const line = frameLine(octets, view, frame.start, frame.end, frame.length, this.below.medium);
    const result = this.below.transmit(frame);
    this.#write('Out', line, result === TransmitResult.Sent ? '' : REFUSALS[result]!);
    return result;
  }

  #write(direction: string, line: string, outcome: string): void {
    this.#sink(`${(this.#clock() / 1000).toFixed(6)} ${direction} ${line}${outcome}`);
  }
}
