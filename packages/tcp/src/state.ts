/** The states of a connection (RFC 9293 §3.3.2), spelled as there. Listening is {@link TcpListener}'s. */
export const TcpState = {
  CLOSED: 0,
  LISTEN: 1,
  SYN_SENT: 2,
  SYN_RECEIVED: 3,
  ESTABLISHED: 4,
  FIN_WAIT_1: 5,
  FIN_WAIT_2: 6,
  CLOSE_WAIT: 7,
  CLOSING: 8,
  LAST_ACK: 9,
  TIME_WAIT: 10,
} as const;

/** One of {@link TcpState}. */
export type TcpState = (typeof TcpState)[keyof typeof TcpState];

/** What happened to a connection since `takeEvents()` was last called: a bit set. */
export const TcpEvent = {
  Established: 1,
  /** Octets, or the end, wait to be read. */
  Readable: 2,
  /** Room opened after it was below the low-water mark (half of the send limit). */
  Writable: 4,
  /** The peer's FIN arrived in order; all octets before it are readable. */
  PeerClosed: 8,
  /** Gone for good: `failure` says whether in order. */
  Closed: 16,
  /** Everything written was acknowledged. */
  Drained: 32,
  /** The deadline given to `setApplicationDeadline` passed. */
  Timeout: 64,
} as const;
