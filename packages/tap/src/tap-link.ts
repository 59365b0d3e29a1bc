import { type Link, LinkEvent, type LinkOffload, type MacAddress, TransmitResult } from '@immuable-net/ethernet';
import {
  copyOctets,
  FRAME_OCTETS,
  FrameChecksum,
  type InboundFrame,
  MAXIMUM_PARTS,
  type OutboundFrame,
  Slab,
} from '@immuable-net/octets';
import { InterfaceWatch } from './interface-watch.ts';
import { addressOf, close, Errno, errno, type PollHandle, poll, read, write, writev } from './libc.ts';
import { type InterfaceStatistics, readInterface, readStatistics } from './network-interface.ts';
import { ETHERNET_HEADER_OCTETS, LARGEST_PACKET, VNET_HEADER_OCTETS } from './parameters.ts';
import type { TapQueue } from './tap-queue.ts';
import { VnetFlag, VnetHeader, VnetSegmentation } from './vnet-header.ts';

const IOVEC_OCTETS = 16;
/** Parts up to this size are copied: the address of a small typed array costs as much, and it may be on the heap. */
const SMALL_PART_OCTETS = 512;
const TWO_TO_32 = 0x1_0000_0000;

/** Counters of a {@link TapLink}, each named after what happened. */
export interface TapCounters {
  received: number;
  receivedOctets: number;
  sent: number;
  sentOctets: number;
  /** Reads shorter than the headers that the kernel promised. */
  truncated: number;
  /** A device that took no frame for the moment (EAGAIN, ENOBUFS, ENOMEM). */
  full: number;
  /** Frames given while the device was down or gone. */
  down: number;
  /** Frames that were too large, asked for an offload that is not there, or that the kernel called malformed. */
  refused: number;
}

/**
 * A Linux tap (or tun) as a link. Reads and writes are synchronous system calls that do not block; one buffer
 * serves all frames that come in.
 *
 * Whoever gives {@link wake} is called from the event loop; while nobody listens, the descriptor is not watched.
 */
export class TapLink implements Link {
  readonly medium: 'ethernet' | 'ip';
  /** A tap has no opinion: the address of the device is the *host's* end ({@link deviceAddress}). */
  readonly hardwareAddress: MacAddress | undefined;
  readonly counters: TapCounters;
  #queue: TapQueue;
  #offload: LinkOffload;
  #fd: number;
  #mtu: number;
  #up: boolean;
  #deviceAddress: MacAddress;
  #vnetOctets: number;
  #headerOctets: number;
  readonly #slab: Slab;
  readonly #slabAddress: number;
  #wake: ((events: number) => void) | undefined;
  #poll: PollHandle | undefined;
  #watchesWritable: boolean;
  #watch: InterfaceWatch | undefined;
  #gone: boolean;
  #closed: boolean;
  readonly #vectors: Uint8Array;
  readonly #vectorsView: DataView;
  readonly #vectorsAddress: number;
  readonly #small: Uint8Array;
  readonly #smallAddress: number;
  /** The slab that frames came down in last, and its address: a stack has one. */
  #outSlab: Slab | undefined;
  #outSlabAddress: number;
  /** The octets that a part was taken from last, and their address: an archive's mapping comes again and again. */
  #partOctets: Uint8Array | undefined;
  #partAddress: number;

  /** Takes the queue over: {@link close} closes its descriptor. */
  constructor(queue: TapQueue) {
    this.medium = queue.kind === 'tap' ? 'ethernet' : 'ip';
    this.hardwareAddress = undefined;
    this.counters = {
      received: 0,
      receivedOctets: 0,
      sent: 0,
      sentOctets: 0,
      truncated: 0,
      full: 0,
      down: 0,
      refused: 0,
    };
    const state = readInterface(queue.name);
    if (state === undefined) throw new Error(`${queue.name} vanished while it was opened`);
    this.#queue = queue;
    this.#offload = offloadOf(queue);
    this.#fd = queue.fd;
    this.#mtu = state.mtu;
    this.#up = state.up;
    this.#deviceAddress = state.hardwareAddress;
    this.#vnetOctets = queue.vnetHeader ? VNET_HEADER_OCTETS : 0;
    this.#headerOctets = queue.kind === 'tap' ? ETHERNET_HEADER_OCTETS : 0;
    this.#slab = Slab.allocate(FRAME_OCTETS);
    this.#slabAddress = addressOf(this.#slab.octets);
    this.#wake = undefined;
    this.#poll = undefined;
    this.#watchesWritable = false;
    this.#watch = undefined;
    this.#gone = false;
    this.#closed = false;
    this.#vectors = Buffer.alloc((MAXIMUM_PARTS + 1) * IOVEC_OCTETS);
    this.#vectorsView = new DataView(this.#vectors.buffer, this.#vectors.byteOffset, this.#vectors.length);
    this.#vectorsAddress = addressOf(this.#vectors);
    this.#small = Buffer.alloc(MAXIMUM_PARTS * SMALL_PART_OCTETS);
    this.#smallAddress = addressOf(this.#small);
    this.#outSlab = undefined;
    this.#outSlabAddress = 0;
    this.#partOctets = undefined;
    this.#partAddress = 0;
  }

  get name(): string {
    return this.#queue.name;
  }

  get mtu(): number {
    return this.#mtu;
  }

  get offload(): LinkOffload {
    return this.#offload;
  }

  /** Whether the host's side is up. */
  get up(): boolean {
    return this.#up && !this.#gone && !this.#closed;
  }

  /** The device vanished: {@link attach} another queue, or close. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The MAC address of the host's end. */
  get deviceAddress(): MacAddress {
    return this.#deviceAddress;
  }

  get wake(): ((events: number) => void) | undefined {
    return this.#wake;
  }

  set wake(wake: ((events: number) => void) | undefined) {
    this.#wake = wake;
    if (wake !== undefined) this.#listen();
    else this.#deafen();
  }

  /** The device's own counters; undefined when it is gone. Reads a file: at most now and then. */
  statistics(): InterfaceStatistics | undefined {
    return readStatistics(this.#queue.name);
  }

  receive(frame: InboundFrame): boolean {
    if (this.#closed || this.#gone) return false;
    const count = read(this.#fd, this.#slabAddress, FRAME_OCTETS);
    if (count < 0) {
      this.#readFailed();
      return false;
    }
    const start = this.#vnetOctets;
    if (count < start + this.#headerOctets) {
      this.counters.truncated++;
      // Never seen of a kernel: an empty frame, which every reader counts as malformed.
      frame.lend(this.#slab, 0, 0, FrameChecksum.Unknown, 0);
      return true;
    }
    this.counters.received++;
    this.counters.receivedOctets += count - start;
    let checksum: FrameChecksum = FrameChecksum.Unknown;
    let segmentSize = 0;
    if (start !== 0) {
      const octets = this.#slab.octets;
      const flags = octets[VnetHeader.FLAGS]!;
      if ((flags & VnetFlag.NEEDS_CSUM) !== 0) checksum = FrameChecksum.Partial;
      else if ((flags & VnetFlag.DATA_VALID) !== 0) checksum = FrameChecksum.Valid;
      if (octets[VnetHeader.GSO_TYPE] !== VnetSegmentation.NONE) {
        segmentSize = this.#slab.view.getUint16(VnetHeader.GSO_SIZE, true);
      }
    }
    frame.lend(this.#slab, start, count, checksum, segmentSize);
    return true;
  }

  transmit(frame: OutboundFrame): TransmitResult {
    if (this.#closed || this.#gone) {
      this.counters.down++;
      return TransmitResult.Down;
    }
    const length = frame.length;
    const headerOctets = this.#headerOctets;
    const start = frame.start - this.#vnetOctets;
    const segmented = frame.segmentSize !== 0 && length - (frame.headerEnd - frame.start) > frame.segmentSize;
    const limit = !segmented
      ? this.#mtu
      : frame.segmentFamily === 6
        ? this.#offload.segments6
        : this.#offload.segments4;
    if (
      length > limit + headerOctets ||
      length < headerOctets ||
      start < 0 ||
      (frame.checksumStart !== 0 && !this.#offload.checksum)
    ) {
      this.counters.refused++;
      return TransmitResult.Refused;
    }
    if (this.#vnetOctets !== 0) this.#writeVnetHeader(frame, start, segmented);
    const slab = frame.slab;
    if (slab !== this.#outSlab) {
      this.#outSlab = slab;
      this.#outSlabAddress = addressOf(slab.octets);
    }
    const address = this.#outSlabAddress + start;
    const head = frame.end - start;
    const count =
      frame.partCount === 0
        ? write(this.#fd, address, head)
        : writev(this.#fd, this.#vectorsAddress, this.#aimVectors(frame, address, head));
    if (count < 0) return this.#writeFailed();
    this.counters.sent++;
    this.counters.sentOctets += length;
    return TransmitResult.Sent;
  }

  /** Goes on with a new queue after the device was gone: told by `wake` with `Up`. The MTU may be another one. */
  attach(queue: TapQueue): void {
    if (this.#closed) throw new Error(`the link of ${queue.name} is closed`);
    if (!this.#gone) throw new Error(`the link of ${this.name} is not gone`);
    if ((queue.kind === 'tap') !== (this.medium === 'ethernet'))
      throw new TypeError(`${queue.name} is a ${queue.kind}`);
    const state = readInterface(queue.name);
    if (state === undefined) throw new Error(`${queue.name} vanished while it was opened`);
    const mtu = this.#mtu;
    this.#queue = queue;
    this.#offload = offloadOf(queue);
    this.#fd = queue.fd;
    this.#vnetOctets = queue.vnetHeader ? VNET_HEADER_OCTETS : 0;
    this.#mtu = state.mtu;
    this.#up = state.up;
    this.#deviceAddress = state.hardwareAddress;
    this.#gone = false;
    if (this.#wake !== undefined) this.#listen();
    const events = (state.up ? LinkEvent.Up : LinkEvent.Down) | (state.mtu === mtu ? 0 : LinkEvent.Mtu);
    setImmediate(() => this.#tell(events | LinkEvent.Readable | LinkEvent.Writable));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deafen();
    if (!this.#gone) close(this.#fd);
  }

  #writeVnetHeader(frame: OutboundFrame, at: number, segmented: boolean): void {
    const octets = frame.slab.octets;
    const view = frame.slab.view;
    if (frame.checksumStart !== 0) {
      octets[at + VnetHeader.FLAGS] = VnetFlag.NEEDS_CSUM;
      view.setUint16(at + VnetHeader.CSUM_START, frame.checksumStart - frame.start, true);
      view.setUint16(at + VnetHeader.CSUM_OFFSET, frame.checksumOffset, true);
    } else {
      octets[at + VnetHeader.FLAGS] = 0;
      view.setUint32(at + VnetHeader.CSUM_START, 0, true);
    }
    if (segmented) {
      octets[at + VnetHeader.GSO_TYPE] = frame.segmentFamily === 6 ? VnetSegmentation.TCPV6 : VnetSegmentation.TCPV4;
      view.setUint16(at + VnetHeader.HDR_LEN, frame.headerEnd - frame.start, true);
      view.setUint16(at + VnetHeader.GSO_SIZE, frame.segmentSize, true);
    } else {
      octets[at + VnetHeader.GSO_TYPE] = VnetSegmentation.NONE;
      view.setUint32(at + VnetHeader.HDR_LEN, 0, true);
    }
  }

  /** Fills `struct iovec` for the head and each part; returns how many. */
  #aimVectors(frame: OutboundFrame, address: number, head: number): number {
    this.#aimVector(0, address, head);
    let small = 0;
    for (let i = 0; i < frame.partCount; i++) {
      const octets = frame.parts[i]!;
      const start = frame.partStarts[i]!;
      const end = frame.partEnds[i]!;
      if (end - start <= SMALL_PART_OCTETS) {
        copyOctets(octets, start, end, this.#small, small);
        this.#aimVector(i + 1, this.#smallAddress + small, end - start);
        small += end - start;
        continue;
      }
      if (octets !== this.#partOctets) {
        this.#partOctets = octets;
        this.#partAddress = addressOf(octets);
      }
      this.#aimVector(i + 1, this.#partAddress + start, end - start);
    }
    return frame.partCount + 1;
  }

  #aimVector(index: number, address: number, length: number): void {
    const at = index * IOVEC_OCTETS;
    // An address as two halves: setBigUint64 would make a BigInt.
    this.#vectorsView.setUint32(at, address % TWO_TO_32, true);
    this.#vectorsView.setUint32(at + 4, Math.floor(address / TWO_TO_32), true);
    this.#vectorsView.setUint32(at + 8, length, true);
  }

  #readFailed(): void {
    const failed = errno();
    if (failed === Errno.EBADFD || failed === Errno.ENODEV || failed === Errno.EBADF) this.#vanish();
    // EAGAIN: nothing waits. EIO: down. EINTR: the poll tells again. All three need nothing.
  }

  #writeFailed(): TransmitResult {
    switch (errno()) {
      case Errno.EAGAIN:
      case Errno.ENOBUFS:
      case Errno.ENOMEM:
      case Errno.EINTR:
        this.counters.full++;
        this.#watchWritable();
        return TransmitResult.Full;
      case Errno.EBADFD:
      case Errno.ENODEV:
      case Errno.EBADF:
        this.counters.down++;
        this.#vanish();
        return TransmitResult.Down;
      case Errno.EIO:
        // The host's side is not up.
        this.counters.down++;
        return TransmitResult.Down;
      default:
        this.counters.refused++;
        return TransmitResult.Refused;
    }
  }

  #listen(): void {
    if (this.#closed || this.#gone) return;
    this.#poll ??= poll(this.#fd, { readable: true, writable: false }, this.#polled);
    this.#watch ??= new InterfaceWatch(() => this.#changed());
    this.#changed();
  }

  #deafen(): void {
    this.#poll?.close();
    this.#poll = undefined;
    this.#watchesWritable = false;
    this.#watch?.close();
    this.#watch = undefined;
  }

  #watchWritable(): void {
    if (this.#watchesWritable || this.#poll === undefined) return;
    this.#watchesWritable = true;
    // ENOBUFS leaves the device writable: the event comes with the next turn of the loop, never from here.
    this.#poll.start({ readable: true, writable: true }, this.#polledAs);
  }

  readonly #polled: (status: number, events: { readable: boolean; writable: boolean }) => void = (status, events) => {
    if (status < 0) {
      this.#vanish();
      return;
    }
    let told = events.readable ? LinkEvent.Readable : 0;
    if (events.writable && this.#watchesWritable) {
      this.#watchesWritable = false;
      this.#poll?.start({ readable: true }, this.#polledAs);
      told |= LinkEvent.Writable;
    }
    if (told !== 0) this.#tell(told);
  };

  /** The same function as the library's types name it. */
  get #polledAs(): (events: { readable: boolean; writable: boolean; disconnect: boolean }) => void {
    return this.#polled as unknown as (events: { readable: boolean; writable: boolean; disconnect: boolean }) => void;
  }

  /** Something changed about some interface: looks whether it is ours. */
  #changed(): void {
    if (this.#closed || this.#gone) return;
    const state = readInterface(this.#queue.name);
    if (state === undefined) return; // deleted or renamed: the descriptor itself tells which
    let events = 0;
    if (state.mtu !== this.#mtu) {
      this.#mtu = state.mtu;
      events |= LinkEvent.Mtu;
    }
    if (state.up !== this.#up) {
      this.#up = state.up;
      events |= state.up ? LinkEvent.Up | LinkEvent.Writable : LinkEvent.Down;
    }
    this.#deviceAddress = state.hardwareAddress;
    if (events !== 0) setImmediate(() => this.#tell(events));
  }

  /** The device is gone: closes the descriptor, and tells soon (never from inside `receive` or `transmit`). */
  #vanish(): void {
    if (this.#gone || this.#closed) return;
    this.#gone = true;
    this.#deafen();
    close(this.#fd);
    setImmediate(() => this.#tell(LinkEvent.Gone));
  }

  #tell(events: number): void {
    if (!this.#closed) this.#wake?.(events);
  }
}

function offloadOf(queue: TapQueue): LinkOffload {
  const { checksum, segments4, segments6 } = queue.offload;
  return {
    checksum,
    segments4: segments4 ? LARGEST_PACKET : 0,
    segments6: segments6 ? LARGEST_PACKET : 0,
  };
}
