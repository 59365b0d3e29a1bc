/**
 * Ethernet frames, ARP, the Link contract and link middlewares.
 *
 * ```ts
 * import { EthernetArrival, EthernetLayer } from '@immuable-net/ethernet';
 *
 * const ethernet = new EthernetLayer({ link, random });
 * while (link.receive(frame)) {
 *   if (ethernet.arrive(frame, now) === EthernetArrival.Ipv4) {
 *     // an IPv4 packet, and perhaps padding: frame.slab.octets[ethernet.payloadStart, ethernet.payloadEnd)
 *   }
 * }
 * ```
 *
 * @packageDocumentation
 */
export { AddressConflict } from './arp/address-conflict.ts';
export { ArpLayer } from './arp/arp-layer.ts';
export { ARP_OCTETS, ArpField, ArpOperation, isArpForIpv4, writeArp } from './arp/arp-packet.ts';
export { Neighbour, NeighbourState } from './arp/neighbour.ts';
export { NeighbourCache, type NeighbourRequests } from './arp/neighbour-cache.ts';
export { ClaimMode, ConflictOutcome } from './arp/own-address.ts';
export { ArpCounters, EthernetCounters } from './counters.ts';
export { EthernetArrival, EthernetLayer, type EthernetOptions, NeighbourOutput } from './ethernet-layer.ts';
export { EthernetField, writeEthernetHeader } from './frame-header.ts';
export { type Link, LinkEvent, type LinkOffload, TransmitResult } from './link.ts';
export * from './links/index.ts';
export { MacAddress } from './mac-address.ts';
export { EtherType, HEADER_OCTETS, MINIMUM_OCTETS } from './parameters.ts';
