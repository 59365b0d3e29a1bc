/**
 * Ethernet frames, ARP, the Link contract and link middlewares.
 *
 * @packageDocumentation
 */
export {};
