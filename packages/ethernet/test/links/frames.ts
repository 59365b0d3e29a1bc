import { type OutboundFrame, Slab, TRANSPORT_START } from '@immuable-net/octets';

export interface Segment {
  seq?: number;
  ack?: number;
  bits?: number;
  options?: readonly number[];
  payload?: Uint8Array;
  /** Leave the checksum open, as for a link with offload. */
  open?: boolean;
}

/** Aims `frame` at a TCP segment from 10.0.0.1:1234 to 10.0.0.2:80 over Ethernet. The payload is a gathered part. */
export function tcpFrame(frame: OutboundFrame, segment: Segment = {}): OutboundFrame {
  const { seq = 1000, ack = 2000, bits = 0x10, options = [], payload = new Uint8Array(0), open = false } = segment;
  frame.reset();
  const { octets, view } = frame.slab;
  const tcp = TRANSPORT_START;
  const ip = tcp - 20;
  octets.fill(0, ip - 14, tcp + 60);
  octets.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0], ip - 14);
  octets[ip] = 0x45;
  const header = 20 + options.length;
  view.setUint16(ip + 2, 20 + header + payload.length);
  view.setUint16(ip + 6, 0x4000);
  octets.set([64, 6], ip + 8);
  octets.set([10, 0, 0, 1, 10, 0, 0, 2], ip + 12);
  view.setUint16(ip + 10, ~frame.slab.sum(ip, ip + 20, 0) & 0xffff);
  view.setUint16(tcp, 1234);
  view.setUint16(tcp + 2, 80);
  view.setUint32(tcp + 4, seq);
  view.setUint32(tcp + 8, ack);
  octets[tcp + 12] = header << 2;
  octets[tcp + 13] = bits;
  view.setUint16(tcp + 14, 64240);
  octets.set(options, tcp + 20);
  view.setUint16(tcp + 16, frame.slab.sum(ip + 12, ip + 20, 6 + header + payload.length));
  frame.start = ip - 14;
  frame.end = tcp + header;
  frame.headerEnd = frame.end;
  frame.checksumStart = tcp;
  frame.checksumOffset = 16;
  if (payload.length > 0) {
    frame.parts[0] = payload;
    frame.partStarts[0] = 0;
    frame.partEnds[0] = payload.length;
    frame.partCount = 1;
    frame.partOctets = payload.length;
  }
  if (!open) frame.fillChecksum();
  return frame;
}

/** Whether the TCP checksum of a whole Ethernet frame holds. */
export function tcpChecksumHolds(octets: Uint8Array): boolean {
  const slab = Slab.allocate(octets.length);
  slab.octets.set(octets);
  const length = slab.view.getUint16(16) - 20;
  return slab.sum(34, 34 + length, slab.sum(26, 34, 6 + length)) === 0xffff;
}

/** A small generator (mulberry32) as a source of randomness with a seed. */
export function seeded(seed: number): (octets: Uint8Array, start: number, end: number) => void {
  let state = seed;
  return (octets, start, end) => {
    for (let i = start; i < end; i++) {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      octets[i] = (t ^ (t >>> 14)) >>> 24;
    }
  };
}
