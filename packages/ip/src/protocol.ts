/** IP protocol numbers (IANA "Assigned Internet Protocol Numbers"). */
export const Protocol = {
  Icmp: 1,
  Tcp: 6,
  Udp: 17,
  Icmpv6: 58,
} as const;

/** One of {@link Protocol}; any other number from 0 to 255 may stand in a packet too. */
export type Protocol = (typeof Protocol)[keyof typeof Protocol];
