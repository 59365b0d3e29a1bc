import { InboundPacket, IpAddress, OutputResult, type PacketOrigin, type Path, pseudoSum4 } from '@immuable-net/ip';
import { FrameChecksum, type OutboundFrame, Slab } from '@immuable-net/octets';

/** Fills with octets from a small generator: the same for the same seed. */
export function seeded(seed: number): (octets: Uint8Array, start: number, end: number) => void {
  let state = seed | 0;
  return (octets, start, end) => {
    for (let i = start; i < end; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      octets[i] = state >>> 24;
    }
  };
}

/** A path that keeps what it is given. */
export class RecordingPath implements Path {
  readonly family = 4;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly pseudoSum: number;
  readonly headerLength = 20;
  mtu: number = 1500;
  readonly linkMtu = 1500;
  readonly segments = 0;
  readonly checksumOffload = false;
  result: OutputResult = OutputResult.Sent;
  readonly sent: { readonly octets: Uint8Array; readonly protocol: number; readonly fragment: boolean }[] = [];

  constructor(local: string, remote: string) {
    this.local = IpAddress.parse(local);
    this.remote = IpAddress.parse(remote);
    this.pseudoSum = pseudoSum4(this.local.word3, this.remote.word3);
  }

  output(
    frame: OutboundFrame,
    protocol: number,
    checksumOffset: number,
    _ecn: number,
    fragment: boolean,
  ): OutputResult {
    if (this.result !== OutputResult.Sent) return this.result;
    frame.slab.view.setUint16(frame.start + checksumOffset, 0);
    const sum = ~frame.sumFrom(frame.start, this.pseudoSum + protocol + frame.length) & 0xffff;
    frame.slab.view.setUint16(frame.start + checksumOffset, sum);
    this.sent.push({ octets: frame.slab.octets.slice(frame.start, frame.end), protocol, fragment });
    return this.result;
  }

  confirm(): void {}

  doubt(): void {}

  lowerMtu(mtu: number): void {
    this.mtu = mtu;
  }
}

/** Packets for a layer, and what it asks of where they came from. */
export class Packets implements PacketOrigin {
  unreachable = 0;
  readonly packet: InboundPacket = new InboundPacket(this);

  replyPath(): Path {
    throw new Error('UDP answers through paths of its users');
  }

  keepPath(): Path {
    throw new Error('UDP keeps no path');
  }

  source(packet: InboundPacket): IpAddress {
    return IpAddress.v4(packet.source3);
  }

  destination(packet: InboundPacket): IpAddress {
    return IpAddress.v4(packet.destination3);
  }

  portUnreachable(): void {
    this.unreachable++;
  }

  /** Aims the packet at a datagram as it came over the wire. */
  aim(octets: Uint8Array, source: string = '10.0.0.1', destination: string = '10.0.0.2'): InboundPacket {
    const packet = this.packet;
    packet.slab = Slab.over(octets);
    packet.start = 0;
    packet.end = octets.length;
    packet.protocol = 17;
    packet.source2 = 0xffff;
    packet.source3 = IpAddress.parse(source).word3;
    packet.destination2 = 0xffff;
    packet.destination3 = IpAddress.parse(destination).word3;
    packet.pseudoSum = pseudoSum4(packet.source3, packet.destination3);
    packet.checksum = FrameChecksum.Unknown;
    packet.broadcast = false;
    return packet;
  }
}

/** A datagram with the right checksum from 10.0.0.1 to 10.0.0.2, or with none. */
export function datagram(
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
  checksum: boolean = true,
): Uint8Array {
  const octets = new Uint8Array(8 + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, octets.length);
  octets.set(payload, 8);
  if (!checksum) return octets;
  let sum = 0x0a00 + 1 + 0x0a00 + 2 + 17 + octets.length;
  for (let i = 0; i < octets.length; i += 2) sum += octets[i]! * 256 + (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(6, sum === 0xffff ? 0xffff : 0xffff - sum);
  return octets;
}
