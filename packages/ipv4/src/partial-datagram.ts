import type { Slab } from '@immuable-net/octets';
import { Ipv4Field } from './packet-header.ts';
import { REASSEMBLY_OVERHEAD } from './parameters.ts';

/** What a fragment did to its datagram. */
export type FragmentVerdict = 'kept' | 'whole' | 'duplicate' | 'overlap' | 'poisoned';

/** Header and 8 octets of the payload: what an error about the datagram quotes (RFC 792). */
const QUOTED_PAYLOAD = 8;

/** A datagram of which some fragments are here, in order and without overlap. */
export class PartialDatagram {
  readonly key: string;
  /** IPv4 addresses, int32. */
  readonly source: number;
  readonly destination: number;
  /** The MAC address that the first fragment to arrive came from. */
  readonly high: number;
  readonly low: number;
  readonly expiresAt: number;
  /** What it costs to hold. */
  charge: number;
  /** Fragments overlapped: whatever still comes of it is dropped until it expires (RFC 5722 §4). */
  poisoned: boolean;
  /** Octets of the payload; -1 until the last fragment is here. */
  total: number;
  /** Header and first 8 octets of fragment zero, once that is here. */
  first: Uint8Array | undefined;
  firstHeaderLength: number;
  /** ECN codepoint of the whole (RFC 3168 §5.3). */
  ecn: number;
  readonly #offsets: number[];
  readonly #parts: Uint8Array[];
  #held: number;
  #notCapable: boolean;
  #congested: boolean;

  constructor(key: string, source: number, destination: number, high: number, low: number, expiresAt: number) {
    this.key = key;
    this.source = source;
    this.destination = destination;
    this.high = high;
    this.low = low;
    this.expiresAt = expiresAt;
    this.charge = REASSEMBLY_OVERHEAD;
    this.poisoned = false;
    this.total = -1;
    this.first = undefined;
    this.firstHeaderLength = 0;
    this.ecn = 0;
    this.#offsets = [];
    this.#parts = [];
    this.#held = 0;
    this.#notCapable = false;
    this.#congested = false;
  }

  /** How many fragments are here. */
  get count(): number {
    return this.#parts.length;
  }

  offsetAt(index: number): number {
    return this.#offsets[index]!;
  }

  partAt(index: number): Uint8Array {
    return this.#parts[index]!;
  }

  /** Takes a copy of one fragment: `length` octets of payload behind a header at `start`. */
  add(slab: Slab, start: number, headerLength: number, length: number, offset: number, more: boolean): FragmentVerdict {
    if (this.poisoned) return 'poisoned';
    const end = offset + length;
    const payload = start + headerLength;
    // Fragments mostly come in order: look from the end.
    let index = this.#parts.length;
    while (index > 0 && this.#offsets[index - 1]! >= offset) index--;
    const before = index > 0 ? this.#offsets[index - 1]! + this.#parts[index - 1]!.length : 0;
    const overlapsNext = index < this.#parts.length && this.#offsets[index]! < end;
    if (before > offset || overlapsNext) {
      if (overlapsNext && before <= offset && this.#same(slab.octets, payload, index, offset, length, more)) {
        return 'duplicate';
      }
      return this.#poison();
    }
    // One end, and nothing beyond it.
    if (this.total >= 0 && (!more || end > this.total)) return this.#poison();
    if (!more) {
      const last = this.#parts.length - 1;
      if (last >= 0 && this.#offsets[last]! + this.#parts[last]!.length > end) return this.#poison();
      this.total = end;
    }
    const part = slab.octets.slice(payload, payload + length);
    this.#offsets.splice(index, 0, offset);
    this.#parts.splice(index, 0, part);
    this.#held += length;
    this.charge += length + REASSEMBLY_OVERHEAD;
    const ecn = slab.view.getUint8(start + Ipv4Field.TypeOfService) & 3;
    if (ecn === 0) this.#notCapable = true;
    if (ecn === 3) this.#congested = true;
    if (offset === 0) {
      this.first = slab.octets.slice(start, payload + Math.min(length, QUOTED_PAYLOAD));
      this.firstHeaderLength = headerLength;
      this.ecn = ecn;
    }
    if (this.#held !== this.total) return 'kept';
    if (this.#congested) {
      // RFC 3168 §5.3: a mark on one fragment is a mark on the whole, and must not be lost on one that cannot carry it.
      if (this.#notCapable) return this.#poison();
      this.ecn = 3;
    }
    return 'whole';
  }

  /** Whether the fragment at `index` is this one again, octet for octet. */
  #same(octets: Uint8Array, payload: number, index: number, offset: number, length: number, more: boolean): boolean {
    const part = this.#parts[index]!;
    if (this.#offsets[index] !== offset || part.length !== length) return false;
    if (more === (this.total === offset + length)) return false;
    for (let i = 0; i < length; i++) {
      if (part[i] !== octets[payload + i]) return false;
    }
    return true;
  }

  #poison(): FragmentVerdict {
    this.poisoned = true;
    this.#offsets.length = 0;
    this.#parts.length = 0;
    this.first = undefined;
    this.charge = REASSEMBLY_OVERHEAD;
    return 'overlap';
  }
}
