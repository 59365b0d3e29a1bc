import { Slab } from '@immuable-net/octets';
import { Intervals } from './intervals.ts';
import type { FrameObserver, SimulatedLink } from './simulated-link.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/** EtherType of ARP. */
const ARP = 0x0806;
/** How long after a neighbour was asked for frames may be missing: as long as TCP waits at most before it sends again. */
const LOOKUP_MS = 180_000;

/** One end of one connection, as its own link sees it. */
class End {
  /** Initial sequence number; undefined before its SYN. */
  iss: number | undefined;
  /** The peer's. */
  irs: number | undefined;
  /** Sequence number after the last octet, SYN or FIN sent. */
  sndMax: number;
  /** Sequence number of the FIN sent. */
  fin: number | undefined;
  /** The furthest right edge of the window that reached this end. */
  rightEdge: number;
  /** The last acknowledgement sent. */
  lastAck: number | undefined;
  /** The furthest right edge of the window that this end offered. */
  offeredEdge: number;
  /** Window scale offered by this end and by the peer; undefined where the SYN had none. */
  ownScale: number | undefined;
  peerScale: number | undefined;
  /** What reached this end, relative to the peer's initial sequence number. */
  readonly arrived: Intervals;
  /** Reset by either side: what follows is judged no more. */
  reset: boolean;

  constructor() {
    this.iss = undefined;
    this.irs = undefined;
    this.sndMax = 0;
    this.fin = undefined;
    this.rightEdge = 0;
    this.lastAck = undefined;
    this.offeredEdge = 0;
    this.ownScale = undefined;
    this.peerScale = undefined;
    this.arrived = new Intervals();
    this.reset = false;
  }
}

/** One segment, parsed anew: not by the code that is under test. */
class Segment {
  source = '';
  destination = '';
  seq = 0;
  ack = 0;
  flags = 0;
  window = 0;
  payload = 0;
  scale: number | undefined = undefined;
  sack: number[] = [];
  checksumRight = false;

  /** Sequence numbers that it occupies. */
  get length(): number {
    return this.payload + ((this.flags & SYN) !== 0 ? 1 : 0) + ((this.flags & FIN) !== 0 ? 1 : 0);
  }
}

/**
 * What a correct TCP may emit, judged from outside: every segment that a stack sends is held against what that
 * stack was sent before it (RFC 9293). Knows nothing of the implementation; parses by itself.
 */
export class TcpModel implements FrameObserver {
  /** What was seen that must not be, in the order of time; the first is the one to look at. */
  readonly violations: string[];
  /** Segments judged. */
  segments: number;
  /** Windows whose right edge moved left (RFC 9293 §3.8.6: SHOULD NOT). */
  shrunkWindows: number;
  #ends: Map<string, End>;
  /** When each link last asked for a neighbour. */
  #asked: Map<SimulatedLink, number>;
  #segment: Segment;

  constructor() {
    this.violations = [];
    this.segments = 0;
    this.shrunkWindows = 0;
    this.#ends = new Map();
    this.#asked = new Map();
    this.#segment = new Segment();
  }

  received(link: SimulatedLink, octets: Uint8Array, start: number, end: number): void {
    const segment = this.#parse(octets, start, end);
    if (segment === undefined || !segment.checksumRight) return;
    const own = this.#end(link, segment.destination, segment.source);
    if ((segment.flags & SYN) !== 0) {
      if (own.irs !== undefined && own.irs !== segment.seq) return; // Another incarnation: judged when ours answers.
      own.irs = segment.seq;
      own.peerScale = segment.scale;
    }
    if (own.irs === undefined) return;
    const at = (segment.seq - own.irs) | 0;
    if (segment.length > 0 && at >= 0) own.arrived.add(at, at + segment.length);
    if ((segment.flags & RST) !== 0) own.reset = true;
    if ((segment.flags & ACK) !== 0 && own.iss !== undefined && ((segment.ack - own.sndMax) | 0) <= 0) {
      const scaled = (segment.flags & SYN) === 0 && own.ownScale !== undefined && own.peerScale !== undefined;
      const edge = (segment.ack + (scaled ? segment.window * 2 ** own.peerScale! : segment.window)) | 0;
      if (((edge - own.rightEdge) | 0) > 0) own.rightEdge = edge;
    }
  }

  sent(link: SimulatedLink, octets: Uint8Array, start: number, end: number, now: number): void {
    const segment = this.#parse(octets, start, end);
    if (segment === undefined) {
      if (((octets[start + 12]! << 8) | octets[start + 13]!) === ARP) this.#asked.set(link, now);
      return;
    }
    this.segments++;
    let own = this.#end(link, segment.source, segment.destination);
    const blame = (what: string): void => {
      if (this.violations.length < 20)
        this.violations.push(`${now.toFixed(3)} ms ${link.name}: ${what}: ${show(segment)}`);
    };
    if (!segment.checksumRight) blame('checksum wrong');
    const { flags } = segment;
    if ((flags & RST) !== 0) {
      own.reset = true;
      return;
    }
    if ((flags & SYN) !== 0) {
      if (own.iss !== undefined && own.iss !== segment.seq) own = this.#renew(link, segment);
      if (own.iss === undefined) {
        own.iss = segment.seq;
        own.sndMax = segment.seq;
        own.rightEdge = (segment.seq + 1) | 0;
        own.ownScale = segment.scale;
      }
    } else if ((flags & ACK) === 0) blame('neither SYN, ACK nor RST (RFC 9293 §3.10.7)');
    if (own.iss === undefined || own.reset) return;

    const last = (segment.seq + segment.length) | 0;
    // What TCP sent while a neighbour was looked up may have been dropped before the link saw it (RFC 1122 §2.3.2.2).
    const asked = this.#asked.get(link) ?? Number.NEGATIVE_INFINITY;
    if (((segment.seq - own.sndMax) | 0) > 0 && now - asked > LOOKUP_MS) blame('skips sequence numbers');
    // A keep-alive probe is one before what was acknowledged (RFC 9293 §3.8.4), or carries that octet again.
    if (((segment.seq - own.iss) | 0) < 0) blame('before its initial sequence number');
    if (own.fin !== undefined && ((last - ((own.fin + 1) | 0)) | 0) > 0) blame('octets after its FIN');
    if ((flags & FIN) !== 0) {
      const fin = (last - 1) | 0;
      if (own.fin !== undefined && own.fin !== fin) blame('a FIN elsewhere than before');
      own.fin = fin;
    }
    // Beyond the window only a probe of one octet (RFC 9293 §3.8.6.1), or a FIN.
    const beyond = (last - own.rightEdge) | 0;
    const allowance = segment.payload <= 1 || (flags & FIN) !== 0 ? 1 : 0;
    if (segment.length > 0 && (flags & SYN) === 0 && beyond > allowance) blame(`${beyond} beyond the peer's window`);
    if (((last - own.sndMax) | 0) > 0) own.sndMax = last;

    if ((flags & ACK) === 0 || own.irs === undefined) return;
    const arrived = own.arrived.contiguous;
    const ack = (segment.ack - own.irs) | 0;
    if (ack > arrived) blame(`acknowledges ${ack - arrived} octets that never arrived`);
    if (own.lastAck !== undefined && ((segment.ack - own.lastAck) | 0) < 0) blame('its acknowledgement goes back');
    const shift = (flags & SYN) === 0 && own.ownScale !== undefined && own.peerScale !== undefined ? own.ownScale : 0;
    const edge = (segment.ack + segment.window * 2 ** shift) | 0;
    // A window is told in units of its scale: it may seem to shrink by less than one (RFC 7323 §2.4).
    if (own.lastAck !== undefined && ((edge - own.offeredEdge) | 0) <= -(2 ** shift)) this.shrunkWindows++;
    if (own.lastAck === undefined || ((edge - own.offeredEdge) | 0) > 0) own.offeredEdge = edge;
    own.lastAck = segment.ack;
    for (let i = 0; i + 1 < segment.sack.length; i += 2) {
      const from = (segment.sack[i]! - own.irs) | 0;
      const to = (segment.sack[i + 1]! - own.irs) | 0;
      if (to <= from || !own.arrived.covers(from, to)) blame('selectively acknowledges what never arrived');
    }
  }

  #end(link: SimulatedLink, own: string, other: string): End {
    const key = `${link.name} ${own} ${other}`;
    let end = this.#ends.get(key);
    if (end === undefined) {
      end = new End();
      this.#ends.set(key, end);
    }
    return end;
  }

  /** The same ports again, for another connection. */
  #renew(link: SimulatedLink, segment: Segment): End {
    const end = new End();
    this.#ends.set(`${link.name} ${segment.source} ${segment.destination}`, end);
    return end;
  }

  /** One TCP segment in one unfragmented IPv4 packet in one Ethernet frame; undefined for anything else. */
  #parse(octets: Uint8Array, start: number, end: number): Segment | undefined {
    const view = new DataView(octets.buffer, octets.byteOffset + start, end - start);
    if (view.byteLength < 54 || view.getUint16(12) !== 0x0800) return undefined;
    const ip = 14;
    const header = (view.getUint8(ip) & 15) * 4;
    const total = view.getUint16(ip + 2);
    if (view.getUint8(ip) >>> 4 !== 4 || view.getUint8(ip + 9) !== 6 || (view.getUint16(ip + 6) & 0x3fff) !== 0) return;
    const tcp = ip + header;
    const length = total - header;
    if (header < 20 || length < 20 || tcp + length > view.byteLength) return undefined;
    const data = (view.getUint8(tcp + 12) >>> 4) * 4;
    if (data < 20 || data > length) return undefined;
    const segment = this.#segment;
    segment.source = `${view.getUint32(ip + 12)}:${view.getUint16(tcp)}`;
    segment.destination = `${view.getUint32(ip + 16)}:${view.getUint16(tcp + 2)}`;
    segment.seq = view.getInt32(tcp + 4);
    segment.ack = view.getInt32(tcp + 8);
    segment.flags = view.getUint8(tcp + 13);
    segment.window = view.getUint16(tcp + 14);
    segment.payload = length - data;
    segment.scale = undefined;
    segment.sack.length = 0;
    for (let at = tcp + 20; at < tcp + data; ) {
      const kind = view.getUint8(at);
      if (kind === 0) break;
      if (kind === 1) {
        at++;
        continue;
      }
      const size = at + 1 < tcp + data ? view.getUint8(at + 1) : 0;
      if (size < 2 || at + size > tcp + data) break;
      if (kind === 3 && size === 3) segment.scale = Math.min(14, view.getUint8(at + 2));
      if (kind === 5)
        for (let block = at + 2; block + 4 <= at + size; block += 4) segment.sack.push(view.getInt32(block));
      at += size;
    }
    const slab = Slab.over(octets);
    const pseudo = slab.sum(start + ip + 12, start + ip + 20, 6 + length);
    segment.checksumRight =
      slab.sum(start + tcp, start + tcp + length, pseudo) === 0xffff &&
      slab.sum(start + ip, start + ip + header, 0) === 0xffff;
    return segment;
  }
}

function show(segment: Segment): string {
  const flags = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W']
    .filter((_, bit) => (segment.flags & (1 << bit)) !== 0)
    .join('');
  const seq = `${segment.seq >>> 0}:${(segment.seq + segment.payload) >>> 0}`;
  return `${segment.source} > ${segment.destination} [${flags}] seq ${seq} ack ${segment.ack >>> 0} win ${segment.window}`;
}
