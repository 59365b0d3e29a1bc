/** What happened to IPv4 packets, by reason. Only ever grows. */
export class Ipv4Counters {
  received: number = 0;
  sent: number = 0;
  fragmentsReceived: number = 0;
  fragmentsSent: number = 0;
  /** Datagrams put together. */
  reassembled: number = 0;
  /** Shorter than its header or its total length says, or another version. */
  droppedMalformed: number = 0;
  droppedChecksum: number = 0;
  /** Options that run over the header's end. */
  droppedOptions: number = 0;
  /** Loose or strict source route (RFC 7126 §4.3). */
  droppedSourceRoute: number = 0;
  /** Our own, a group's, a network's or no address as the source. */
  droppedBadSource: number = 0;
  /** For another host. */
  droppedNotForUs: number = 0;
  /** One host's address in a frame to a group (RFC 1122 §3.3.6). */
  droppedLinkBroadcast: number = 0;
  /** For an address that we still probe for (RFC 5227 §2.1). */
  droppedTentative: number = 0;
  /** A transport that we do not speak. */
  droppedProtocol: number = 0;
  /** Fragment whose length or place cannot be, or that cuts a TCP header (RFC 1858). */
  droppedFragment: number = 0;
  /** Datagrams dropped because fragments overlapped (RFC 5722). */
  droppedOverlap: number = 0;
  /** Fragments that we already had. */
  duplicateFragments: number = 0;
  /** Datagrams whose rest did not come in time. */
  droppedReassemblyTimeout: number = 0;
  /** Datagrams dropped for want of room. */
  droppedReassemblyFull: number = 0;
  /** Not sent: no route. */
  unroutable: number = 0;
  /** Not sent: larger than the path MTU and not to be fragmented, or than any packet. */
  tooBig: number = 0;
}

/** What happened in ICMP, by reason. Only ever grows. */
export class IcmpCounters {
  received: number = 0;
  echoRequests: number = 0;
  echoRepliesSent: number = 0;
  echoRequestsSent: number = 0;
  echoReplies: number = 0;
  errorsSent: number = 0;
  errorsReceived: number = 0;
  /** Errors not sent because too many were. */
  errorsLimited: number = 0;
  /** Errors not sent because of what caused them: an error, a broadcast, a later fragment. */
  errorsForbidden: number = 0;
  droppedMalformed: number = 0;
  droppedChecksum: number = 0;
  /** Echo requests to a broadcast or multicast address (RFC 1122 §3.2.2.6 leaves it to us). */
  droppedBroadcast: number = 0;
  /** Errors that quote no packet of ours. */
  droppedQuote: number = 0;
  /** Replies that nobody waits for, or that nobody took in time. */
  droppedEchoReply: number = 0;
  /** Redirects: not followed, anybody can forge them. */
  ignoredRedirect: number = 0;
  /** Source quench: to be ignored (RFC 6633). */
  ignoredSourceQuench: number = 0;
  /** Types that we have no answer to. */
  ignoredType: number = 0;
}
