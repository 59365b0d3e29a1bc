import type { Slab } from '@immuable-net/octets';
import { EtherType, HEADER_OCTETS } from '../parameters.ts';

const TCP = 6;
const UDP = 17;

/**
 * Fills in the TCP or UDP checksum of a frame whose field holds the uncomplemented pseudo-header sum (virtio's
 * NEEDS_CSUM), in place. Frames that hold neither, fragments and extension headers are left alone: nobody leaves
 * their checksum open.
 */
export function fillPartialChecksum(slab: Slab, start: number, end: number, medium: 'ethernet' | 'ip'): void {
  const { octets, view } = slab;
  let at = start;
  if (medium === 'ethernet') {
    if (end - at < HEADER_OCTETS) return;
    const type = view.getUint16(at + 12);
    if (type !== EtherType.Ipv4 && type !== EtherType.Ipv6) return;
    at += HEADER_OCTETS;
  }
  if (end - at < 28) return; // the shortest: UDP over IPv4
  let protocol: number;
  let transport: number;
  let packetEnd: number;
  if (octets[at]! >>> 4 === 4) {
    const headerLength = (octets[at]! & 15) * 4;
    if (headerLength < 20) return;
    protocol = octets[at + 9]!;
    transport = at + headerLength;
    packetEnd = at + view.getUint16(at + 2);
  } else {
    if (end - at < 48) return;
    protocol = octets[at + 6]!;
    transport = at + 40;
    packetEnd = transport + view.getUint16(at + 4);
  }
  if (packetEnd > end) return;
  const field = protocol === TCP ? transport + 16 : protocol === UDP ? transport + 6 : 0;
  if (field !== 0) fillChecksum(slab, transport, field, packetEnd);
}

/** Fills in the checksum at `field` over `[start, end)`; the field holds the uncomplemented pseudo-header sum. */
export function fillChecksum(slab: Slab, start: number, field: number, end: number): void {
  if (start < 0 || field < start || field + 2 > end) return;
  const sum = ~slab.sum(start, end, 0) & 0xffff;
  // RFC 768: zero means that there is none; 0xffff is the same number in ones' complement.
  slab.view.setUint16(field, sum === 0 ? 0xffff : sum);
}
