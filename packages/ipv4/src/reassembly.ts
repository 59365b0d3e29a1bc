import { copyOctets, Slab } from '@immuable-net/octets';
import type { Ipv4Counters } from './counters.ts';
import { FragmentBits, Ipv4Field, writeHeaderChecksum } from './packet-header.ts';
import {
  HEADER_OCTETS,
  MAXIMUM_DATAGRAMS_PER_SOURCE,
  MAXIMUM_PACKET,
  MAXIMUM_REASSEMBLY_OCTETS,
  REASSEMBLY_MS,
} from './parameters.ts';
import { type FragmentVerdict, PartialDatagram } from './partial-datagram.ts';

/** The longest header. */
const MAXIMUM_HEADER = 60;

/**
 * Puts datagrams together from fragments (RFC 791 §3.2, RFC 815), within bounded memory and time. Nothing that
 * overlaps is ever put together (RFC 5722 §4).
 */
export class Reassembly {
  /** After `arrive` returned true: the whole packet, header first, at `slab.octets[0, end)`. Until the next `arrive`. */
  slab: Slab;
  end: number;
  /** Octets of the header. */
  headerLength: number;
  readonly #counters: Ipv4Counters;
  readonly #datagrams: Map<string, PartialDatagram>;
  readonly #perSource: Map<number, number>;
  readonly #expired: PartialDatagram[];
  #octets: number;
  #deadline: number;

  constructor(counters: Ipv4Counters) {
    this.slab = NONE;
    this.end = 0;
    this.headerLength = HEADER_OCTETS;
    this.#counters = counters;
    this.#datagrams = new Map();
    this.#perSource = new Map();
    this.#expired = [];
    this.#octets = 0;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** How many datagrams wait for the rest. */
  get size(): number {
    return this.#datagrams.size;
  }

  /** Octets held, with what holding them costs. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * One fragment: a packet with a checked header at `start`, whose total length ends at `end`. True when it was
   * the last one missing. The MAC address is where an error about it would go.
   */
  arrive(slab: Slab, start: number, end: number, high: number, low: number, now: number): boolean {
    const counters = this.#counters;
    const view = slab.view;
    counters.fragmentsReceived++;
    const headerLength = (view.getUint8(start) & 15) << 2;
    const flags = view.getUint16(start + Ipv4Field.FlagsAndOffset);
    const more = (flags & FragmentBits.MoreFragments) !== 0;
    const offset = (flags & FragmentBits.Offset) << 3;
    const length = end - start - headerLength;
    const protocol = view.getUint8(start + Ipv4Field.Protocol);
    if (
      length === 0 ||
      (more && (length & 7) !== 0) ||
      offset + length > MAXIMUM_PACKET - HEADER_OCTETS ||
      // RFC 1858 §4.2: nobody cuts a TCP header there in good faith.
      (protocol === 6 && offset === 8)
    ) {
      counters.droppedFragment++;
      return false;
    }
    const source = view.getInt32(start + Ipv4Field.Source);
    const datagram = this.#find(view, start, source, protocol, high, low, now);
    const before = datagram.charge;
    const verdict: FragmentVerdict = datagram.add(slab, start, headerLength, length, offset, more);
    this.#octets += datagram.charge - before;
    switch (verdict) {
      case 'duplicate':
        counters.duplicateFragments++;
        return false;
      case 'overlap':
        counters.droppedOverlap++;
        return false;
      case 'poisoned':
        counters.droppedFragment++;
        return false;
      case 'whole':
        this.#assemble(datagram);
        this.#remove(datagram);
        counters.reassembled++;
        return true;
      default:
        this.#makeRoom(datagram);
        return false;
    }
  }

  /** Gives up what waited too long. Then call {@link takeExpired}. */
  timeoutsExpire(now: number): void {
    if (now < this.#deadline) return;
    this.#deadline = Number.POSITIVE_INFINITY;
    for (const datagram of this.#datagrams.values()) {
      if (datagram.expiresAt > now) {
        // Datagrams stand in the order they began, and all wait equally long.
        this.#deadline = datagram.expiresAt;
        break;
      }
      this.#remove(datagram);
      if (datagram.poisoned) continue;
      this.#counters.droppedReassemblyTimeout++;
      // RFC 792: where fragment zero is not there, no time exceeded message need be sent.
      if (datagram.first !== undefined) this.#expired.push(datagram);
    }
  }

  /** The next datagram that deserves a "fragment reassembly time exceeded". Call until undefined. */
  takeExpired(): PartialDatagram | undefined {
    return this.#expired.shift();
  }

  nextTimeout(): number {
    return this.#deadline;
  }

  #find(
    view: DataView,
    start: number,
    source: number,
    protocol: number,
    high: number,
    low: number,
    now: number,
  ): PartialDatagram {
    const destination = view.getInt32(start + Ipv4Field.Destination);
    const identification = view.getUint16(start + Ipv4Field.Identification);
    // RFC 791 §3.2: source, destination, protocol and identification together.
    const key = `${source} ${destination} ${protocol} ${identification}`;
    const known = this.#datagrams.get(key);
    if (known !== undefined && known.expiresAt > now) return known;
    if (known !== undefined) {
      this.#remove(known);
      this.#counters.droppedReassemblyTimeout++;
    }
    const made = new PartialDatagram(key, source, destination, high, low, now + REASSEMBLY_MS);
    const ofSource = this.#perSource.get(source) ?? 0;
    if (ofSource >= MAXIMUM_DATAGRAMS_PER_SOURCE) {
      for (const other of this.#datagrams.values()) {
        if (other.source !== source) continue;
        this.#counters.droppedReassemblyFull++;
        this.#remove(other);
        break;
      }
    }
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
    this.#datagrams.set(key, made);
    this.#octets += made.charge;
    if (made.expiresAt < this.#deadline) this.#deadline = made.expiresAt;
    return made;
  }

  /** The oldest datagrams go until there is room; the one that just grew only if it is all there is. */
  #makeRoom(grown: PartialDatagram): void {
    if (this.#octets <= MAXIMUM_REASSEMBLY_OCTETS) return;
    for (const datagram of this.#datagrams.values()) {
      if (datagram === grown && this.#datagrams.size > 1) continue;
      this.#counters.droppedReassemblyFull++;
      this.#remove(datagram);
      if (this.#octets <= MAXIMUM_REASSEMBLY_OCTETS) return;
    }
  }

  #remove(datagram: PartialDatagram): void {
    this.#datagrams.delete(datagram.key);
    this.#octets -= datagram.charge;
    const left = this.#perSource.get(datagram.source)! - 1;
    if (left === 0) this.#perSource.delete(datagram.source);
    else this.#perSource.set(datagram.source, left);
    if (this.#datagrams.size === 0) this.#deadline = Number.POSITIVE_INFINITY;
  }

  #assemble(datagram: PartialDatagram): void {
    if (this.slab === NONE) this.slab = Slab.allocate(MAXIMUM_PACKET + MAXIMUM_HEADER);
    const view = this.slab.view;
    const octets = this.slab.octets;
    const header = datagram.first!;
    copyOctets(header, 0, datagram.firstHeaderLength, octets, 0);
    for (let i = 0; i < datagram.count; i++) {
      const part = datagram.partAt(i);
      copyOctets(part, 0, part.length, octets, datagram.firstHeaderLength + datagram.offsetAt(i));
    }
    this.headerLength = datagram.firstHeaderLength;
    this.end = datagram.firstHeaderLength + datagram.total;
    // The header of the whole: its length, not in pieces, its sum.
    view.setUint8(Ipv4Field.TypeOfService, (view.getUint8(Ipv4Field.TypeOfService) & 0xfc) | datagram.ecn);
    view.setUint16(Ipv4Field.TotalLength, Math.min(this.end, MAXIMUM_PACKET));
    view.setUint16(Ipv4Field.FlagsAndOffset, 0);
    writeHeaderChecksum(view, 0, datagram.firstHeaderLength);
  }
}

const NONE = Slab.allocate(0);
