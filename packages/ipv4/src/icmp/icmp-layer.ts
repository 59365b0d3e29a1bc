import {
  type InboundPacket,
  type OutputResult,
  type Path,
  Protocol,
  TransportErrorKind,
  updateChecksum,
} from '@immuable-net/ip';
import { FrameChecksum, OutboundFrame, type RandomSource } from '@immuable-net/octets';
import { IcmpCounters } from '../counters.ts';
import { FragmentBits, Ipv4Field } from '../packet-header.ts';
import { HEADER_OCTETS, ICMP_ERROR_OCTETS, MAXIMUM_ECHO_REPLIES, MAXIMUM_PACKET } from '../parameters.ts';
import { EchoReply } from './echo-reply.ts';
import { ErrorLimit } from './error-limit.ts';
import { ICMP_OCTETS, IcmpField, IcmpType } from './icmp-message.ts';
import { type ErrorGround, errorKind, ReceivedError } from './received-error.ts';

/** What {@link IcmpLayer.arrive} made of a message. */
export const IcmpArrival = {
  Dropped: 0,
  Consumed: 1,
  /** `error` says which packet of ours something happened to. */
  Error: 2,
} as const;

/** One of {@link IcmpArrival}. */
export type IcmpArrival = (typeof IcmpArrival)[keyof typeof IcmpArrival];

/** What ICMP asks of the layer around it. */
export interface IcmpGround extends ErrorGround {
  /** Whether an address (int32) is ours. */
  isOwn(address: number): boolean;
}

/** The Internet Control Message Protocol (RFC 792, RFC 1122 §3.2.2). */
export class IcmpLayer {
  readonly counters: IcmpCounters;
  readonly error: ReceivedError;
  readonly #frame: OutboundFrame;
  readonly #limit: ErrorLimit;
  readonly #ground: IcmpGround;
  readonly #identifiers: Set<number>;
  readonly #replies: EchoReply[];

  constructor(random: RandomSource, ground: IcmpGround) {
    this.counters = new IcmpCounters();
    this.error = new ReceivedError(ground);
    this.#frame = new OutboundFrame();
    this.#limit = new ErrorLimit(random);
    this.#ground = ground;
    this.#identifiers = new Set();
    this.#replies = [];
  }

  /** One message. */
  arrive(packet: InboundPacket, now: number): IcmpArrival {
    const counters = this.counters;
    const { slab, start, end } = packet;
    counters.received++;
    if (end - start < ICMP_OCTETS) {
      counters.droppedMalformed++;
      return IcmpArrival.Dropped;
    }
    // There is no pseudo-header here, so "partial" cannot be: what is not verified below is verified.
    if (packet.checksum !== FrameChecksum.Valid && slab.sum(start, end, 0) !== 0xffff) {
      counters.droppedChecksum++;
      return IcmpArrival.Dropped;
    }
    switch (slab.view.getUint8(start)) {
      case IcmpType.Echo:
        return this.#echo(packet, now);
      case IcmpType.EchoReply:
        return this.#echoReply(packet, now);
      case IcmpType.DestinationUnreachable:
      case IcmpType.TimeExceeded:
      case IcmpType.ParameterProblem:
        return this.#errorArrives(packet, now);
      case IcmpType.SourceQuench:
        counters.ignoredSourceQuench++;
        return IcmpArrival.Dropped;
      case IcmpType.Redirect:
        counters.ignoredRedirect++;
        return IcmpArrival.Dropped;
      default:
        // RFC 1122 §3.2.2: an unknown type is silently discarded.
        counters.ignoredType++;
        return IcmpArrival.Dropped;
    }
  }

  /**
   * Sends an echo request with `octets[start, end)` as its data, and takes replies with this identifier from now
   * on, until {@link forgetEcho}.
   */
  echoRequest(
    path: Path,
    identifier: number,
    sequence: number,
    octets: Uint8Array,
    start: number,
    end: number,
    now: number,
  ): OutputResult {
    if (end - start > MAXIMUM_PACKET - HEADER_OCTETS - ICMP_OCTETS) {
      throw new RangeError(`an echo request holds at most ${MAXIMUM_PACKET - HEADER_OCTETS - ICMP_OCTETS} octets`);
    }
    this.#identifiers.add(identifier);
    const frame = this.#frame;
    frame.reset();
    const at = frame.start;
    const view = frame.slab.view;
    view.setUint32(at, IcmpType.Echo << 24);
    view.setUint16(at + IcmpField.Identifier, identifier);
    view.setUint16(at + IcmpField.Sequence, sequence);
    frame.end += ICMP_OCTETS;
    frame.headerEnd = frame.end;
    frame.copy(octets, start, end);
    view.setUint16(at + IcmpField.Checksum, ~frame.sumFrom(at, 0) & 0xffff);
    this.counters.echoRequestsSent++;
    return path.output(frame, Protocol.Icmp, -1, 0, true, now);
  }

  /** No more replies with this identifier are taken. */
  forgetEcho(identifier: number): void {
    this.#identifiers.delete(identifier);
  }

  /** The next echo reply. Call until undefined after `arrive`. */
  takeEchoReply(): EchoReply | undefined {
    return this.#replies.shift();
  }

  /**
   * Sends an error about a packet whose IP header stands at `header`, where RFC 1122 §3.2.2 allows one and the
   * rate too. `rest` is the second word of the message.
   */
  sendError(
    path: Path,
    type: number,
    code: number,
    rest: number,
    octets: Uint8Array,
    view: DataView,
    header: number,
    end: number,
    now: number,
  ): void {
    const counters = this.counters;
    if (!mayCauseError(view, header, end)) {
      counters.errorsForbidden++;
      return;
    }
    if (!this.#limit.take(now)) {
      counters.errorsLimited++;
      return;
    }
    const frame = this.#frame;
    frame.reset();
    const at = frame.start;
    const message = frame.slab.view;
    message.setUint32(at, (type << 24) | (code << 16));
    message.setUint32(at + 4, rest);
    frame.end += ICMP_OCTETS;
    frame.headerEnd = frame.end;
    // RFC 1812 §4.3.2.3: as much of the packet as fits.
    frame.copy(octets, header, Math.min(end, header + ICMP_ERROR_OCTETS - HEADER_OCTETS - ICMP_OCTETS));
    message.setUint16(at + IcmpField.Checksum, ~frame.sumFrom(at, 0) & 0xffff);
    counters.errorsSent++;
    path.output(frame, Protocol.Icmp, -1, 0, true, now);
  }

  /** A packet of ours (from its IP header on) was not delivered on our own link. False when it tells nothing to a transport. */
  undelivered(packet: Uint8Array): boolean {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    if (!this.error.quote(packet, view, 0, packet.length)) return false;
    this.error.kind = TransportErrorKind.HostUnreachable;
    this.error.mtu = 0;
    return true;
  }

  /** RFC 1122 §3.2.2.6: the data comes back as it was, from the address that was asked. */
  #echo(packet: InboundPacket, now: number): IcmpArrival {
    const counters = this.counters;
    counters.echoRequests++;
    if (packet.broadcast) {
      counters.droppedBroadcast++;
      return IcmpArrival.Dropped;
    }
    const frame = this.#frame;
    frame.reset();
    const at = frame.start;
    const view = frame.slab.view;
    frame.copy(packet.slab.octets, packet.start, packet.end);
    frame.headerEnd = at + ICMP_OCTETS;
    const code = view.getUint8(at + IcmpField.Code);
    const before = view.getUint16(at + IcmpField.Checksum);
    view.setUint16(at, IcmpType.EchoReply << 8);
    const after = updateChecksum(before, (IcmpType.Echo << 8) | code, IcmpType.EchoReply << 8);
    view.setUint16(at + IcmpField.Checksum, after);
    counters.echoRepliesSent++;
    packet.origin.replyPath(packet).output(frame, Protocol.Icmp, -1, 0, true, now);
    return IcmpArrival.Consumed;
  }

  #echoReply(packet: InboundPacket, now: number): IcmpArrival {
    const view = packet.slab.view;
    const identifier = view.getUint16(packet.start + IcmpField.Identifier);
    if (!this.#identifiers.has(identifier) || this.#replies.length >= MAXIMUM_ECHO_REPLIES) {
      this.counters.droppedEchoReply++;
      return IcmpArrival.Dropped;
    }
    this.counters.echoReplies++;
    this.#replies.push(
      new EchoReply(
        packet.origin.source(packet),
        identifier,
        view.getUint16(packet.start + IcmpField.Sequence),
        packet.ttl,
        packet.slab.octets.slice(packet.start + ICMP_OCTETS, packet.end),
        now,
      ),
    );
    return IcmpArrival.Consumed;
  }

  /** Whether an error quotes an echo request of a ping that goes on. */
  #isOurEcho(error: ReceivedError): boolean {
    return (
      error.protocol === Protocol.Icmp &&
      error.view.getUint8(error.start) === IcmpType.Echo &&
      this.#identifiers.has(error.view.getUint16(error.start + IcmpField.Identifier))
    );
  }

  #errorArrives(packet: InboundPacket, now: number): IcmpArrival {
    const counters = this.counters;
    const { slab, start, end } = packet;
    const error = this.error;
    counters.errorsReceived++;
    if (
      packet.broadcast ||
      !error.quote(slab.octets, slab.view, start + ICMP_OCTETS, end) ||
      !this.#ground.isOwn(error.local3)
    ) {
      counters.droppedQuote++;
      return IcmpArrival.Dropped;
    }
    error.kind = errorKind(slab.view.getUint8(start), slab.view.getUint8(start + IcmpField.Code));
    // RFC 1191 §4.
    error.mtu = error.kind === TransportErrorKind.PacketTooBig ? slab.view.getUint16(start + IcmpField.NextHopMtu) : 0;
    if (error.kind === TransportErrorKind.PacketTooBig && this.#isOurEcho(error)) error.lowerPathMtu(now);
    return IcmpArrival.Error;
  }
}

/** RFC 1122 §3.2.2: no error about an error, nor about a fragment other than the first. (Addresses are the layer's to check.) */
function mayCauseError(view: DataView, header: number, end: number): boolean {
  if ((view.getUint16(header + Ipv4Field.FlagsAndOffset) & FragmentBits.Offset) !== 0) return false;
  if (view.getUint8(header + Ipv4Field.Protocol) !== Protocol.Icmp) return true;
  const payload = header + ((view.getUint8(header) & 15) << 2);
  if (payload >= end) return false;
  const type = view.getUint8(payload);
  return type === IcmpType.Echo;
}
