import { fromHex, InboundFrame, OutboundFrame, toHex } from '@immuable-net/octets';
import { EthernetArrival, EthernetLayer, MacAddress, type MemoryLink, MemoryWire } from '../src/index.ts';

export const OURS: MacAddress = MacAddress.parse('02:00:00:00:00:0a');
export const THEIRS: MacAddress = MacAddress.parse('02:00:00:00:00:0b');

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

/** An Ethernet layer of ours, and somebody at the other end of its wire who speaks in octets. */
export class RawPeer {
  readonly ethernet: EthernetLayer;
  readonly #link: MemoryLink;
  readonly #near: MemoryLink;
  readonly #frame: InboundFrame;
  readonly #out: OutboundFrame;

  constructor(medium: 'ethernet' | 'ip' = 'ethernet', frames: number = 512) {
    const wire = new MemoryWire({ medium, frames });
    this.#near = wire.left;
    this.#link = wire.right;
    this.#frame = new InboundFrame();
    this.#out = new OutboundFrame();
    this.ethernet = new EthernetLayer({ link: wire.left, macAddress: OURS, random: seeded(1) });
  }

  /** Gives one frame to our layer. */
  send(octets: Uint8Array | string, now: number = 0): EthernetArrival {
    const frame = this.#out;
    frame.reset();
    const bytes = typeof octets === 'string' ? fromHex(octets) : octets;
    frame.copy(bytes, 0, bytes.length);
    this.#link.transmit(frame);
    if (!this.#near.receive(this.#frame)) return EthernetArrival.Dropped;
    return this.ethernet.arrive(this.#frame, now);
  }

  /** Everything that our layer sent since, in hexadecimal. */
  take(): string[] {
    const taken: string[] = [];
    while (this.#link.receive(this.#frame)) {
      taken.push(toHex(this.#frame.slab.octets.subarray(this.#frame.start, this.#frame.end)));
    }
    return taken;
  }
}

/** An ARP packet in a frame. */
export function arp(
  operation: 1 | 2,
  sender: string,
  senderAddress: string,
  target: string,
  targetAddress: string,
  to: string = 'ffffffffffff',
): string {
  return `${to}${sender}08060001080006040${`00${operation}`}${sender}${senderAddress}${target}${targetAddress}`;
}
