/** Octets of an Ethernet header: destination, source, EtherType. */
export const HEADER_OCTETS = 14;

/** The shortest frame without its check sequence (IEEE 802.3 §4.2.3.3): shorter ones are padded with zeros. */
export const MINIMUM_OCTETS = 60;

/** EtherTypes (IEEE registration authority). */
export const EtherType = {
  Ipv4: 0x0800,
  Arp: 0x0806,
  /** IEEE 802.1Q: a tag follows. */
  Vlan: 0x8100,
  Ipv6: 0x86dd,
  /** IEEE 802.1ad: a service tag follows. */
  ServiceVlan: 0x88a8,
} as const;

/** Below this the field is a length and an LLC header follows (IEEE 802.3 §3.2.6). */
export const FIRST_ETHER_TYPE = 0x0600;

/** Neighbours held: smoltcp 8, lwIP 10, Linux gc_thresh3 1024. */
export const MAXIMUM_NEIGHBOURS = 1024;

/** A confirmed neighbour is used without a question for so long: RFC 4861 REACHABLE_TIME, Linux 15 to 45 s. */
export const REACHABLE_MS = 30_000;

/** A stale neighbour in use gets so long to be confirmed from above before it is asked (RFC 4861 §10, Linux). */
export const DELAY_FIRST_PROBE_MS = 5_000;

/** RFC 1122 §2.3.2.1: not more than one request per second and destination. */
export const RETRANSMIT_MS = 1_000;

/** Unicast polls, and then broadcast requests, before giving up: RFC 1122 says 2, Linux and RFC 4861 3. */
export const MAXIMUM_REQUESTS = 3;

/** Nobody is asked again for so long after a failure: what waits above gets its error at once. */
export const FAILURE_HOLD_MS = 1_000;

/** A neighbour unused for so long is forgotten. RFC 1122 §2.3.2.1 wants a minute or so where nothing polls; we poll. */
export const UNUSED_MS = 600_000;

/** How often, at most, unused neighbours are looked for. */
export const SWEEP_MS = 60_000;

/** Frames that wait for one neighbour: a datagram of 64 KiB in fragments. RFC 1122 §2.3.2.2: at least one, the latest; Linux 101, lwIP 3. */
export const MAXIMUM_WAITING = 48;

/** Octets that wait for all neighbours together. */
export const MAXIMUM_WAITING_OCTETS = 1_048_576;

/** Packets kept for {@link NeighbourCache.takeFailure} and conflicts kept for `takeConflict`, at most. */
export const MAXIMUM_REPORTS = 64;

/** RFC 5227 §1.1, all of them. */
export const PROBE_WAIT_MS = 1_000;
export const PROBE_NUM = 3;
export const PROBE_MIN_MS = 1_000;
export const PROBE_MAX_MS = 2_000;
export const ANNOUNCE_WAIT_MS = 2_000;
export const ANNOUNCE_NUM = 2;
export const ANNOUNCE_INTERVAL_MS = 2_000;
export const DEFEND_INTERVAL_MS = 10_000;
