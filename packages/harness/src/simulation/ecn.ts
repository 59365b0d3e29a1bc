import type { SimulatedFrame } from './simulated-frame.ts';

const ETHER_TYPE = 12;
const IPV4 = 0x0800;
const TRAFFIC_CLASS = 15;
const HEADER_CHECKSUM = 24;

/** Marks an ECN-capable IPv4 packet Congestion Experienced (RFC 3168 §5). False: it is not capable, drop it instead. */
export function markCongestionExperienced(frame: SimulatedFrame): boolean {
  const view = frame.slab.view;
  if (frame.length < 34 || view.getUint16(ETHER_TYPE) !== IPV4) return false;
  const before = view.getUint8(TRAFFIC_CLASS);
  if ((before & 3) === 0) return false;
  if ((before & 3) === 3) return true;
  // RFC 1624 §3, equation 3: HC' = ~(~HC + ~m + m'), for the word of version, length and traffic class.
  const high = view.getUint8(TRAFFIC_CLASS - 1) << 8;
  let sum = (~view.getUint16(HEADER_CHECKSUM) & 0xffff) + (~(high | before) & 0xffff) + (high | before | 3);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint8(TRAFFIC_CLASS, before | 3);
  view.setUint16(HEADER_CHECKSUM, ~sum & 0xffff);
  return true;
}
