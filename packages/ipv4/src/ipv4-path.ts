import {
  type EthernetLayer,
  EtherType,
  MacAddress,
  type Neighbour,
  NeighbourOutput,
  NeighbourState,
  TransmitResult,
} from '@immuable-net/ethernet';
import { foldSum, IpAddress, OutputResult, type Path, pseudoSum4, wordSum } from '@immuable-net/ip';
import type { OutboundFrame } from '@immuable-net/octets';
import type { Ipv4Counters } from './counters.ts';
import type { Fragmenter } from './fragmenter.ts';
import { FragmentBits } from './packet-header.ts';
import { HEADER_OCTETS, MAXIMUM_PACKET, MINIMUM_PATH_MTU, TIME_TO_LIVE } from './parameters.ts';
import type { PathMtuCache } from './path-mtu-cache.ts';
import type { RouteTable } from './routes.ts';

/** What a path shares with all others of its layer. */
export interface PathGround {
  readonly ethernet: EthernetLayer;
  readonly routes: RouteTable;
  readonly pathMtus: PathMtuCache;
  readonly fragmenter: Fragmenter;
  readonly counters: Ipv4Counters;
  /** Grows whenever addresses, routes or path MTUs change: paths then look anew. */
  readonly generation: number;
  isBroadcast(address: number): boolean;
  /** A validated message said that packets of more than `mtu` octets do not get to this address. */
  lowerPathMtu(remote: number, mtu: number, now: number): void;
}

/** The halves of a header that are the same in every packet: version and length, DF, TTL. */
const CONSTANT_SUM = 0x4500 + FragmentBits.DontFragment + (TIME_TO_LIVE << 8);

/** The way to one IPv4 address from one of ours. */
export class Ipv4Path implements Path {
  readonly family = 4;
  readonly headerLength: number = HEADER_OCTETS;
  pseudoSum: number;
  readonly #ground: PathGround;
  #local: number;
  #remote: number;
  /** Sum of the header's halves that do not change from packet to packet. */
  #headerSum: number;
  /** MAC address that packets go to; `#high` is below zero while it is the neighbour's to say. */
  #high: number;
  #low: number;
  /** Whether the MAC address is the one that a packet came from. */
  #kept: boolean;
  #nextHop: number;
  #routed: boolean;
  #neighbour: Neighbour | undefined;
  #generation: number;
  #mtu: number;
  #fragmentable: boolean;
  readonly #passing: boolean;

  /**
   * For the layer: use `Ipv4Layer.path`.
   *
   * @param passing whether nobody keeps the path, so that nobody will hear of its MTU
   */
  constructor(ground: PathGround, passing: boolean) {
    this.pseudoSum = 0;
    this.#ground = ground;
    this.#local = 0;
    this.#remote = 0;
    this.#headerSum = 0;
    this.#high = -1;
    this.#low = 0;
    this.#kept = false;
    this.#nextHop = 0;
    this.#routed = false;
    this.#neighbour = undefined;
    this.#generation = -1;
    this.#mtu = MAXIMUM_PACKET;
    this.#fragmentable = false;
    this.#passing = passing;
  }

  get local(): IpAddress {
    return IpAddress.v4(this.#local);
  }

  get remote(): IpAddress {
    return IpAddress.v4(this.#remote);
  }

  get mtu(): number {
    if (this.#generation !== this.#ground.generation) this.#refresh();
    const link = this.#ground.ethernet.link.mtu;
    return Math.min(this.#mtu, link);
  }

  get linkMtu(): number {
    return this.#ground.ethernet.link.mtu;
  }

  get segments(): number {
    return this.#ground.ethernet.link.offload.segments4;
  }

  get checksumOffload(): boolean {
    return this.#ground.ethernet.link.offload.checksum;
  }

  /**
   * For the layer: points the path. With `high` from 0 up packets go to that MAC address, without a look-up,
   * until {@link doubt}; below zero to where the routes say.
   */
  aim(local: number, remote: number, high: number, low: number): void {
    this.#local = local;
    this.#remote = remote;
    this.#headerSum = CONSTANT_SUM + wordSum(local) + wordSum(remote);
    this.pseudoSum = pseudoSum4(local, remote);
    this.#kept = high >= 0;
    this.#high = high;
    this.#low = low;
    this.#neighbour = undefined;
    this.#generation = -1;
  }

  output(
    frame: OutboundFrame,
    protocol: number,
    checksumOffset: number,
    ecn: number,
    fragment: boolean,
    now: number,
  ): OutputResult {
    const ground = this.#ground;
    if (this.#generation !== ground.generation) this.#refresh();
    const link = ground.ethernet.link;
    const offload = link.offload;
    const view = frame.slab.view;
    const segment = frame.start;
    const length = frame.end - segment + frame.partOctets;
    const total = length + HEADER_OCTETS;
    if (frame.segmentSize > 0) {
      if (total > offload.segments4) return this.#tooBig();
      frame.segmentFamily = 4;
    } else if (total > link.mtu || total > this.#mtu) {
      return this.#outputFragments(frame, protocol, checksumOffset, ecn, fragment, now);
    }
    if (checksumOffset >= 0) {
      const pseudo = foldSum(this.pseudoSum + protocol + length);
      if (offload.checksum) {
        view.setUint16(segment + checksumOffset, pseudo);
        frame.checksumStart = segment;
        frame.checksumOffset = checksumOffset;
      } else {
        writeChecksum(frame, segment, checksumOffset, pseudo);
      }
    }
    // Routers may cut an answer that we do not stand by, as a large echo reply: an error about it would teach nobody.
    const cuttable = this.#fragmentable || (this.#passing && fragment && total > MINIMUM_PATH_MTU);
    // RFC 6864 §4.1: an atomic packet (DF, not a fragment) needs no identification.
    const identification = cuttable ? ground.fragmenter.identification(this.#remote) : 0;
    const flags = cuttable ? 0 : FragmentBits.DontFragment;
    const sum = foldSum(this.#headerSum - FragmentBits.DontFragment + flags + identification + ecn + total + protocol);
    const at = segment - HEADER_OCTETS;
    view.setInt32(at, 0x4500_0000 | (ecn << 16) | total);
    view.setInt32(at + 4, (identification << 16) | flags);
    view.setInt32(at + 8, (TIME_TO_LIVE << 24) | (protocol << 16) | (~sum & 0xffff));
    view.setInt32(at + 12, this.#local);
    view.setInt32(at + 16, this.#remote);
    frame.start = at;
    return this.#transmit(frame, now);
  }

  confirm(now: number): void {
    if (this.#neighbour !== undefined) this.#neighbour.confirmedAt = now;
  }

  doubt(now: number): void {
    if (this.#kept) {
      // Where no route leads there the MAC address that packets came from is all there is.
      if (this.#ground.routes.find(this.remote) === undefined) return;
      this.#kept = false;
      this.#high = -1;
      this.#generation = -1;
    } else if (this.#neighbour !== undefined) {
      this.#ground.ethernet.arp.neighbours.doubt(this.#neighbour, now);
    }
  }

  lowerMtu(mtu: number, now: number): void {
    this.#ground.lowerPathMtu(this.#remote, mtu, now);
  }

  /** Sends a frame that begins with the IP header. */
  #transmit(frame: OutboundFrame, now: number): OutputResult {
    const ground = this.#ground;
    const ethernet = ground.ethernet;
    if (this.#high >= 0) {
      const result = ethernet.output(frame, this.#high, this.#low, EtherType.Ipv4);
      if (result === TransmitResult.Sent) {
        ground.counters.sent++;
        return OutputResult.Sent;
      }
      return result === TransmitResult.Full ? OutputResult.Full : OutputResult.Unreachable;
    }
    if (!this.#routed) {
      ground.counters.unroutable++;
      return OutputResult.Unreachable;
    }
    let neighbour = this.#neighbour;
    if (neighbour === undefined || neighbour.state === NeighbourState.Gone) {
      neighbour = ethernet.arp.neighbours.get(this.#nextHop, now);
      this.#neighbour = neighbour;
    }
    switch (ethernet.outputTo(neighbour, frame, EtherType.Ipv4, now)) {
      case NeighbourOutput.Sent:
        ground.counters.sent++;
        return OutputResult.Sent;
      case NeighbourOutput.Full:
        return OutputResult.Full;
      case NeighbourOutput.Pending:
        return OutputResult.Pending;
      default:
        return OutputResult.Unreachable;
    }
  }

  #outputFragments(
    frame: OutboundFrame,
    protocol: number,
    checksumOffset: number,
    ecn: number,
    fragment: boolean,
    now: number,
  ): OutputResult {
    const segment = frame.start;
    const length = frame.length;
    if (!fragment || length + HEADER_OCTETS > MAXIMUM_PACKET) return this.#tooBig();
    frame.flatten();
    if (checksumOffset >= 0) {
      writeChecksum(frame, segment, checksumOffset, foldSum(this.pseudoSum + protocol + length));
    }
    const fragmenter = this.#ground.fragmenter;
    fragmenter.begin(frame, this.#local, this.#remote, protocol, ecn, this.mtu);
    let worst: OutputResult = OutputResult.Sent;
    for (let next = fragmenter.next(); next !== undefined; next = fragmenter.next()) {
      const result = this.#transmit(next, now);
      // What is left could not be sent either, and without all of it the rest is of no use.
      if (result === OutputResult.Full || result === OutputResult.Unreachable) return result;
      if (result > worst) worst = result;
      this.#ground.counters.fragmentsSent++;
    }
    return worst;
  }

  #tooBig(): OutputResult {
    this.#ground.counters.tooBig++;
    return OutputResult.Unreachable;
  }

  #refresh(): void {
    const ground = this.#ground;
    this.#generation = ground.generation;
    this.#mtu = ground.pathMtus.mtu(this.#remote, MAXIMUM_PACKET);
    this.#fragmentable = ground.pathMtus.fragmentable(this.#remote);
    if (this.#kept) return;
    this.#neighbour = undefined;
    this.#high = -1;
    const remote = IpAddress.v4(this.#remote);
    const route = ground.routes.find(remote);
    this.#routed = route !== undefined;
    if (!ground.ethernet.framed) {
      if (this.#routed) this.#high = 0;
    } else if (remote.isMulticast) {
      // RFC 1112 §6.4: 01-00-5E and the low 23 bits.
      this.#high = 0x0100;
      this.#low = 0x5e000000 + (this.#remote & 0x7fffff);
    } else if (ground.isBroadcast(this.#remote)) {
      this.#high = MacAddress.BROADCAST.high;
      this.#low = MacAddress.BROADCAST.low;
    } else if (route !== undefined) {
      this.#nextHop = route.gateway === undefined ? this.#remote : route.gateway.word3;
    }
  }
}

function writeChecksum(frame: OutboundFrame, segment: number, checksumOffset: number, pseudo: number): void {
  const view = frame.slab.view;
  view.setUint16(segment + checksumOffset, 0);
  const sum = ~frame.sumFrom(segment, pseudo) & 0xffff;
  // RFC 768: zero would mean that there is none; all ones is the same number.
  view.setUint16(segment + checksumOffset, sum === 0 ? 0xffff : sum);
}
