import type { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { type Link, LinkEvent, type LinkOffload, TransmitResult } from '../link.ts';
import type { MacAddress } from '../mac-address.ts';
import { FrameRing } from './frame-ring.ts';

/** What {@link MemoryWire} is made of; every field has a default. */
export interface MemoryWireOptions {
  /** The largest IP packet, octets: 68 (RFC 791) to 65,535; 1500 unless told. */
  readonly mtu?: number;
  /** `ethernet` (default) or `ip`: bare IP packets, no MAC addresses. */
  readonly medium?: 'ethernet' | 'ip';
  /** Checksums left to the link, and packets of 64 KiB taken whole; off unless told. */
  readonly offload?: boolean;
  /** How many frames wait in each direction, rounded up to a power of two; 512 unless told (64 with offload). */
  readonly frames?: number;
  /**
   * Runs a task soon, never at once: `setImmediate` or `queueMicrotask` of a driver. Without it `wake` is never
   * called: whoever owns both stacks polls them.
   */
  readonly schedule?: (task: () => void) => void;
  /** The addresses that the two ends would have their stacks use. */
  readonly hardwareAddresses?: readonly [MacAddress | undefined, MacAddress | undefined];
}

const ETHERNET_HEADER = 14;
const LARGEST_PACKET = 65535;

/**
 * Two links joined in memory: what one end transmits, the other receives, in order and unharmed. A full direction
 * answers `Full`.
 *
 * ```ts
 * const wire = new MemoryWire({ schedule: setImmediate });
 * const server = new NetworkStack({ link: wire.left, … });
 * const client = new NetworkStack({ link: wire.right, … });
 * ```
 */
export class MemoryWire {
  readonly left: MemoryLink;
  readonly right: MemoryLink;

  constructor(options: MemoryWireOptions = {}) {
    const mtu = options.mtu ?? 1500;
    if (!Number.isInteger(mtu) || mtu < 68 || mtu > LARGEST_PACKET) throw new RangeError(`mtu: ${mtu}`);
    const medium = options.medium ?? 'ethernet';
    const offload = options.offload ?? false;
    const frames = options.frames ?? (offload ? 64 : 512);
    if (!Number.isInteger(frames) || frames < 1 || frames > 65536) throw new RangeError(`frames: ${frames}`);
    const frameOctets = (offload ? LARGEST_PACKET : mtu) + (medium === 'ethernet' ? ETHERNET_HEADER : 0);
    const rightward = new FrameRing(frames, frameOctets);
    const leftward = new FrameRing(frames, frameOctets);
    const [leftAddress, rightAddress] = options.hardwareAddresses ?? [undefined, undefined];
    this.left = new MemoryLink(medium, mtu, offload, frameOctets, leftAddress, rightward, leftward, options.schedule);
    this.right = new MemoryLink(medium, mtu, offload, frameOctets, rightAddress, leftward, rightward, options.schedule);
    this.left.join(this.right);
    this.right.join(this.left);
  }

  /** Closes both ends. */
  close(): void {
    this.left.close();
    this.right.close();
  }
}

/** One end of a {@link MemoryWire}. */
export class MemoryLink implements Link {
  readonly medium: 'ethernet' | 'ip';
  readonly mtu: number;
  readonly hardwareAddress: MacAddress | undefined;
  readonly offload: LinkOffload;
  wake: ((events: number) => void) | undefined;
  readonly #frameOctets: number;
  readonly #out: FrameRing;
  readonly #in: FrameRing;
  readonly #schedule: ((task: () => void) => void) | undefined;
  #peer: MemoryLink | undefined;
  /** The frame at the head of `#in` is lent: its slot is given back at the next `receive`. */
  #lent: boolean;
  /** `receive` answered false: the next frame wakes. */
  #starved: boolean;
  /** `transmit` answered `Full`: the next free slot wakes. */
  #blocked: boolean;
  #closed: boolean;
  /** Events that the scheduled task will tell; 0 = none is scheduled. */
  #events: number;
  readonly #tell: () => void;

  /** Made by {@link MemoryWire}. */
  constructor(
    medium: 'ethernet' | 'ip',
    mtu: number,
    offload: boolean,
    frameOctets: number,
    hardwareAddress: MacAddress | undefined,
    outward: FrameRing,
    inward: FrameRing,
    schedule: ((task: () => void) => void) | undefined,
  ) {
    this.medium = medium;
    this.mtu = mtu;
    this.hardwareAddress = hardwareAddress;
    const segments = offload ? LARGEST_PACKET : 0;
    this.offload = { checksum: offload, segments4: segments, segments6: segments };
    this.wake = undefined;
    this.#frameOctets = frameOctets;
    this.#out = outward;
    this.#in = inward;
    this.#schedule = schedule;
    this.#peer = undefined;
    this.#lent = false;
    this.#starved = true;
    this.#blocked = false;
    this.#closed = false;
    this.#events = 0;
    this.#tell = () => {
      const events = this.#events;
      this.#events = 0;
      if (!this.#closed) this.wake?.(events);
    };
  }

  /** Called once by {@link MemoryWire}: names the other end. */
  join(peer: MemoryLink): void {
    this.#peer = peer;
  }

  receive(frame: InboundFrame): boolean {
    const ring = this.#in;
    if (this.#lent) {
      this.#lent = false;
      ring.drop();
      const peer = this.#peer!;
      if (peer.#blocked) {
        peer.#blocked = false;
        peer.#notify(LinkEvent.Writable);
      }
    }
    if (this.#closed || ring.count === 0) {
      this.#starved = true;
      return false;
    }
    ring.lend(frame);
    this.#lent = true;
    return true;
  }

  transmit(frame: OutboundFrame): TransmitResult {
    const peer = this.#peer!;
    if (this.#closed || peer.#closed) return TransmitResult.Down;
    // What was not offered is not taken: the frame would reach the peer with a checksum nobody filled in.
    if (!this.offload.checksum && (frame.checksumStart !== 0 || frame.segmentSize !== 0)) return TransmitResult.Refused;
    if (frame.length > this.#frameOctets) return TransmitResult.Refused;
    if (this.#out.full) {
      this.#blocked = true;
      return TransmitResult.Full;
    }
    this.#out.put(frame);
    if (peer.#starved) {
      peer.#starved = false;
      peer.#notify(LinkEvent.Readable);
    }
    return TransmitResult.Sent;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#in.clear();
    this.#lent = false;
    this.#peer!.#notify(LinkEvent.Gone);
  }

  #notify(event: number): void {
    const schedule = this.#schedule;
    if (schedule === undefined) return;
    const idle = this.#events === 0;
    this.#events |= event;
    if (idle) schedule(this.#tell);
  }
}
