import {
  FRAME_OCTETS,
  FrameChecksum,
  InboundFrame,
  OutboundFrame,
  type RandomSource,
  Slab,
} from '@immuable-net/octets';
import { type Link, LinkEvent, type LinkOffload, TransmitResult } from '../link.ts';
import { type HeldFrame, ImpairedQueue, type Impairment, type ImpairmentCounters } from './impairment.ts';
import { LinkMiddleware } from './link-middleware.ts';
import { fillPartialChecksum } from './transport-checksum.ts';

/** What befalls frames in each direction. */
export interface FaultLinkOptions {
  /** On frames that come in. */
  readonly receive?: Impairment;
  /** On frames that go out. */
  readonly transmit?: Impairment;
  /** Where all chance comes from: the same source and frames give the same faults. */
  readonly random: RandomSource;
  /** Monotonic milliseconds, with fractions. */
  readonly clock: () => number;
}

const NO_OFFLOAD: LinkOffload = { checksum: false, segments4: 0, segments6: 0 };
/** Frames taken from below in one call of `receive`, at most. */
const BATCH = 1024;

/**
 * Loses, duplicates, corrupts, reorders and delays frames, and limits their rate. It reports no offload, so that the
 * stack above cuts and sums each segment; where the link *below* hands coalesced frames up, one fault hits all of
 * such a frame: open a tap without offload to hit single segments.
 *
 * It has timers: call {@link timeoutsExpire} when {@link nextTimeout} is due, and look at that again after each
 * `receive` and `transmit`.
 */
export class FaultLink extends LinkMiddleware {
  readonly #clock: () => number;
  readonly #inward: ImpairedQueue;
  readonly #outward: ImpairedQueue;
  readonly #arrived: InboundFrame;
  readonly #slab: Slab;
  readonly #frame: OutboundFrame;
  #wake: ((events: number) => void) | undefined;
  /** `receive` answered false. */
  #starved: boolean;
  /** The link below answered Full: what is due outward waits for its room. */
  #blocked: boolean;
  /** A whole batch came from below at once: there may be more. */
  #more: boolean;

  constructor(below: Link, options: FaultLinkOptions) {
    super(below);
    this.#clock = options.clock;
    this.#inward = new ImpairedQueue(options.receive ?? {}, options.random);
    this.#outward = new ImpairedQueue(options.transmit ?? {}, options.random);
    this.#arrived = new InboundFrame();
    this.#slab = Slab.allocate(FRAME_OCTETS);
    this.#frame = new OutboundFrame();
    this.#wake = undefined;
    this.#starved = false;
    this.#blocked = false;
    this.#more = false;
  }

  override get offload(): LinkOffload {
    return NO_OFFLOAD;
  }

  override get wake(): ((events: number) => void) | undefined {
    return this.#wake;
  }

  override set wake(wake: ((events: number) => void) | undefined) {
    this.#wake = wake;
    this.below.wake = wake === undefined ? undefined : (events) => this.#woken(events);
  }

  /** What happened so far, by direction. */
  get counters(): { readonly receive: ImpairmentCounters; readonly transmit: ImpairmentCounters } {
    return { receive: this.#inward.counters, transmit: this.#outward.counters };
  }

  override receive(frame: InboundFrame): boolean {
    const now = this.#clock();
    const arrived = this.#arrived;
    this.#more = false;
    let count = 0;
    while (this.below.receive(arrived)) {
      const slab = Slab.over(arrived.slab.octets.slice(arrived.start, arrived.end));
      const partial = arrived.checksum === FrameChecksum.Partial;
      this.#inward.put(slab.octets, arrived.checksum, arrived.segmentSize, now, () => {
        if (partial) fillPartialChecksum(slab, 0, slab.octets.length, this.below.medium);
      });
      if (++count === BATCH) {
        this.#more = true;
        break;
      }
    }
    const held = this.#inward.take(now);
    this.#starved = held === undefined;
    if (held === undefined) return false;
    this.#slab.octets.set(held.octets);
    frame.lend(this.#slab, 0, held.octets.length, held.checksum, held.segmentSize);
    return true;
  }

  override transmit(frame: OutboundFrame): TransmitResult {
    const now = this.#clock();
    if (this.#blocked) {
      this.#retry(now);
      if (this.#blocked) return TransmitResult.Full;
    }
    // What was not offered is not taken.
    if (frame.checksumStart !== 0 || frame.segmentSize !== 0 || frame.length > FRAME_OCTETS) {
      return TransmitResult.Refused;
    }
    frame.flatten();
    const octets = frame.slab.octets.slice(frame.start, frame.end);
    this.#outward.put(octets, FrameChecksum.Unknown, 0, now, () => {});
    return this.#flush(now);
  }

  /** Sends and offers what is due at or before `now`. */
  timeoutsExpire(now: number): void {
    this.#retry(now);
    if (this.#starved && (this.#more || this.#inward.nextDue <= now)) {
      this.#starved = false;
      this.#more = false;
      this.#wake?.(LinkEvent.Readable);
    }
  }

  /** When {@link timeoutsExpire} is due next; `Infinity` for never. */
  nextTimeout(): number {
    const outward = this.#blocked ? Infinity : this.#outward.nextDue;
    const inward = !this.#starved ? Infinity : this.#more ? 0 : this.#inward.nextDue;
    return Math.min(outward, inward);
  }

  override close(): void {
    this.#inward.clear();
    this.#outward.clear();
    super.close();
  }

  /** What became of the last frame that was due; a frame that is only held counts as sent. */
  #flush(now: number): TransmitResult {
    let result: TransmitResult = TransmitResult.Sent;
    while (!this.#blocked) {
      const held: HeldFrame | undefined = this.#outward.take(now);
      if (held === undefined) break;
      const frame = this.#frame;
      frame.reset();
      frame.copy(held.octets, 0, held.octets.length);
      const sent = this.below.transmit(frame);
      if (sent === TransmitResult.Full) {
        this.#outward.putBack(held);
        this.#blocked = true;
      } else {
        result = sent;
      }
    }
    return result;
  }

  /** Tries the link below again, whether or not it told that it has room: not every owner is woken. */
  #retry(now: number): void {
    this.#blocked = false;
    this.#flush(now);
  }

  #woken(events: number): void {
    if ((events & LinkEvent.Writable) !== 0) this.#retry(this.#clock());
    const told = this.#blocked ? events & ~LinkEvent.Writable : events;
    if (told !== 0) this.#wake?.(told);
  }
}
