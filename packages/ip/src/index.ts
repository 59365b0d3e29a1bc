/**
 * IP addresses, prefixes, and the Path that transports speak to.
 *
 * @packageDocumentation
 */
export {};
