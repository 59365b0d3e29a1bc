import { copyOctets, OutboundFrame, type RandomSource } from '@immuable-net/octets';
import { FragmentBits, writeHeaderChecksum } from './packet-header.ts';
import { HEADER_OCTETS, TIME_TO_LIVE } from './parameters.ts';

/**
 * Cuts a packet that is larger than the path takes (RFC 791 §3.2): `begin`, then send each frame that `next`
 * makes before asking for another.
 */
export class Fragmenter {
  readonly #frame: OutboundFrame;
  readonly #secret: number;
  #counter: number;
  #source: OutboundFrame | undefined;
  #at: number;
  #start: number;
  #local: number;
  #remote: number;
  #protocol: number;
  #ecn: number;
  #room: number;
  #identification: number;

  constructor(random: RandomSource) {
    const drawn = new Uint8Array(6);
    random(drawn, 0, 6);
    this.#frame = new OutboundFrame();
    this.#secret = (drawn[0]! << 24) | (drawn[1]! << 16) | (drawn[2]! << 8) | drawn[3]!;
    this.#counter = (drawn[4]! << 8) | drawn[5]!;
    this.#source = undefined;
    this.#at = 0;
    this.#start = 0;
    this.#local = 0;
    this.#remote = 0;
    this.#protocol = 0;
    this.#ecn = 0;
    this.#room = 0;
    this.#identification = 0;
  }

  /**
   * An identification for a packet that may be in pieces (RFC 6864 §4.2): none comes again to a destination before
   * 65,536 others, and those of one destination do not tell another's (RFC 7739 §5 on the same field of IPv6).
   */
  identification(remote: number): number {
    this.#counter = (this.#counter + 1) & 0xffff;
    let mixed = Math.imul(remote ^ this.#secret, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed >>> 16) + this.#counter) & 0xffff;
  }

  /** Takes up a flattened frame whose transport header stands at `frame.start`, checksum filled in. */
  begin(frame: OutboundFrame, local: number, remote: number, protocol: number, ecn: number, mtu: number): void {
    this.#source = frame;
    this.#start = frame.start;
    this.#at = frame.start;
    this.#local = local;
    this.#remote = remote;
    this.#protocol = protocol;
    this.#ecn = ecn;
    // RFC 791: fragments but the last hold a multiple of 8 octets.
    this.#room = (mtu - HEADER_OCTETS) & ~7;
    this.#identification = this.identification(remote);
  }

  /** The next fragment, from its IP header on; undefined after the last. */
  next(): OutboundFrame | undefined {
    const source = this.#source;
    if (source === undefined) return undefined;
    const left = source.end - this.#at;
    const more = left > this.#room;
    const count = more ? this.#room : left;
    const frame = this.#frame;
    frame.reset();
    const view = frame.slab.view;
    const at = frame.start - HEADER_OCTETS;
    copyOctets(source.slab.octets, this.#at, this.#at + count, frame.slab.octets, frame.start);
    frame.end = frame.start + count;
    frame.headerEnd = frame.start;
    frame.start = at;
    const offset = (this.#at - this.#start) >>> 3;
    view.setInt32(at, 0x4500_0000 | (this.#ecn << 16) | (count + HEADER_OCTETS));
    view.setInt32(at + 4, (this.#identification << 16) | (more ? FragmentBits.MoreFragments : 0) | offset);
    view.setInt32(at + 8, (TIME_TO_LIVE << 24) | (this.#protocol << 16));
    view.setInt32(at + 12, this.#local);
    view.setInt32(at + 16, this.#remote);
    writeHeaderChecksum(view, at, HEADER_OCTETS);
    this.#at += count;
    if (!more) this.#source = undefined;
    return frame;
  }
}
