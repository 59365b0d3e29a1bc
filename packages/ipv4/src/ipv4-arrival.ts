/** What `Ipv4Layer.arrive` made of a packet. */
export const Ipv4Arrival = {
  /** Counted under its reason. */
  Dropped: 0,
  /** Done with: ICMP, or a fragment kept for later. */
  Consumed: 1,
  /** `packet` is a TCP segment. */
  Tcp: 2,
  /** `packet` is a UDP datagram. */
  Udp: 3,
  /** `error` is about a packet of ours: give it to the transport of `error.protocol`. */
  Error: 4,
} as const;

/** One of {@link Ipv4Arrival}. */
export type Ipv4Arrival = (typeof Ipv4Arrival)[keyof typeof Ipv4Arrival];
