import { FrameChecksum, Slab } from '@immuable-net/octets';
import type { IpAddress } from './ip-address.ts';
import type { Path } from './path.ts';

/**
 * The payload of one IP packet on its way up, whatever the IP version: one a stack, used again for each packet,
 * borrowed until `arrive` returns. `slab.octets[start, end)` is the transport's header and payload; link padding
 * is already left out.
 */
export class InboundPacket {
  slab: Slab;
  start: number;
  end: number;
  family: 4 | 6;
  /** IP protocol number. */
  protocol: number;
  /** Addresses as four 32-bit words (int32), IPv4 as ::ffff:a.b.c.d: word 3 is the whole IPv4 address. */
  source0: number;
  source1: number;
  source2: number;
  source3: number;
  destination0: number;
  destination1: number;
  destination2: number;
  destination3: number;
  /** Folded ones' complement sum of the pseudo-header's two addresses; the transport adds protocol and length. */
  pseudoSum: number;
  checksum: FrameChecksum;
  /** Payload octets of each segment of a coalesced packet; 0 when it came alone. */
  segmentSize: number;
  /** ECN codepoint, 0 to 3. */
  ecn: number;
  ttl: number;
  /** Sent to a broadcast or multicast address, of the link or of IP: never answered with an error or a RST. */
  broadcast: boolean;
  /** The network layer that brought it: makes paths and addresses when they are asked for. */
  origin: PacketOrigin;

  constructor(origin: PacketOrigin) {
    this.slab = EMPTY;
    this.start = 0;
    this.end = 0;
    this.family = 4;
    this.protocol = 0;
    this.source0 = 0;
    this.source1 = 0;
    this.source2 = 0;
    this.source3 = 0;
    this.destination0 = 0;
    this.destination1 = 0;
    this.destination2 = 0;
    this.destination3 = 0;
    this.pseudoSum = 0;
    this.checksum = FrameChecksum.Unknown;
    this.segmentSize = 0;
    this.ecn = 0;
    this.ttl = 0;
    this.broadcast = false;
    this.origin = origin;
  }
}

/** What a network layer offers for a packet while it is borrowed. */
export interface PacketOrigin {
  /**
   * A path for an answer to this packet: it goes to the link address that the packet came from, without any
   * look-up or state (a SYN-ACK, a RST). The layer has one such path and aims it anew at each call: use it at
   * once, keep nothing of it.
   */
  replyPath(packet: InboundPacket): Path;
  /**
   * A path to keep, for a connection whose handshake completed: it remembers the link address that the packet
   * came from until {@link Path.doubt}.
   */
  keepPath(packet: InboundPacket): Path;
  source(packet: InboundPacket): IpAddress;
  destination(packet: InboundPacket): IpAddress;
  /** Answers with an ICMP destination unreachable (port), rate-limited, never to a broadcast. */
  portUnreachable(packet: InboundPacket, now: number): void;
}

const EMPTY = Slab.allocate(0);
