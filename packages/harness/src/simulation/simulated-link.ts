import { type Link, LinkEvent, type LinkOffload, type MacAddress, TransmitResult } from '@immuable-net/ethernet';
import { FrameChecksum, type InboundFrame, type OutboundFrame } from '@immuable-net/octets';
import type { Channel } from './channel.ts';
import type { SimulatedFrame } from './simulated-frame.ts';
import type { SimulatedNetwork } from './simulated-network.ts';

const NO_OFFLOAD: LinkOffload = { checksum: false, segments4: 0, segments6: 0 };

/** Watches what passes a link: captures, models. Frames are borrowed. */
export interface FrameObserver {
  sent(link: SimulatedLink, octets: Uint8Array, start: number, end: number, now: number): void;
  received(link: SimulatedLink, octets: Uint8Array, start: number, end: number, now: number): void;
}

/** A stack's end of a simulated wire. No offload: what a wire alters must be summed above it. */
export class SimulatedLink implements Link {
  readonly medium: 'ethernet' | 'ip';
  readonly hardwareAddress: MacAddress | undefined;
  readonly offload: LinkOffload;
  readonly name: string;
  wake: ((events: number) => void) | undefined;
  /** Told of every frame. */
  observer: FrameObserver | undefined;
  /** Where frames leave; set by whoever plugs the link in. */
  channel: Channel | undefined;
  /** Takes arrived frames in place of a stack: ports of a switch. */
  forward: ((frame: SimulatedFrame, from: SimulatedLink) => void) | undefined;
  #network: SimulatedNetwork;
  #mtu: number;
  #arrived: SimulatedFrame[];
  #lent: SimulatedFrame | undefined;
  #up: boolean;
  #closed: boolean;

  constructor(network: SimulatedNetwork, name: string, mtu: number) {
    this.medium = 'ethernet';
    this.hardwareAddress = undefined;
    this.offload = NO_OFFLOAD;
    this.name = name;
    this.wake = undefined;
    this.observer = undefined;
    this.channel = undefined;
    this.forward = undefined;
    this.#network = network;
    this.#mtu = mtu;
    this.#arrived = [];
    this.#lent = undefined;
    this.#up = true;
    this.#closed = false;
  }

  get mtu(): number {
    return this.#mtu;
  }

  /** Changes the link's own MTU and tells the stack. */
  setMtu(mtu: number): void {
    this.#mtu = mtu;
    this.wake?.(LinkEvent.Mtu);
  }

  /** Takes the link down or up and tells the stack. Frames under way to a link that is down are lost. */
  setUp(up: boolean): void {
    this.#up = up;
    if (!up) this.#forget();
    this.wake?.(up ? LinkEvent.Up : LinkEvent.Down);
  }

  /** Frames that wait to be received. */
  get waiting(): number {
    return this.#arrived.length;
  }

  receive(frame: InboundFrame): boolean {
    this.#giveBack();
    const next = this.#arrived.shift();
    if (next === undefined) return false;
    this.#lent = next;
    this.observer?.received(this, next.slab.octets, 0, next.length, this.#network.now);
    frame.lend(next.slab, 0, next.length, FrameChecksum.Unknown, 0);
    return true;
  }

  transmit(frame: OutboundFrame): TransmitResult {
    if (this.#closed || !this.#up || this.channel === undefined) return TransmitResult.Down;
    frame.fillChecksum();
    frame.flatten();
    const length = frame.end - frame.start;
    if (length > this.#mtu + 14 || frame.segmentSize > 0) return TransmitResult.Refused;
    const copy = this.#network.pool.take(length);
    copy.slab.octets.set(frame.slab.octets.subarray(frame.start, frame.end));
    this.observer?.sent(this, copy.slab.octets, 0, length, this.#network.now);
    this.channel.send(copy);
    return TransmitResult.Sent;
  }

  /** Called by the network: a frame has come. */
  arrive(frame: SimulatedFrame): void {
    if (this.forward !== undefined) this.forward(frame, this);
    else if (this.#closed || !this.#up) this.#network.pool.give(frame);
    else if (this.#arrived.push(frame) === 1) this.wake?.(LinkEvent.Readable);
  }

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  #giveBack(): void {
    const lent = this.#lent;
    if (lent === undefined) return;
    this.#lent = undefined;
    this.#network.pool.give(lent);
  }

  #forget(): void {
    this.#giveBack();
    for (const frame of this.#arrived.splice(0)) this.#network.pool.give(frame);
  }
}
