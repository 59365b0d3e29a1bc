/**
 * IPv4 packets, fragmentation, reassembly, routes, ICMP.
 *
 * ```ts
 * import { Ipv4Arrival, Ipv4Layer } from '@immuable-net/ipv4';
 *
 * const ipv4 = new Ipv4Layer({ ethernet, addresses: [Prefix.parse('10.0.0.2/24')], random });
 * ipv4.start(ClaimMode.AnnounceAtOnce, now);
 * ethernet.timeoutsExpire(now);
 *
 * if (ethernet.arrive(frame, now) === EthernetArrival.Ipv4 && ipv4.arrive(frame, now) === Ipv4Arrival.Udp) {
 *   udp.arrive(ipv4.packet, now);
 * }
 * ```
 *
 * @packageDocumentation
 */
export { IcmpCounters, Ipv4Counters } from './counters.ts';
export { EchoReply } from './icmp/echo-reply.ts';
export { IcmpLayer } from './icmp/icmp-layer.ts';
export { ICMP_OCTETS, IcmpField, IcmpType, TimeExceededCode, UnreachableCode } from './icmp/icmp-message.ts';
export { Ipv4Arrival } from './ipv4-arrival.ts';
export { Ipv4Layer, type Ipv4Options } from './ipv4-layer.ts';
export { Ipv4Path } from './ipv4-path.ts';
export { FragmentBits, headerSum, Ipv4Field, writeHeaderChecksum } from './packet-header.ts';
export type { PathMtuCache } from './path-mtu-cache.ts';
export type { Reassembly } from './reassembly.ts';
export { type Route, RouteTable } from './routes.ts';
