import type { IpAddress } from '@immuable-net/ip';

/** One datagram that arrived, its payload copied. */
export class UdpDatagram {
  readonly octets: Uint8Array;
  readonly source: IpAddress;
  readonly sourcePort: number;
  /** The address of ours (or the broadcast address) that it was sent to: answers come from there. */
  readonly destination: IpAddress;

  constructor(octets: Uint8Array, source: IpAddress, sourcePort: number, destination: IpAddress) {
    this.octets = octets;
    this.source = source;
    this.sourcePort = sourcePort;
    this.destination = destination;
  }
}
