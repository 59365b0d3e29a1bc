/** Octets of a UDP header (RFC 768). */
export const HEADER_OCTETS = 8;

/** The most octets a datagram over IPv4 can hold: 65,535 less the two headers. */
export const MAXIMUM_PAYLOAD = 65507;

/** Octets that wait to be read in one socket, with what holding them costs: Linux (rmem_default) 212,992. */
export const RECEIVE_LIMIT = 262_144;

/** Datagrams that wait to be read in one socket. */
export const RECEIVE_DATAGRAMS = 1024;

/** What holding a datagram costs beside its octets. */
export const DATAGRAM_OVERHEAD = 128;

/** Ports that a socket gets when it names none (RFC 6335 §6). */
export const FIRST_EPHEMERAL_PORT = 49152;
export const LAST_PORT = 65535;
