import type { OutboundFrame } from '@immuable-net/octets';
import type { IpAddress } from './ip-address.ts';

/** What became of a packet given to {@link Path.output}. */
export const OutputResult = {
  Sent: 0,
  /** The link has no room now: keep it, send again when the layer is told that there is room. */
  Full: 1,
  /** The neighbour is being looked up; the packet was copied to a bounded queue. */
  Pending: 2,
  /** Link down, no route, neighbour unreachable. The packet is lost. */
  Unreachable: 3,
} as const;

/** One of {@link OutputResult}. */
export type OutputResult = (typeof OutputResult)[keyof typeof OutputResult];

/**
 * The way to one remote address from one local address, as a transport sees it: what IP version lies below, how
 * large packets may be, and where headers go. `ipv4` implements it, `ipv6` will.
 */
export interface Path {
  readonly family: 4 | 6;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  /** Folded ones' complement sum of the pseudo-header's two addresses (protocol and length are the transport's to add). */
  readonly pseudoSum: number;
  /** Octets of the IP header (20 or 40). */
  readonly headerLength: number;
  /** The path MTU: the largest IP packet in octets (RFC 9293 EMTU_S). May change: read it when a segment is made. */
  readonly mtu: number;
  /** The link's own MTU: what the MSS option is computed from (RFC 9293 §3.7.1). */
  readonly linkMtu: number;
  /** The largest IP packet that the link takes whole and cuts itself; 0 = none. */
  readonly segments: number;
  /** Whether the link fills in checksums. */
  readonly checksumOffload: boolean;
  /**
   * Sends the transport segment in `frame` (header at `TRANSPORT_START`, payload behind it, parts gathered,
   * `frame.headerEnd` at the end of the transport header). The checksum field, `checksumOffset` octets into the
   * segment, holds anything: the path fills it in, or asks the link to. For a super-segment set
   * `frame.segmentSize` before: only where `segments` allows it.
   *
   * @param protocol IP protocol number: 6 TCP, 17 UDP
   * @param ecn ECN codepoint, 0 to 3 (RFC 3168 §5)
   * @param fragment whether the packet may be fragmented when it exceeds `mtu` (UDP); TCP gives false: DF is set
   * @param now monotonic milliseconds
   */
  output(
    frame: OutboundFrame,
    protocol: number,
    checksumOffset: number,
    ecn: number,
    fragment: boolean,
    now: number,
  ): OutputResult;
  /** The transport made forward progress: the neighbour is reachable (RFC 1122 §2.3.2.1). Cheap: call per ACK. */
  confirm(now: number): void;
  /** The transport has seen no answer for long: forget what was learnt of the neighbour and look it up anew. */
  doubt(now: number): void;
  /** Told by an ICMP "fragmentation needed" that the transport validated (RFC 1191, RFC 5927): lowers `mtu`, for a bounded time. */
  lowerMtu(mtu: number, now: number): void;
}
