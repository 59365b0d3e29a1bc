/** Field offsets of a UDP header (RFC 768). */
export const UdpField = { SourcePort: 0, DestinationPort: 2, Length: 4, Checksum: 6 } as const;
