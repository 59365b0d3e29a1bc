import type { InboundPacket } from '@immuable-net/ip';
import { hashPacket } from './flow-table.ts';
import { MAXIMUM_WINDOW_SHIFT } from './parameters.ts';
import type { SegmentView } from './segment.ts';
import type { SipHash } from './sip-hash.ts';

/** A cookie counts in steps of so many milliseconds, and is good for this step and the one after it. */
const STEP_MS = 64_000;

/** Segment sizes that a cookie can name: the largest that does not exceed what the peer said (RFC 4987 §3.6). */
const SIZES: readonly number[] = [216, 536, 1024, 1220, 1360, 1440, 1460, 8940];

/** The low bits of our timestamp carry what a cookie has no room for: window scale (4), SACK, ECN. */
const OPTION_BITS = 6;
const OPTION_MASK: number = (1 << OPTION_BITS) - 1;
const NO_SCALE = 15;

/** SYN cookies: the state of a half-open connection in the sequence number and timestamp of our SYN-ACK. */
export class SynCookies {
  /** What {@link check} read. */
  maximumSegmentSize: number;
  peerShift: number;
  sack: boolean;
  ecn: boolean;
  readonly #key: SipHash;
  #lastAt: number;

  constructor(key: SipHash) {
    this.maximumSegmentSize = 0;
    this.peerShift = -1;
    this.sack = false;
    this.ecn = false;
    this.#key = key;
    this.#lastAt = Number.NEGATIVE_INFINITY;
  }

  /** The ISS for a SYN-ACK to this SYN. */
  make(packet: InboundPacket, syn: SegmentView, now: number): number {
    this.#lastAt = now;
    const step = Math.floor(now / STEP_MS);
    let size = SIZES.length - 1;
    const offered = syn.maximumSegmentSize === 0 ? 536 : syn.maximumSegmentSize;
    while (size > 0 && SIZES[size]! > offered) size--;
    return this.#cookie(packet, syn, syn.sequence, step, size);
  }

  /** Our timestamp, moved back to the last value whose low bits say what the SYN's options were. */
  stamp(timestamp: number, syn: SegmentView, ecn: boolean): number {
    const shift = syn.windowShift < 0 ? NO_SCALE : Math.min(syn.windowShift, MAXIMUM_WINDOW_SHIFT);
    const bits = shift | (syn.sackPermitted ? 16 : 0) | (ecn ? 32 : 0);
    const stamped = (timestamp & ~OPTION_MASK) | bits;
    return ((stamped - timestamp) | 0) > 0 ? (stamped - (OPTION_MASK + 1)) | 0 : stamped;
  }

  /** Whether cookies were sent so lately that an acknowledgment of one may come. */
  expected(now: number): boolean {
    return now - this.#lastAt < 2 * STEP_MS;
  }

  /** Whether `segment` acknowledges a cookie of ours; then the fields hold what it said. */
  check(packet: InboundPacket, segment: SegmentView, now: number): boolean {
    const cookie = (segment.acknowledgment - 1) | 0;
    const irs = (segment.sequence - 1) | 0;
    const current = Math.floor(now / STEP_MS);
    const size = (cookie >>> 24) & 7;
    const age = (current - (cookie >>> 27)) & 31;
    if (age > 1 || this.#cookie(packet, segment, irs, current - age, size) !== cookie) return false;
    this.maximumSegmentSize = SIZES[size]!;
    this.peerShift = -1;
    this.sack = false;
    this.ecn = false;
    if (segment.hasTimestamps) {
      const bits = segment.timestampEcho & OPTION_MASK;
      const shift = bits & 15;
      this.peerShift = shift === NO_SCALE ? -1 : shift;
      this.sack = (bits & 16) !== 0;
      this.ecn = (bits & 32) !== 0;
    }
    return true;
  }

  #cookie(packet: InboundPacket, segment: SegmentView, irs: number, step: number, size: number): number {
    const key = this.#key;
    const flow = hashPacket(key, packet, segment.destinationPort, segment.sourcePort);
    const high = key.high;
    const hash = key.hash9(flow, high, irs, step | 0, size, 0, 0, 0, 0);
    return ((step & 31) << 27) | (size << 24) | (hash & 0xffffff);
  }
}
