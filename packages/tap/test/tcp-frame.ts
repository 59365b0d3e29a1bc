import { FRAME_OCTETS, type OutboundFrame, Slab, TRANSPORT_START } from '@immuable-net/octets';

/** IPv4 addresses and MAC addresses of a test frame. */
export interface Ends {
  readonly sourceMac: readonly number[];
  readonly destinationMac: readonly number[];
  readonly source: readonly number[];
  readonly destination: readonly number[];
}

/**
 * Writes the head of a TCP segment over IPv4 over Ethernet (or over nothing, without MAC addresses) as a transport
 * would: headers end at TRANSPORT_START + 20, the checksum field holds the pseudo-header's sum.
 */
export function writeHead(frame: OutboundFrame, ends: Ends, payloadOctets: number, ethernet: boolean = true): void {
  frame.reset();
  const { octets, view } = frame.slab;
  const ip = TRANSPORT_START - 20;
  const tcp = TRANSPORT_START;
  octets.fill(0, ip - 14, tcp + 20);
  octets.set(ends.destinationMac, ip - 14);
  octets.set(ends.sourceMac, ip - 8);
  view.setUint16(ip - 2, 0x0800);
  octets[ip] = 0x45;
  view.setUint16(ip + 2, 40 + payloadOctets);
  view.setUint16(ip + 6, 0x4000);
  octets[ip + 8] = 64;
  octets[ip + 9] = 6;
  octets.set(ends.source, ip + 12);
  octets.set(ends.destination, ip + 16);
  view.setUint16(ip + 10, ~frame.slab.sum(ip, ip + 20, 0) & 0xffff);
  view.setUint16(tcp, 1234);
  view.setUint16(tcp + 2, 80);
  view.setUint32(tcp + 4, 1000);
  octets[tcp + 12] = 0x50;
  octets[tcp + 13] = 0x10;
  view.setUint16(tcp + 14, 65535);
  view.setUint16(tcp + 16, frame.slab.sum(ip + 12, ip + 20, 6 + 20 + payloadOctets));
  frame.start = ethernet ? ip - 14 : ip;
  frame.end = tcp + 20;
  frame.headerEnd = tcp + 20;
  frame.checksumStart = tcp;
  frame.checksumOffset = 16;
}

/** Whether the TCP segment in these octets (IPv4 from `at`) carries the right checksum. */
export function checksumHolds(octets: Uint8Array, at: number): boolean {
  const slab = Slab.allocate(FRAME_OCTETS);
  slab.octets.set(octets);
  const length = slab.view.getUint16(at + 2) - 20;
  const pseudo = slab.sum(at + 12, at + 20, 6 + length);
  return slab.sum(at + 20, at + 20 + length, pseudo) === 0xffff;
}
