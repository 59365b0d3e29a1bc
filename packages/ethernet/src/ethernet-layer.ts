import { type InboundFrame, OutboundFrame, type RandomSource } from '@immuable-net/octets';
import { ArpLayer, type ArpOutput } from './arp/arp-layer.ts';
import type { Neighbour } from './arp/neighbour.ts';
import type { WaitingFrame } from './arp/waiting-frame.ts';
import { EthernetCounters } from './counters.ts';
import { EthernetField, writeEthernetHeader } from './frame-header.ts';
import { GroupFilter } from './group-filter.ts';
import { type Link, TransmitResult } from './link.ts';
import { MacAddress } from './mac-address.ts';
import { EtherType, FIRST_ETHER_TYPE, HEADER_OCTETS, MINIMUM_OCTETS } from './parameters.ts';

/** What {@link EthernetLayer.arrive} made of a frame. */
export const EthernetArrival = {
  /** Counted under its reason. */
  Dropped: 0,
  /** ARP: done with. */
  Consumed: 1,
  /** An IPv4 packet lies between `payloadStart` and `payloadEnd`. */
  Ipv4: 2,
  /** An IPv6 packet lies there. */
  Ipv6: 3,
} as const;

/** One of {@link EthernetArrival}. */
export type EthernetArrival = (typeof EthernetArrival)[keyof typeof EthernetArrival];

/** What became of a frame given to {@link EthernetLayer.outputTo}. */
export const NeighbourOutput = {
  Sent: 0,
  /** The link has no room; the frame was not taken. */
  Full: 1,
  /** The neighbour is being looked up; the frame was copied. */
  Pending: 2,
  /** The link is down, or the neighbour does not answer. */
  Unreachable: 3,
} as const;

/** One of {@link NeighbourOutput}. */
export type NeighbourOutput = (typeof NeighbourOutput)[keyof typeof NeighbourOutput];

export interface EthernetOptions {
  readonly link: Link;
  /** Our address; by default the link's opinion, else a random one. */
  readonly macAddress?: MacAddress | undefined;
  readonly random: RandomSource;
}

/**
 * Ethernet over a link: reads and writes frame headers, drops what is not for us, and speaks ARP by itself. On a
 * link of medium `ip` it passes packets through: no header, no ARP.
 */
export class EthernetLayer implements ArpOutput {
  readonly link: Link;
  readonly macAddress: MacAddress;
  readonly counters: EthernetCounters;
  readonly arp: ArpLayer;
  /** Whether frames have a header; false on a link of medium `ip`. */
  readonly framed: boolean;
  /** After `arrive`: the payload, link padding included, as offsets in the frame's slab. */
  payloadStart: number;
  payloadEnd: number;
  /** After `arrive`: where the frame came from; zero on a link of medium `ip`. */
  sourceHigh: number;
  sourceLow: number;
  /** After `arrive`: whether the frame was sent to a group, broadcast included. */
  group: boolean;
  readonly #groups: GroupFilter;
  readonly #high: number;
  readonly #low: number;
  readonly #frame: OutboundFrame;

  constructor(options: EthernetOptions) {
    const link = options.link;
    this.link = link;
    this.macAddress = options.macAddress ?? link.hardwareAddress ?? MacAddress.random(options.random);
    if (this.macAddress.isMulticast)
      throw new RangeError(`${this.macAddress} is a group address: it cannot be a stack's own`);
    this.counters = new EthernetCounters();
    this.framed = link.medium === 'ethernet';
    this.payloadStart = 0;
    this.payloadEnd = 0;
    this.sourceHigh = 0;
    this.sourceLow = 0;
    this.group = false;
    this.#groups = new GroupFilter();
    this.#high = this.macAddress.high;
    this.#low = this.macAddress.low;
    this.#frame = new OutboundFrame();
    this.arp = new ArpLayer(this, options.random);
  }

  /** Takes frames to this group from now on. */
  joinGroup(group: MacAddress): void {
    this.#groups.join(group);
  }

  /** The opposite: after as many calls as to {@link joinGroup}. */
  leaveGroup(group: MacAddress): void {
    this.#groups.leave(group);
  }

  /**
   * One frame lent by the link. For `Ipv4` and `Ipv6`, hand it on at once: the fields here stay until the next
   * call. Call `arp.takeConflict` afterwards when it says `Consumed`.
   */
  arrive(frame: InboundFrame, now: number): EthernetArrival {
    const counters = this.counters;
    counters.received++;
    const start = frame.start;
    const end = frame.end;
    const view = frame.slab.view;
    this.payloadEnd = end;
    if (!this.framed) return this.#arriveBare(view, start, end);
    if (end - start < HEADER_OCTETS) {
      counters.droppedRunt++;
      return EthernetArrival.Dropped;
    }
    const high = view.getUint16(start + EthernetField.DestinationHigh);
    const low = view.getUint32(start + EthernetField.DestinationLow);
    if (high === this.#high && low === this.#low) {
      this.group = false;
    } else if ((high === 0xffff && low === 0xffffffff) || ((high & 0x0100) !== 0 && this.#groups.has(high, low))) {
      this.group = true;
    } else {
      counters.droppedNotForUs++;
      return EthernetArrival.Dropped;
    }
    const sourceHigh = view.getUint16(start + EthernetField.SourceHigh);
    if ((sourceHigh & 0x0100) !== 0) {
      counters.droppedBadSource++;
      return EthernetArrival.Dropped;
    }
    this.sourceHigh = sourceHigh;
    this.sourceLow = view.getUint32(start + EthernetField.SourceLow);
    this.payloadStart = start + HEADER_OCTETS;
    const etherType = view.getUint16(start + EthernetField.EtherType);
    switch (etherType) {
      case EtherType.Ipv4:
        return EthernetArrival.Ipv4;
      case EtherType.Arp:
        this.arp.arrive(view, start + HEADER_OCTETS, end, now);
        return EthernetArrival.Consumed;
      case EtherType.Ipv6:
        counters.receivedIpv6++;
        return EthernetArrival.Ipv6;
      case EtherType.Vlan:
      case EtherType.ServiceVlan:
        counters.droppedTagged++;
        return EthernetArrival.Dropped;
      default:
        if (etherType < FIRST_ETHER_TYPE) counters.droppedLlc++;
        else counters.droppedEtherType++;
        return EthernetArrival.Dropped;
    }
  }

  /**
   * Writes the header in front of `frame.start` and transmits. MAC addresses are their first 16 and last 32 bits.
   * On a link of medium `ip` they are not looked at.
   */
  output(frame: OutboundFrame, high: number, low: number, etherType: number): TransmitResult {
    if (this.framed) {
      const view = frame.slab.view;
      const at = frame.start - HEADER_OCTETS;
      writeEthernetHeader(view, at, high, low, this.#high, this.#low, etherType);
      frame.start = at;
      if (frame.end - at < MINIMUM_OCTETS && frame.partCount === 0) {
        frame.slab.octets.fill(0, frame.end, at + MINIMUM_OCTETS);
        frame.end = at + MINIMUM_OCTETS;
      }
    }
    const result = this.link.transmit(frame);
    const counters = this.counters;
    switch (result) {
      case TransmitResult.Sent:
        counters.sent++;
        break;
      case TransmitResult.Full:
        counters.transmitFull++;
        break;
      case TransmitResult.Down:
        counters.transmitDown++;
        break;
      default:
        counters.transmitRefused++;
    }
    return result;
  }

  /** Sends a frame, whose first octet is the IP header's, to a neighbour: now, or once it answers. */
  outputTo(neighbour: Neighbour, frame: OutboundFrame, etherType: number, now: number): NeighbourOutput {
    const neighbours = this.arp.neighbours;
    if (!neighbour.usable) {
      return neighbours.wait(neighbour, frame, etherType, now) ? NeighbourOutput.Pending : NeighbourOutput.Unreachable;
    }
    neighbours.touch(neighbour, now);
    const result = this.output(frame, neighbour.high, neighbour.low, etherType);
    if (result === TransmitResult.Sent) return NeighbourOutput.Sent;
    return result === TransmitResult.Full ? NeighbourOutput.Full : NeighbourOutput.Unreachable;
  }

  /** For ARP: sends a frame that waited. */
  deliver(waiting: WaitingFrame, high: number, low: number): void {
    waiting.restore(this.#frame);
    this.output(this.#frame, high, low, waiting.etherType);
  }

  /** Runs what was due at or before `now`; then look at `arp.neighbours.takeFailure`. */
  timeoutsExpire(now: number): void {
    if (this.framed) this.arp.timeoutsExpire(now);
  }

  /** When {@link timeoutsExpire} is due next; `Infinity` for never. */
  nextTimeout(): number {
    return this.framed ? this.arp.nextTimeout() : Number.POSITIVE_INFINITY;
  }

  #arriveBare(view: DataView, start: number, end: number): EthernetArrival {
    this.payloadStart = start;
    this.sourceHigh = 0;
    this.sourceLow = 0;
    this.group = false;
    if (end <= start) {
      this.counters.droppedRunt++;
      return EthernetArrival.Dropped;
    }
    switch (view.getUint8(start) >>> 4) {
      case 4:
        return EthernetArrival.Ipv4;
      case 6:
        this.counters.receivedIpv6++;
        return EthernetArrival.Ipv6;
      default:
        this.counters.droppedEtherType++;
        return EthernetArrival.Dropped;
    }
  }
}
