import type { IpAddress } from '@immuable-net/ip';

/** An answer to one of our echo requests. */
export class EchoReply {
  readonly source: IpAddress;
  readonly identifier: number;
  readonly sequence: number;
  readonly timeToLive: number;
  /** A copy of what came back behind the ICMP header. */
  readonly octets: Uint8Array;
  /** When it arrived, in the milliseconds of `now`. */
  readonly at: number;

  constructor(
    source: IpAddress,
    identifier: number,
    sequence: number,
    timeToLive: number,
    octets: Uint8Array,
    at: number,
  ) {
    this.source = source;
    this.identifier = identifier;
    this.sequence = sequence;
    this.timeToLive = timeToLive;
    this.octets = octets;
    this.at = at;
  }
}
