/**
 * IPv4 packets, fragmentation, reassembly, routes, ICMP.
 *
 * @packageDocumentation
 */
export {};
