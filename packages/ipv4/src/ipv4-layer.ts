import { ClaimMode, type EthernetLayer, MacAddress } from '@immuable-net/ethernet';
import {
  foldSum,
  InboundPacket,
  IpAddress,
  type PacketOrigin,
  type Path,
  Prefix,
  Protocol,
  type TransportError,
  wordSum,
} from '@immuable-net/ip';
import { FrameChecksum, type InboundFrame, type RandomSource, type Slab } from '@immuable-net/octets';
import { Ipv4Counters } from './counters.ts';
import { Fragmenter } from './fragmenter.ts';
import { IcmpArrival, IcmpLayer } from './icmp/icmp-layer.ts';
import { IcmpType, TimeExceededCode, UnreachableCode } from './icmp/icmp-message.ts';
import { Ipv4Arrival } from './ipv4-arrival.ts';
import { Ipv4Path, type PathGround } from './ipv4-path.ts';
import { LocalAddresses } from './local-addresses.ts';
import { FragmentBits, headerSum, Ipv4Field, OptionsVerdict, walkOptions } from './packet-header.ts';
import { HEADER_OCTETS } from './parameters.ts';
import { PathMtuCache } from './path-mtu-cache.ts';
import { Reassembly } from './reassembly.ts';
import { RouteTable } from './routes.ts';

export interface Ipv4Options {
  readonly ethernet: EthernetLayer;
  /** Our addresses with the prefixes of their networks: `10.0.0.2/24`. */
  readonly addresses: readonly Prefix[];
  /** Where packets for other networks go. */
  readonly gateway?: IpAddress | undefined;
  readonly random: RandomSource;
}

/** Internet Protocol version 4 (RFC 791, RFC 1122 §3) over one link. */
export class Ipv4Layer implements PacketOrigin, PathGround {
  readonly ethernet: EthernetLayer;
  readonly counters: Ipv4Counters;
  readonly icmp: IcmpLayer;
  readonly routes: RouteTable;
  readonly pathMtus: PathMtuCache;
  readonly fragmenter: Fragmenter;
  readonly reassembly: Reassembly;
  /** After `Tcp` and `Udp`: the packet's payload. Borrowed until the next `arrive`. */
  readonly packet: InboundPacket;
  generation: number;
  readonly #reply: Ipv4Path;
  readonly #local: LocalAddresses;
  #mode: ClaimMode;
  /** Whether some address may not be in use yet. */
  #tentative: boolean;
  /** Where the packet in `packet` has its header, and which MAC address it came from. */
  #header: number;
  #high: number;
  #low: number;

  constructor(options: Ipv4Options) {
    this.ethernet = options.ethernet;
    this.counters = new Ipv4Counters();
    this.routes = new RouteTable();
    this.pathMtus = new PathMtuCache();
    this.fragmenter = new Fragmenter(options.random);
    this.reassembly = new Reassembly(this.counters);
    this.packet = new InboundPacket(this);
    this.generation = 0;
    this.#reply = new Ipv4Path(this, true);
    this.#local = new LocalAddresses();
    this.#mode = ClaimMode.AnnounceAtOnce;
    this.#tentative = false;
    this.#header = 0;
    this.#high = 0;
    this.#low = 0;
    this.icmp = new IcmpLayer(options.random, this);
    for (const prefix of options.addresses) this.#add(prefix);
    if (options.gateway !== undefined) this.addRoute(DEFAULT, options.gateway);
  }

  /** What the last `Ipv4Arrival.Error`, or {@link takeError}, is about. Borrowed until the next `arrive`. */
  get error(): TransportError {
    return this.icmp.error;
  }

  /** Our addresses with their prefixes. */
  get addresses(): readonly Prefix[] {
    return this.routes.addresses;
  }

  /** Whether all our addresses may be used: at once, or with `ProbeFirst` once nobody objected. */
  get ready(): boolean {
    return !this.#tentative;
  }

  /**
   * Takes our addresses into use: once when the link is up, and again when it came up anew. Call
   * `ethernet.timeoutsExpire(now)` at once after it.
   */
  start(mode: ClaimMode, now: number): void {
    this.#mode = mode;
    if (!this.ethernet.framed) return;
    for (const address of this.#local.own) this.ethernet.arp.claim(address, mode, now);
    this.#tentative = mode === ClaimMode.ProbeFirst;
  }

  /** One more address of ours, used from now on as those of `start` are. */
  addAddress(prefix: Prefix, now: number): void {
    this.#add(prefix);
    if (!this.ethernet.framed) return;
    this.ethernet.arp.claim(prefix.address.word3, this.#mode, now);
    if (this.#mode === ClaimMode.ProbeFirst) this.#tentative = true;
  }

  removeAddress(address: IpAddress): void {
    this.routes.removeAddress(address);
    this.ethernet.arp.remove(address.word3);
    this.#changed();
  }

  /** A route through a gateway on one of our networks. Throws `RangeError` where it is on none. */
  addRoute(prefix: Prefix, gateway: IpAddress): void {
    this.routes.addRoute(prefix, gateway);
    this.#changed();
  }

  removeRoute(prefix: Prefix): void {
    this.routes.removeRoute(prefix);
    this.#changed();
  }

  /** Takes packets to this multicast address from now on. Says nothing on the wire: no IGMP. */
  joinGroup(group: IpAddress): void {
    if (group.family !== 4 || !group.isMulticast) throw new RangeError(`${group} is no IPv4 group`);
    if (this.#local.join(group.word3)) this.ethernet.joinGroup(groupMac(group.word3));
  }

  leaveGroup(group: IpAddress): void {
    if (this.#local.leave(group.word3)) this.ethernet.leaveGroup(groupMac(group.word3));
  }

  /** Whether an address (int32) is ours. */
  isOwn(address: number): boolean {
    return this.#local.isOwn(address);
  }

  /** Whether an address (int32) is all hosts', of any network or of one of ours. */
  isBroadcast(address: number): boolean {
    return this.#local.isBroadcast(address);
  }

  /**
   * A path to `remote`, for a transport to keep. From `local`, one of ours, or from the address that the route
   * prefers. Undefined when no route leads there: one to ourselves does not. Throws `RangeError` when `local` is not ours.
   */
  path(remote: IpAddress, local?: IpAddress): Path | undefined {
    if (remote.family !== 4 || this.isOwn(remote.word3)) return undefined;
    if (local !== undefined && !local.isUnspecified && !this.isOwn(local.word3)) {
      throw new RangeError(`${local} is not an address of this stack`);
    }
    const route = this.routes.find(remote);
    const group = remote.isMulticast || this.isBroadcast(remote.word3);
    if (route === undefined && !group) return undefined;
    const source = local === undefined || local.isUnspecified ? (route?.source ?? this.addresses[0]?.address) : local;
    if (source === undefined) return undefined;
    const path = new Ipv4Path(this, false);
    path.aim(source.word3, remote.word3, -1, 0);
    return path;
  }

  /**
   * The packet that `ethernet.arrive` just found in `frame` (it said `Ipv4`). For `Tcp` and `Udp` look at
   * `packet`, for `Error` at `error`; call `icmp.takeEchoReply` after `Consumed` when pings are out.
   */
  arrive(frame: InboundFrame, now: number): Ipv4Arrival {
    const counters = this.counters;
    const ethernet = this.ethernet;
    const slab = frame.slab;
    const view = slab.view;
    const start = ethernet.payloadStart;
    const available = ethernet.payloadEnd - start;
    counters.received++;
    if (available < HEADER_OCTETS) {
      counters.droppedMalformed++;
      return Ipv4Arrival.Dropped;
    }
    const word0 = view.getInt32(start);
    const headerLength = (word0 >>> 22) & 0x3c;
    const total = word0 & 0xffff;
    // RFC 1122 §3.2.1.1: another version is silently discarded.
    if (word0 >>> 28 !== 4 || headerLength < HEADER_OCTETS || total < headerLength || total > available) {
      counters.droppedMalformed++;
      return Ipv4Arrival.Dropped;
    }
    const word1 = view.getInt32(start + 4);
    const word2 = view.getInt32(start + 8);
    const source = view.getInt32(start + Ipv4Field.Source);
    const destination = view.getInt32(start + Ipv4Field.Destination);
    const addresses = wordSum(source) + wordSum(destination);
    // RFC 1122 §3.2.1.2: verified on every packet.
    const sum =
      headerLength === HEADER_OCTETS
        ? foldSum(wordSum(word0) + wordSum(word1) + wordSum(word2) + addresses)
        : headerSum(view, start, headerLength);
    if (sum !== 0xffff) {
      counters.droppedChecksum++;
      return Ipv4Arrival.Dropped;
    }
    const local = this.#local;
    let broadcast = false;
    if (!local.isOwn(destination)) {
      if (!local.isBroadcast(destination) && !local.isGroup(destination)) {
        counters.droppedNotForUs++;
        return Ipv4Arrival.Dropped;
      }
      broadcast = true;
    } else if (ethernet.group) {
      counters.droppedLinkBroadcast++;
      return Ipv4Arrival.Dropped;
    } else if (this.#tentative && !ethernet.arp.isUsable(destination)) {
      counters.droppedTentative++;
      return Ipv4Arrival.Dropped;
    }
    // RFC 1122 §3.2.1.3: groups, networks, "this host" and loopback are no source; neither are we.
    if (
      source >>> 28 === 14 ||
      source >>> 24 === 127 ||
      source >>> 24 === 0 ||
      local.isBroadcast(source) ||
      local.isOwn(source)
    ) {
      counters.droppedBadSource++;
      return Ipv4Arrival.Dropped;
    }
    if (headerLength > HEADER_OCTETS && !this.#takesOptions(view, start, headerLength)) return Ipv4Arrival.Dropped;
    this.#high = ethernet.sourceHigh;
    this.#low = ethernet.sourceLow;
    const packet = this.packet;
    if ((word1 & (FragmentBits.MoreFragments | FragmentBits.Offset)) !== 0) {
      if (!this.reassembly.arrive(slab, start, start + total, this.#high, this.#low, now)) return Ipv4Arrival.Consumed;
      const whole = this.reassembly;
      this.#aim(whole.slab, 0, whole.headerLength, whole.end);
      packet.checksum = FrameChecksum.Unknown;
      packet.segmentSize = 0;
      packet.ecn = whole.slab.view.getUint8(Ipv4Field.TypeOfService) & 3;
    } else {
      this.#aim(slab, start, headerLength, start + total);
      packet.checksum = frame.checksum;
      packet.segmentSize = frame.segmentSize;
      packet.ecn = (word0 >>> 16) & 3;
    }
    packet.source2 = 0xffff;
    packet.source3 = source;
    packet.destination2 = 0xffff;
    packet.destination3 = destination;
    packet.pseudoSum = foldSum(addresses);
    packet.ttl = word2 >>> 24;
    packet.broadcast = broadcast;
    const protocol = (word2 >>> 16) & 0xff;
    packet.protocol = protocol;
    switch (protocol) {
      case Protocol.Tcp:
        return Ipv4Arrival.Tcp;
      case Protocol.Udp:
        return Ipv4Arrival.Udp;
      case Protocol.Icmp:
        return this.#icmpArrives(packet, now);
      default:
        counters.droppedProtocol++;
        // RFC 1122 §3.2.2.1.
        this.#sendError(IcmpType.DestinationUnreachable, UnreachableCode.Protocol, packet, now);
        return Ipv4Arrival.Dropped;
    }
  }

  replyPath(packet: InboundPacket): Path {
    this.#reply.aim(packet.destination3, packet.source3, this.#high, this.#low);
    return this.#reply;
  }

  keepPath(packet: InboundPacket): Path {
    const path = new Ipv4Path(this, false);
    path.aim(packet.destination3, packet.source3, this.#high, this.#low);
    return path;
  }

  source(packet: InboundPacket): IpAddress {
    return IpAddress.v4(packet.source3);
  }

  destination(packet: InboundPacket): IpAddress {
    return IpAddress.v4(packet.destination3);
  }

  portUnreachable(packet: InboundPacket, now: number): void {
    this.#sendError(IcmpType.DestinationUnreachable, UnreachableCode.Port, packet, now);
  }

  /**
   * The next error about a packet that never left our link, for the transport of its `protocol`. Call until
   * undefined after {@link timeoutsExpire}.
   */
  takeError(): TransportError | undefined {
    for (;;) {
      const packet = this.ethernet.arp.neighbours.takeFailure();
      if (packet === undefined) return undefined;
      if (this.icmp.undelivered(packet)) return this.icmp.error;
    }
  }

  /** Runs what was due at or before `now`. Call `ethernet.timeoutsExpire` before it, {@link takeError} after it. */
  timeoutsExpire(now: number): void {
    if (this.#tentative) this.#tentative = this.#local.own.some((address) => !this.ethernet.arp.isUsable(address));
    if (this.pathMtus.timeoutsExpire(now)) this.generation++;
    this.reassembly.timeoutsExpire(now);
    for (let late = this.reassembly.takeExpired(); late !== undefined; late = this.reassembly.takeExpired()) {
      if (!this.isOwn(late.destination)) continue;
      const quote = late.first!;
      const view = new DataView(quote.buffer, quote.byteOffset, quote.byteLength);
      this.#reply.aim(late.destination, late.source, late.high, late.low);
      this.icmp.sendError(
        this.#reply,
        IcmpType.TimeExceeded,
        TimeExceededCode.Reassembly,
        0,
        quote,
        view,
        0,
        quote.length,
        now,
      );
    }
  }

  /** When {@link timeoutsExpire} is due next; `Infinity` for never. */
  nextTimeout(): number {
    return Math.min(this.pathMtus.nextTimeout(), this.reassembly.nextTimeout());
  }

  /** For paths and transports: what a validated "fragmentation needed" says of the way to an address (int32). */
  lowerPathMtu(remote: number, mtu: number, now: number): void {
    if (this.pathMtus.lower(remote, mtu, this.ethernet.link.mtu, now)) this.generation++;
  }

  #aim(slab: Slab, header: number, headerLength: number, end: number): void {
    const packet = this.packet;
    this.#header = header;
    packet.slab = slab;
    packet.start = header + headerLength;
    packet.end = end;
  }

  #takesOptions(view: DataView, start: number, headerLength: number): boolean {
    switch (walkOptions(view, start, headerLength)) {
      case OptionsVerdict.Malformed:
        this.counters.droppedOptions++;
        return false;
      case OptionsVerdict.SourceRoute:
        this.counters.droppedSourceRoute++;
        return false;
      default:
        return true;
    }
  }

  #icmpArrives(packet: InboundPacket, now: number): Ipv4Arrival {
    switch (this.icmp.arrive(packet, now)) {
      case IcmpArrival.Error:
        return Ipv4Arrival.Error;
      case IcmpArrival.Consumed:
        return Ipv4Arrival.Consumed;
      default:
        return Ipv4Arrival.Dropped;
    }
  }

  #sendError(type: number, code: number, packet: InboundPacket, now: number): void {
    // RFC 1122 §3.2.2: never about a packet to a broadcast or multicast address.
    if (packet.broadcast) {
      this.icmp.counters.errorsForbidden++;
      return;
    }
    const { slab, end } = packet;
    this.icmp.sendError(this.replyPath(packet), type, code, 0, slab.octets, slab.view, this.#header, end, now);
  }

  #add(prefix: Prefix): void {
    this.routes.addAddress(prefix);
    this.ethernet.arp.add(prefix.address.word3);
    this.#changed();
  }

  #changed(): void {
    this.generation++;
    this.#local.replace(this.routes.addresses);
  }
}

const DEFAULT: Prefix = Prefix.parse('0.0.0.0/0');

/** RFC 1112 §6.4. */
function groupMac(group: number): MacAddress {
  return new MacAddress(0x0100, 0x5e000000 + (group & 0x7fffff));
}
