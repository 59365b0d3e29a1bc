/**
 * TLS 1.3 (RFC 8446), sans-IO: records, handshake, certificates, tickets.
 *
 * @packageDocumentation
 */
export {};
