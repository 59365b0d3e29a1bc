/** Field offsets of an ARP packet for IPv4 over Ethernet (RFC 826). */
export const ArpField = {
  HardwareType: 0,
  ProtocolType: 2,
  HardwareLength: 4,
  ProtocolLength: 5,
  Operation: 6,
  SenderHardware: 8,
  SenderProtocol: 14,
  TargetHardware: 18,
  TargetProtocol: 24,
} as const;

/** Octets of an ARP packet for IPv4 over Ethernet. */
export const ARP_OCTETS = 28;

export const ArpOperation = { Request: 1, Reply: 2 } as const;

/** Whether this is a request or a reply for IPv4 over Ethernet (RFC 826 "Packet Reception", the questions up to the table). */
export function isArpForIpv4(view: DataView, start: number, end: number): boolean {
  if (end - start < ARP_OCTETS) return false;
  // Hardware type 1 and protocol 0x0800; lengths 6 and 4.
  if (view.getUint32(start) !== 0x0001_0800) return false;
  const rest = view.getUint32(start + ArpField.HardwareLength);
  return rest === 0x0604_0001 || rest === 0x0604_0002;
}

/** Writes an ARP packet; protocol addresses are int32, hardware addresses their first 16 and last 32 bits. */
export function writeArp(
  view: DataView,
  at: number,
  operation: number,
  senderHigh: number,
  senderLow: number,
  sender: number,
  targetHigh: number,
  targetLow: number,
  target: number,
): void {
  view.setUint32(at, 0x0001_0800);
  view.setUint16(at + ArpField.HardwareLength, 0x0604);
  view.setUint16(at + ArpField.Operation, operation);
  view.setUint16(at + ArpField.SenderHardware, senderHigh);
  view.setUint32(at + ArpField.SenderHardware + 2, senderLow);
  view.setInt32(at + ArpField.SenderProtocol, sender);
  view.setUint16(at + ArpField.TargetHardware, targetHigh);
  view.setUint32(at + ArpField.TargetHardware + 2, targetLow);
  view.setInt32(at + ArpField.TargetProtocol, target);
}
