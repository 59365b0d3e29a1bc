import type { InboundPacket, IpAddress } from '@immuable-net/ip';
import type { TcpContext } from './context.ts';
import { type ControlBlock, Trait } from './control-block.ts';
import { type FlowEntry, FlowTable } from './flow-table.ts';
import type { Replies } from './reply.ts';
import { Control, type SegmentView } from './segment.ts';

/** What is left of a connection in TIME-WAIT: enough to answer its peer, and to refuse its old segments. */
class TimeWaitRecord implements FlowEntry {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly localPort: number;
  readonly remotePort: number;
  flowHash: number;
  flowNext: FlowEntry | undefined;
  readonly sndNxt: number;
  readonly rcvNxt: number;
  readonly timestamps: boolean;
  readonly tsOffset: number;
  readonly tsRecent: number;
  readonly window: number;
  expiresAt: number;
  older: TimeWaitRecord | undefined;
  newer: TimeWaitRecord | undefined;

  constructor(cb: ControlBlock, expiresAt: number) {
    this.local = cb.local;
    this.remote = cb.remote;
    this.localPort = cb.localPort;
    this.remotePort = cb.remotePort;
    this.flowHash = cb.flowHash;
    this.flowNext = undefined;
    this.sndNxt = cb.sndNxt;
    this.rcvNxt = cb.rcvNxt;
    this.timestamps = cb.has(Trait.Timestamps);
    this.tsOffset = cb.tsOffset;
    this.tsRecent = cb.tsRecent;
    this.window = Math.min(65_535, Math.max(0, (cb.rcvEdge - cb.rcvNxt) | 0) >> cb.rcvWndShift);
    this.expiresAt = expiresAt;
    this.older = undefined;
    this.newer = undefined;
  }
}

/** What a segment that met a record is to be treated as. */
export const TimeWaitArrival = { None: 0, Taken: 1, NewConnection: 2 } as const;

/** The connections in TIME-WAIT, oldest first: all wait equally long. Bounded; the oldest go when there are too many. */
export class TimeWaits {
  /** SND.NXT of the connection that a new one takes the place of (RFC 9293 §3.4.3: its ISS is beyond). */
  reusedSndNxt: number;
  readonly #context: TcpContext;
  readonly #replies: Replies;
  readonly #table: FlowTable<TimeWaitRecord>;
  #oldest: TimeWaitRecord | undefined;
  #newest: TimeWaitRecord | undefined;

  constructor(context: TcpContext, replies: Replies) {
    this.reusedSndNxt = 0;
    this.#context = context;
    this.#replies = replies;
    this.#table = new FlowTable<TimeWaitRecord>();
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  get size(): number {
    return this.#table.size;
  }

  /** When the oldest goes; `Infinity` when there is none. */
  nextTimeout(): number {
    return this.#oldest === undefined ? Number.POSITIVE_INFINITY : this.#oldest.expiresAt;
  }

  add(cb: ControlBlock, now: number): void {
    const limit = this.#context.parameters.timeWaitLimit;
    if (limit === 0) return;
    while (this.#table.size >= limit && this.#oldest !== undefined) {
      this.#context.counters.timeWaitsEvicted++;
      this.#remove(this.#oldest);
    }
    const record = new TimeWaitRecord(cb, now + 2 * this.#context.parameters.maximumSegmentLifetimeMs);
    if (!this.#table.add(record, cb.flowHash)) {
      this.#context.counters.droppedChainFull++;
      return;
    }
    this.#append(record);
    this.#context.counters.timeWaits++;
  }

  timeoutsExpire(now: number): void {
    while (this.#oldest !== undefined && this.#oldest.expiresAt <= now) this.#remove(this.#oldest);
  }

  /** Whether an address and port pair is still in TIME-WAIT. */
  holds(hash: number, local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): boolean {
    return this.#table.size > 0 && this.#table.lookup(hash, local, localPort, remote, remotePort) !== undefined;
  }

  /** RFC 9293 §3.10.7.4 for TIME-WAIT, RFC 6191, RFC 1337. */
  arrive(hash: number, packet: InboundPacket, segment: SegmentView, now: number): number {
    if (this.#table.size === 0) return TimeWaitArrival.None;
    const record = this.#table.find(hash, packet, segment.destinationPort, segment.sourcePort);
    if (record === undefined) return TimeWaitArrival.None;
    // RFC 1337: a RST must not end TIME-WAIT.
    if ((segment.control & Control.RST) !== 0) {
      this.#context.counters.droppedInvalidReset++;
      return TimeWaitArrival.Taken;
    }
    if ((segment.control & (Control.SYN | Control.ACK)) === Control.SYN) {
      // RFC 6191 §2: newer by its timestamp, or by its sequence number where there is none.
      const newer =
        record.timestamps && segment.hasTimestamps
          ? ((segment.timestamp - record.tsRecent) | 0) > 0 ||
            (segment.timestamp === record.tsRecent && ((segment.sequence - record.rcvNxt) | 0) > 0)
          : ((segment.sequence - record.rcvNxt) | 0) > 0;
      if (newer) {
        this.reusedSndNxt = record.sndNxt;
        this.#context.counters.timeWaitsReused++;
        this.#remove(record);
        return TimeWaitArrival.NewConnection;
      }
    } else if ((segment.control & Control.ACK) === 0) {
      this.#context.counters.droppedNoAck++;
      return TimeWaitArrival.Taken;
    } else if (segment.length === 0 && segment.sequence === record.rcvNxt) return TimeWaitArrival.Taken;
    if ((segment.control & Control.FIN) !== 0) {
      // The peer's FIN came again: the wait begins again.
      this.#unlink(record);
      record.expiresAt = now + 2 * this.#context.parameters.maximumSegmentLifetimeMs;
      this.#append(record);
    }
    this.#replies.acknowledge(
      packet,
      segment,
      record.sndNxt,
      record.rcvNxt,
      record.window,
      record.timestamps,
      (Math.floor(now) + record.tsOffset) | 0,
      record.tsRecent,
      now,
    );
    return TimeWaitArrival.Taken;
  }

  #append(record: TimeWaitRecord): void {
    record.older = this.#newest;
    record.newer = undefined;
    if (this.#newest === undefined) this.#oldest = record;
    else this.#newest.newer = record;
    this.#newest = record;
  }

  #unlink(record: TimeWaitRecord): void {
    if (record.older === undefined) this.#oldest = record.newer;
    else record.older.newer = record.newer;
    if (record.newer === undefined) this.#newest = record.older;
    else record.newer.older = record.older;
  }

  #remove(record: TimeWaitRecord): void {
    this.#unlink(record);
    this.#table.remove(record);
  }
}
