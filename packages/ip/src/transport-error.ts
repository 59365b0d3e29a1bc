/** What an ICMP error says to the transport whose packet caused it (RFC 1122 §3.2.2, RFC 9293 §3.9.2.2). */
export const TransportErrorKind = {
  NetUnreachable: 0,
  HostUnreachable: 1,
  ProtocolUnreachable: 2,
  PortUnreachable: 3,
  /** Fragmentation needed; `mtu` is the next hop's, 0 where it does not say. */
  PacketTooBig: 4,
  TimeExceeded: 5,
  ParameterProblem: 6,
  SourceQuench: 7,
} as const;

/** One of {@link TransportErrorKind}. */
export type TransportErrorKind = (typeof TransportErrorKind)[keyof typeof TransportErrorKind];

/**
 * One ICMP error, used again for each. The quoted packet was one of ours: `local` is its source, `remote` its
 * destination. Quotes carry at least 8 octets of the transport's header: `slab.octets[start, end)`. Nothing of
 * it is authenticated: the transport checks ports and sequence numbers (RFC 5927).
 */
export interface TransportError {
  readonly kind: TransportErrorKind;
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly local3: number;
  readonly remote3: number;
  readonly octets: Uint8Array;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly mtu: number;
  /**
   * Lowers the path MTU to `remote` as a {@link TransportErrorKind.PacketTooBig} wants it: for a transport that
   * found the quoted packet to be its own and holds no path to call `lowerMtu` of. Not there on errors of others' making.
   */
  lowerPathMtu?(now: number): void;
}
