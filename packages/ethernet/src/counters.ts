/** What happened to frames, by reason. Only ever grows. */
export class EthernetCounters {
  /** Frames looked at. */
  received: number = 0;
  /** IPv6 packets found: who does not speak it drops them. */
  receivedIpv6: number = 0;
  /** Frames that the link took. */
  sent: number = 0;
  /** Shorter than a header. */
  droppedRunt: number = 0;
  /** For another MAC address, or a group that nobody joined. */
  droppedNotForUs: number = 0;
  /** A group address as the source. */
  droppedBadSource: number = 0;
  /** IEEE 802.1Q or 802.1ad tag. */
  droppedTagged: number = 0;
  /** A length field: IEEE 802.2 LLC. */
  droppedLlc: number = 0;
  /** An EtherType that we do not speak; on a link of medium `ip`, a version that we do not. */
  droppedEtherType: number = 0;
  /** The link had no room. */
  transmitFull: number = 0;
  /** The link was down. */
  transmitDown: number = 0;
  /** The link refused the frame. */
  transmitRefused: number = 0;
}

/** What happened in ARP, by reason. Only ever grows. */
export class ArpCounters {
  requestsReceived: number = 0;
  repliesReceived: number = 0;
  requestsSent: number = 0;
  repliesSent: number = 0;
  probesSent: number = 0;
  announcementsSent: number = 0;
  /** Too short, or not IPv4 over Ethernet, or an unknown operation. */
  droppedMalformed: number = 0;
  /** A sender that is a group, or no address, or ourselves. */
  droppedSender: number = 0;
  /** ARP packets of others with an address of ours. */
  conflicts: number = 0;
  /** Conflicts that nobody took in time. */
  conflictsLost: number = 0;
  /** Neighbours that did not answer. */
  failures: number = 0;
  /** Neighbours forgotten because the table was full. */
  evicted: number = 0;
  /** Neighbours forgotten because nobody used them. */
  expired: number = 0;
  /** Frames dropped because too many waited for an answer. */
  waitingDropped: number = 0;
  /** Frames dropped because the neighbour did not answer, or was asked a moment ago and did not. */
  unreachableDropped: number = 0;
}
