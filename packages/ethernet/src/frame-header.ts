/** Field offsets of an Ethernet header (IEEE 802.3 §3.1.1); MAC addresses as first 16 and last 32 bits. */
export const EthernetField = {
  DestinationHigh: 0,
  DestinationLow: 2,
  SourceHigh: 6,
  SourceLow: 8,
  EtherType: 12,
} as const;

/** Writes an Ethernet header at `at`. */
export function writeEthernetHeader(
  view: DataView,
  at: number,
  destinationHigh: number,
  destinationLow: number,
  sourceHigh: number,
  sourceLow: number,
  etherType: number,
): void {
  view.setUint16(at, destinationHigh);
  view.setUint32(at + EthernetField.DestinationLow, destinationLow);
  view.setUint16(at + EthernetField.SourceHigh, sourceHigh);
  view.setUint32(at + EthernetField.SourceLow, sourceLow);
  view.setUint16(at + EthernetField.EtherType, etherType);
}
