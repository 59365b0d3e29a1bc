/** What happened to UDP datagrams, by reason. Only ever grows. */
export class UdpCounters {
  received: number = 0;
  sent: number = 0;
  /** Shorter than a header, or than its length field says. */
  droppedMalformed: number = 0;
  droppedChecksum: number = 0;
  /** No socket: answered with a port unreachable, unless it was a broadcast. */
  droppedNoSocket: number = 0;
  /** The socket's queue was full. */
  droppedFull: number = 0;
  /** ICMP errors about datagrams of ours. */
  errorsReceived: number = 0;
  /** ICMP errors about datagrams that no socket could have sent. */
  droppedErrors: number = 0;
}
