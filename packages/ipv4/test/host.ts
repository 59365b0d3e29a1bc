import { EthernetArrival, EthernetLayer, MacAddress, type MemoryLink, MemoryWire } from '@immuable-net/ethernet';
import { IpAddress, Prefix } from '@immuable-net/ip';
import { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { Ipv4Arrival, Ipv4Layer } from '../src/index.ts';
import { Packet } from './packet.ts';

export const OURS: MacAddress = MacAddress.parse('02:00:00:00:00:0a');
export const THEIRS: MacAddress = MacAddress.parse('02:00:00:00:00:0b');

export interface HostOptions {
  readonly addresses?: readonly string[];
  readonly gateway?: string;
  readonly mtu?: number;
  readonly medium?: 'ethernet' | 'ip';
  readonly offload?: boolean;
}

/** Fills with octets from a small generator: the same for the same seed. */
export function seeded(seed: number): (octets: Uint8Array, start: number, end: number) => void {
  let state = seed | 0;
  return (octets, start, end) => {
    for (let i = start; i < end; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      octets[i] = state >>> 24;
    }
  };
}

/** An IPv4 layer of ours at 10.0.0.2/24, and somebody at the other end of its wire who speaks in packets. */
export class Host {
  readonly ethernet: EthernetLayer;
  readonly ipv4: Ipv4Layer;
  readonly frame: InboundFrame;
  readonly #near: MemoryLink;
  readonly #far: MemoryLink;
  readonly #out: OutboundFrame;

  constructor(options: HostOptions = {}) {
    const { mtu = 1500, medium = 'ethernet', offload = false } = options;
    const wire = new MemoryWire({ mtu, medium, offload, frames: 128 });
    this.#near = wire.left;
    this.#far = wire.right;
    this.frame = new InboundFrame();
    this.#out = new OutboundFrame();
    this.ethernet = new EthernetLayer({ link: wire.left, macAddress: OURS, random: seeded(1) });
    this.ipv4 = new Ipv4Layer({
      ethernet: this.ethernet,
      addresses: (options.addresses ?? ['10.0.0.2/24']).map((text) => Prefix.parse(text)),
      gateway: options.gateway === undefined ? undefined : IpAddress.parse(options.gateway),
      random: seeded(2),
    });
  }

  /** Gives our layer an IP packet in a frame to `to`, from `from`. */
  arrive(packet: Uint8Array, now: number = 0, to: MacAddress = OURS, from: MacAddress = THEIRS): Ipv4Arrival {
    const frame = this.#out;
    frame.reset();
    if (this.ethernet.framed) {
      const header = new DataView(new ArrayBuffer(14));
      header.setUint16(0, to.high);
      header.setUint32(2, to.low);
      header.setUint16(6, from.high);
      header.setUint32(8, from.low);
      header.setUint16(12, 0x0800);
      frame.copy(new Uint8Array(header.buffer), 0, 14);
    }
    frame.copy(packet, 0, packet.length);
    this.#far.transmit(frame);
    if (!this.#near.receive(this.frame)) throw new Error('the wire lost a frame');
    if (this.ethernet.arrive(this.frame, now) !== EthernetArrival.Ipv4) return Ipv4Arrival.Dropped;
    return this.ipv4.arrive(this.frame, now);
  }

  /** Answers an ARP request for an address as their MAC address would. */
  introduce(address: string, from: MacAddress = THEIRS): void {
    this.ethernet.arp.neighbours.learn(IpAddress.parse(address).word3, from.high, from.low, 0);
  }

  /** Every frame that our layer sent since, whole. */
  takeFrames(): Uint8Array[] {
    const taken: Uint8Array[] = [];
    while (this.#far.receive(this.frame)) {
      taken.push(this.frame.slab.octets.slice(this.frame.start, this.frame.end));
    }
    return taken;
  }

  /** Every IPv4 packet that our layer sent since, checked. */
  take(): Packet[] {
    const header = this.ethernet.framed ? 14 : 0;
    return this.takeFrames()
      .filter((frame) => header === 0 || (frame[12] === 8 && frame[13] === 0))
      .map((frame) => Packet.read(frame.subarray(header), header === 0 ? undefined : frame.subarray(0, 6)));
  }

  /** Runs timers one deadline after the other up to `until`. */
  run(until: number): void {
    for (;;) {
      const at = Math.min(this.ethernet.nextTimeout(), this.ipv4.nextTimeout());
      if (at > until) break;
      this.ethernet.timeoutsExpire(at);
      this.ipv4.timeoutsExpire(at);
    }
  }
}
