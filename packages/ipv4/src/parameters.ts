/** RFC 1122 §3.2.1.7 wants it configurable and IANA recommends 64, which everybody uses. */
export const TIME_TO_LIVE = 64;

/** Octets of a header without options. */
export const HEADER_OCTETS = 20;

/** The largest packet (RFC 791 §3.1: Total Length is 16 bits). */
export const MAXIMUM_PACKET = 65535;

/** RFC 1191 §3 lets a path MTU be as low as 68; Linux (min_pmtu) and we do not believe less than this. */
export const MINIMUM_PATH_MTU = 552;

/** RFC 791: every link carries so much. */
export const MINIMUM_LINK_MTU = 68;

/** How long a lowered path MTU is believed: RFC 1191 §6.3 and Linux (mtu_expires) 10 minutes. */
export const PATH_MTU_MS = 600_000;

/** Path MTUs remembered. */
export const MAXIMUM_PATH_MTUS = 1024;

/** RFC 1191 §7: where the router does not say, the next plateau below. */
export const MTU_PLATEAUS: readonly number[] = [32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/** Fragments wait for the rest so long: RFC 1122 §3.3.2 60 to 120 s, Linux (ipfrag_time) 30 s, RFC 791 15 s. */
export const REASSEMBLY_MS = 30_000;

/** Octets of fragments held, with what holding them costs: Linux 4 MiB, smoltcp one datagram. */
export const MAXIMUM_REASSEMBLY_OCTETS = 1_048_576;

/** What holding a fragment, or a datagram, costs beside its octets: so that tiny ones do not come for free. */
export const REASSEMBLY_OVERHEAD = 128;

/** Datagrams in pieces of one source: Linux (ipfrag_max_dist) 64. */
export const MAXIMUM_DATAGRAMS_PER_SOURCE = 64;

/** ICMP errors per second, and at once: Linux (icmp_msgs_per_sec, icmp_msgs_burst) 1000 and 50. */
export const ICMP_ERRORS_PER_SECOND = 1000;
export const ICMP_ERRORS_BURST = 50;

/** Octets of an ICMP error's IP packet: RFC 1812 §4.3.2.3, as much as fits into what every host takes. */
export const ICMP_ERROR_OCTETS = 576;

/** Echo replies that wait to be taken. */
export const MAXIMUM_ECHO_REPLIES = 64;
