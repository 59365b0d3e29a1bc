import type { InboundPacket } from '@immuable-net/ip';
import type { AddressLimits } from './address-limits.ts';
import { TcpConnection } from './connection.ts';
import type { TcpContext } from './context.ts';
import { Trait } from './control-block.ts';
import { FlowTable, hashPacket } from './flow-table.ts';
import { HalfOpen } from './half-open.ts';
import type { TcpListener } from './listener.ts';
import { MAXIMUM_WINDOW_SHIFT } from './parameters.ts';
import type { Replies } from './reply.ts';
import { measureRoundTrip } from './round-trip.ts';
import { Control, HEADER_OCTETS, type SegmentView } from './segment.ts';
import { agreedMss, completeHandshake, segmentArrives } from './segment-arrives.ts';
import { TcpState } from './state.ts';
import { SynCookies } from './syn-cookie.ts';
import { TimerWheel } from './timer-wheel.ts';

/** RFC 6528: the clock of initial sequence numbers ticks every 4 microseconds. */
const ISN_TICKS_MS = 250;

/** The LISTEN state and SYN-RECEIVED reached from it: half-open records, SYN cookies, and what becomes of them. */
export class PassiveOpens {
  readonly #context: TcpContext;
  readonly #replies: Replies;
  readonly #limits: AddressLimits;
  readonly #table: FlowTable<HalfOpen>;
  readonly #wheel: TimerWheel;
  readonly #cookies: SynCookies;

  constructor(context: TcpContext, replies: Replies, limits: AddressLimits) {
    this.#context = context;
    this.#replies = replies;
    this.#limits = limits;
    this.#table = new FlowTable<HalfOpen>();
    this.#wheel = new TimerWheel();
    this.#cookies = new SynCookies(context.secretKey);
  }

  /** Half-open connections. */
  get size(): number {
    return this.#table.size;
  }

  nextTimeout(): number {
    return this.#wheel.earliest;
  }

  /** Sends SYN-ACKs again; gives up those that were sent too often. */
  timeoutsExpire(now: number): void {
    this.#wheel.advance(now);
    for (;;) {
      const half = this.#wheel.take() as HalfOpen | undefined;
      if (half === undefined) return;
      if (half.retries >= this.#context.parameters.synAckRetries || half.listener.closed) {
        this.#context.counters.timedOut++;
        this.#table.remove(half);
        continue;
      }
      half.retries++;
      this.#context.counters.synAckRetransmissions++;
      this.#sendSynAck(half, now);
      this.#armRetry(half, now);
    }
  }

  /** RFC 9293 §3.10.7.2: a segment for a port that listens, and that no connection knows. `beyond` is a sequence number that the ISS must lie beyond, when `reuse`. */
  listen(
    listener: TcpListener,
    hash: number,
    packet: InboundPacket,
    segment: SegmentView,
    reuse: boolean,
    beyond: number,
    now: number,
  ): void {
    const context = this.#context;
    const control = segment.control;
    if ((control & Control.RST) !== 0) {
      context.counters.droppedInvalidReset++;
      return;
    }
    if ((control & Control.ACK) !== 0) {
      if ((control & Control.SYN) === 0 && this.#cookieArrives(listener, hash, packet, segment, now)) return;
      this.#replies.reset(packet, segment, now);
      return;
    }
    if ((control & Control.SYN) === 0) {
      context.counters.droppedNoAck++;
      return;
    }
    if (context.connections.size >= context.parameters.maximumConnections) {
      context.counters.droppedConnectionLimit++;
      return;
    }
    if (this.#limits.isFull(packet)) {
      context.counters.droppedAddressLimit++;
      return;
    }
    if (listener.waiting >= listener.backlog) {
      context.counters.droppedBacklog++;
      return;
    }
    if (this.#table.size >= context.parameters.halfOpenLimit) {
      if (context.parameters.synCookies) this.#sendCookie(listener, packet, segment, now);
      else context.counters.droppedHalfOpenFull++;
      return;
    }
    const half = new HalfOpen(
      listener,
      packet.origin.destination(packet),
      segment.destinationPort,
      packet.origin.source(packet),
      segment.sourcePort,
    );
    if (!this.#table.add(half, hash)) {
      context.counters.droppedChainFull++;
      return;
    }
    const key = context.secretKey;
    half.iss = (Math.floor(now * ISN_TICKS_MS) + hashPacket(key, packet, half.localPort, half.remotePort)) | 0;
    half.tsOffset = key.high;
    if (reuse && ((half.iss - beyond) | 0) <= 0) half.iss = (beyond + 65_536) | 0;
    half.irs = segment.sequence;
    half.peerMss = segment.maximumSegmentSize;
    half.peerShift = segment.windowShift < 0 ? -1 : Math.min(segment.windowShift, MAXIMUM_WINDOW_SHIFT);
    half.sack = segment.sackPermitted;
    half.timestamps = segment.hasTimestamps;
    half.tsRecent = segment.timestamp;
    half.ecn = asksForEcn(segment) && context.parameters.ecn > 0;
    half.window = this.#window(listener);
    half.sentAt = now;
    half.path = packet.origin.keepPath(packet);
    this.#sendSynAck(half, now);
    this.#armRetry(half, now);
  }

  /** RFC 9293 §3.10.7.4 for SYN-RECEIVED. True when the segment belonged to a half-open connection. */
  arrive(hash: number, packet: InboundPacket, segment: SegmentView, now: number): boolean {
    if (this.#table.size === 0) return false;
    const half = this.#table.find(hash, packet, segment.destinationPort, segment.sourcePort);
    if (half === undefined) return false;
    const counters = this.#context.counters;
    const control = segment.control;
    const offset = (segment.sequence - half.irs - 1) | 0;
    if (half.timestamps && (control & (Control.RST | Control.SYN)) === 0) {
      if (!segment.hasTimestamps || ((segment.timestamp - half.tsRecent) | 0) < 0) {
        counters.droppedOldTimestamp++;
        return true;
      }
    }
    if ((control & Control.RST) !== 0) {
      if (offset === 0) {
        counters.resetsReceived++;
        this.#remove(half);
      } else counters.droppedInvalidReset++;
      return true;
    }
    if ((control & Control.SYN) !== 0) {
      if (segment.sequence === half.irs && (control & Control.ACK) === 0) {
        counters.synAckRetransmissions++;
        this.#sendSynAck(half, now);
      } else this.#challenge(half, packet, segment, now);
      return true;
    }
    if ((control & Control.ACK) === 0) {
      counters.droppedNoAck++;
      return true;
    }
    if (segment.acknowledgment !== ((half.iss + 1) | 0)) {
      counters.droppedUnacceptableAck++;
      this.#replies.reset(packet, segment, now);
      return true;
    }
    if (offset < 0 || offset >= half.window) {
      counters.droppedOutsideWindow++;
      this.#challenge(half, packet, segment, now);
      return true;
    }
    if (half.listener.closed) {
      this.#remove(half);
      this.#replies.reset(packet, segment, now);
      return true;
    }
    if (half.listener.waiting >= half.listener.backlog) {
      // The peer sends again; by then somebody may have accepted.
      counters.droppedBacklog++;
      return true;
    }
    this.#remove(half);
    this.#establish(half, hash, packet, segment, now);
    return true;
  }

  #establish(half: HalfOpen, hash: number, packet: InboundPacket, segment: SegmentView, now: number): void {
    const context = this.#context;
    const counters = context.counters;
    if (this.#limits.isFull(packet)) {
      counters.droppedAddressLimit++;
      this.#replies.reset(packet, segment, now);
      return;
    }
    if (!this.#limits.mayOpen(packet, now)) {
      counters.droppedAddressRate++;
      this.#replies.reset(packet, segment, now);
      return;
    }
    const listener = half.listener;
    const path = packet.origin.keepPath(packet);
    const cb = new TcpConnection(context, listener.settings, path, half.localPort, half.remotePort);
    if (!context.connections.add(cb, hash)) {
      counters.droppedChainFull++;
      return;
    }
    this.#limits.opened(cb.remote, now);
    cb.accepted = false;
    cb.traits |= Trait.Registered | (half.sack ? Trait.Sack : 0) | (half.ecn ? Trait.Ecn : 0);
    cb.iss = half.iss;
    cb.sndUna = (half.iss + 1) | 0;
    cb.sndNxt = cb.sndUna;
    cb.irs = half.irs;
    cb.rcvNxt = (half.irs + 1) | 0;
    cb.rcvEdge = (cb.rcvNxt + half.window) | 0;
    cb.lastAckSent = cb.rcvNxt;
    cb.tsOffset = half.tsOffset;
    if (half.timestamps) {
      cb.traits |= Trait.Timestamps;
      cb.tsRecent = half.tsRecent;
      cb.tsRecentAt = now;
    }
    if (half.peerShift >= 0) cb.sndWndShift = half.peerShift;
    else cb.rcvWndShift = 0;
    cb.peerMss = agreedMss(cb, half.peerMss);
    cb.sndWnd = segment.window << cb.sndWndShift;
    cb.sndWndMax = cb.sndWnd;
    cb.sndWl1 = segment.sequence;
    cb.sndWl2 = segment.acknowledgment;
    cb.state = TcpState.SYN_RECEIVED;
    cb.timeouts = half.retries > 0 ? 2 : 0;
    completeHandshake(cb, now);
    if (half.retries === 0 && half.sentAt > 0) measureRoundTrip(cb, now - half.sentAt);
    counters.passiveOpens++;
    listener.enqueue(cb);
    segmentArrives(cb, segment, packet, now);
  }

  /** RFC 4987 §3.6: too many are half-open; this one is kept in the SYN-ACK itself. */
  #sendCookie(listener: TcpListener, packet: InboundPacket, segment: SegmentView, now: number): void {
    const context = this.#context;
    const iss = this.#cookies.make(packet, segment, now);
    hashPacket(context.secretKey, packet, segment.destinationPort, segment.sourcePort);
    const clock = (Math.floor(now) + context.secretKey.high) | 0;
    const path = packet.origin.replyPath(packet);
    const ecn = asksForEcn(segment) && context.parameters.ecn > 0 && segment.hasTimestamps;
    const scaled = segment.hasTimestamps && segment.windowShift >= 0;
    context.counters.synCookiesSent++;
    this.#replies.synAck(
      path,
      segment.destinationPort,
      segment.sourcePort,
      iss,
      (segment.sequence + 1) | 0,
      this.#window(listener),
      Math.min(path.linkMtu - path.headerLength - HEADER_OCTETS, listener.settings.maximumSegmentSize),
      scaled ? listener.settings.windowShift : -1,
      segment.hasTimestamps && segment.sackPermitted,
      segment.hasTimestamps,
      this.#cookies.stamp(clock, segment, ecn),
      segment.timestamp,
      ecn,
      now,
    );
  }

  /** An acknowledgment that no connection knows: perhaps of a cookie. True when it was. */
  #cookieArrives(
    listener: TcpListener,
    hash: number,
    packet: InboundPacket,
    segment: SegmentView,
    now: number,
  ): boolean {
    const cookies = this.#cookies;
    const context = this.#context;
    if (!cookies.expected(now)) return false;
    if (!cookies.check(packet, segment, now)) {
      context.counters.synCookiesInvalid++;
      return false;
    }
    if (listener.waiting >= listener.backlog) {
      context.counters.droppedBacklog++;
      return true;
    }
    if (context.connections.size >= context.parameters.maximumConnections) {
      context.counters.droppedConnectionLimit++;
      return true;
    }
    context.counters.synCookiesAccepted++;
    const half = new HalfOpen(
      listener,
      packet.origin.destination(packet),
      segment.destinationPort,
      packet.origin.source(packet),
      segment.sourcePort,
    );
    half.iss = (segment.acknowledgment - 1) | 0;
    half.irs = (segment.sequence - 1) | 0;
    half.peerMss = cookies.maximumSegmentSize;
    half.peerShift = cookies.peerShift;
    half.sack = cookies.sack;
    half.ecn = cookies.ecn;
    half.timestamps = segment.hasTimestamps;
    half.tsRecent = segment.timestamp;
    hashPacket(context.secretKey, packet, half.localPort, half.remotePort);
    half.tsOffset = context.secretKey.high;
    half.window = this.#window(listener);
    this.#establish(half, hash, packet, segment, now);
    return true;
  }

  #sendSynAck(half: HalfOpen, now: number): void {
    const path = half.path!;
    this.#replies.synAck(
      path,
      half.localPort,
      half.remotePort,
      half.iss,
      (half.irs + 1) | 0,
      half.window,
      Math.min(path.linkMtu - path.headerLength - HEADER_OCTETS, half.listener.settings.maximumSegmentSize),
      half.peerShift >= 0 ? half.listener.settings.windowShift : -1,
      half.sack,
      half.timestamps,
      (Math.floor(now) + half.tsOffset) | 0,
      half.tsRecent,
      half.ecn,
      now,
    );
  }

  #challenge(half: HalfOpen, packet: InboundPacket, segment: SegmentView, now: number): void {
    this.#replies.acknowledge(
      packet,
      segment,
      (half.iss + 1) | 0,
      (half.irs + 1) | 0,
      half.window >> (half.peerShift >= 0 ? half.listener.settings.windowShift : 0),
      half.timestamps,
      (Math.floor(now) + half.tsOffset) | 0,
      half.tsRecent,
      now,
    );
  }

  #armRetry(half: HalfOpen, now: number): void {
    const parameters = this.#context.parameters;
    this.#wheel.arm(half, now + Math.min(parameters.initialRtoMs * 2 ** half.retries, parameters.maximumRtoMs));
  }

  #remove(half: HalfOpen): void {
    this.#wheel.disarm(half);
    this.#table.remove(half);
  }

  #window(listener: TcpListener): number {
    return Math.min(this.#context.parameters.receiveInitial, listener.settings.receiveLimit, 65_535);
  }
}

/** RFC 3168 §6.1.1. */
function asksForEcn(segment: SegmentView): boolean {
  return (segment.control & (Control.ECE | Control.CWR)) === (Control.ECE | Control.CWR);
}
