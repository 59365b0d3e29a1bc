/**
 * Ethernet frames, ARP, the Link contract and link middlewares.
 *
 * @packageDocumentation
 */
export { type Link, LinkEvent, type LinkOffload, TransmitResult } from './link.ts';
export { MacAddress } from './mac-address.ts';
