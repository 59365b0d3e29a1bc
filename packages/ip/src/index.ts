/**
 * IP addresses, prefixes, and the Path that transports speak to.
 *
 * ```ts
 * import { IpAddress, Prefix } from '@immuable-net/ip';
 *
 * const prefix = Prefix.parse('10.0.0.2/24');
 * prefix.contains(IpAddress.parse('10.0.0.99')); // true
 * prefix.broadcast?.toString(); // '10.0.0.255'
 * ```
 *
 * @packageDocumentation
 */
export { foldSum, pseudoSum4, updateChecksum, wordSum } from './checksum.ts';
export { InboundPacket, type PacketOrigin } from './inbound-packet.ts';
export { IpAddress } from './ip-address.ts';
export { OutputResult, type Path } from './path.ts';
export { Prefix } from './prefix.ts';
export { Protocol } from './protocol.ts';
export { type TransportError, TransportErrorKind } from './transport-error.ts';
