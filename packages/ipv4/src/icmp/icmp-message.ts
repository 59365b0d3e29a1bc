/** ICMP message types (RFC 792). */
export const IcmpType = {
  EchoReply: 0,
  DestinationUnreachable: 3,
  SourceQuench: 4,
  Redirect: 5,
  Echo: 8,
  TimeExceeded: 11,
  ParameterProblem: 12,
} as const;

/** Codes of {@link IcmpType.DestinationUnreachable} (RFC 792, RFC 1122 §3.2.2.1). */
export const UnreachableCode = {
  Net: 0,
  Host: 1,
  Protocol: 2,
  Port: 3,
  FragmentationNeeded: 4,
  SourceRouteFailed: 5,
  NetUnknown: 6,
  NetProhibited: 9,
  NetTypeOfService: 11,
} as const;

/** Codes of {@link IcmpType.TimeExceeded}. */
export const TimeExceededCode = { InTransit: 0, Reassembly: 1 } as const;

/** Field offsets of an ICMP message (RFC 792). */
export const IcmpField = { Type: 0, Code: 1, Checksum: 2, Identifier: 4, Sequence: 6, NextHopMtu: 6, Data: 8 } as const;

/** Octets of an ICMP header. */
export const ICMP_OCTETS = 8;
