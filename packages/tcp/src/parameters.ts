/** Constants of a TCP layer. Times in milliseconds, sizes in octets. */
export interface TcpParameters {
  /** RFC 9293 §3.4.1 says 2 minutes; Linux waits 60 s in TIME-WAIT, which is what 2 MSL gives here. */
  readonly maximumSegmentLifetimeMs: number;
  /** RFC 6298 §2.1: 1 s. */
  readonly initialRtoMs: number;
  /** RFC 6298 §2.4 says 1 s; Linux and FreeBSD use 200 and 30 ms: all of 6298's spurious timeouts are undone (RFC 5682). */
  readonly minimumRtoMs: number;
  /** RFC 6298 §2.5: at least 60 s; Linux 120 s. */
  readonly maximumRtoMs: number;
  /** How often a SYN is sent again; Linux 6. RFC 9293 §3.8.3: R2 for a SYN is at least 3 minutes with backoff from 1 s. */
  readonly synRetries: number;
  /** How often a SYN-ACK is sent again; Linux 5. */
  readonly synAckRetries: number;
  /** R2 of RFC 9293 §3.8.3 in time: at least 100 s. Linux: 15 retransmissions, about 924 s. */
  readonly retransmissionLimitMs: number;
  /** RFC 9293 §3.8.6.3: below 500; Linux 40 to 200. */
  readonly delayedAckMs: number;
  /** What a tail loss probe allows for the peer's delayed ACK when one segment is out. RFC 8985 §7.2: 200 at most; Linux peers take 40. */
  readonly peerDelayedAckMs: number;
  /** RFC 9293 §3.8.4: at least two hours. */
  readonly keepAliveIdleMs: number;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveProbes: number;
  /** How long a connection that nobody reads any more waits for the peer's FIN; Linux 60 s. */
  readonly finWait2Ms: number;
  /** RFC 6928: ten segments. */
  readonly initialWindowSegments: number;
  /** The smallest segment size that we let a peer talk us into. RFC 9293 has no floor; Linux 48 since "SACK panic". */
  readonly minimumSegmentSize: number;
  /** Half-open connections kept, all listeners together; beyond, SYN cookies (RFC 4987 §3.6). */
  readonly halfOpenLimit: number;
  /** Whether SYN cookies may be sent. */
  readonly synCookies: boolean;
  /** Connections waiting for accept(), for each listener; Linux 4096. */
  readonly backlog: number;
  readonly timeWaitLimit: number;
  /** Connections at once. */
  readonly maximumConnections: number;
  /** Connections at once with one remote address. */
  readonly maximumPerAddress: number;
  /** New connections from one remote address a second. */
  readonly maximumNewPerAddress: number;
  /** What a connection may hold unread at first; Linux 64 KiB of window. */
  readonly receiveInitial: number;
  /** What a connection may hold unread at most; Linux 6 MiB. */
  readonly receiveLimit: number;
  /** What may wait in a send queue at first. */
  readonly sendInitial: number;
  /** What may wait in a send queue at most: references, but pinned; Linux 4 MiB. */
  readonly sendLimit: number;
  /** What all connections together may hold in receive buffers. */
  readonly memoryBudget: number;
  /** RFC 5961 §7: challenge ACKs a second, all connections together, and the least time between two of one connection. */
  readonly challengeAcksPerSecond: number;
  readonly challengeAckIntervalMs: number;
  /** RSTs a second for segments that no connection expects. */
  readonly resetsPerSecond: number;
  /** How long a peer may keep its window closed while octets wait; RFC 9293 §3.8.6.1 allows for ever, RFC 6429 a limit. */
  readonly persistLimitMs: number;
  /** The same under memory pressure. */
  readonly persistPressureMs: number;
  /** How long R1's worth of timeouts goes before the path is doubted (RFC 9293 §3.8.3: at least 3 retransmissions). */
  readonly doubtAfterTimeouts: number;
  /** Timeouts in a row before a full-sized segment makes us suspect an MTU black hole (RFC 4821 §7.6.4); Linux 3. */
  readonly blackHoleTimeouts: number;
  /** ECN (RFC 3168): 0 never, 1 when the peer asks (Linux's default), 2 ask too. */
  readonly ecn: 0 | 1 | 2;
  readonly congestionControl: 'cubic' | 'newreno';
  /** Whether bursts are spread over the round trip where it is long enough for the timer of 1 ms. */
  readonly pacing: boolean;
}

export const DEFAULT_PARAMETERS: TcpParameters = {
  maximumSegmentLifetimeMs: 30_000,
  initialRtoMs: 1000,
  minimumRtoMs: 200,
  maximumRtoMs: 120_000,
  synRetries: 6,
  synAckRetries: 5,
  retransmissionLimitMs: 924_000,
  delayedAckMs: 40,
  peerDelayedAckMs: 50,
  keepAliveIdleMs: 7_200_000,
  keepAliveIntervalMs: 75_000,
  keepAliveProbes: 9,
  finWait2Ms: 60_000,
  initialWindowSegments: 10,
  minimumSegmentSize: 64,
  halfOpenLimit: 4096,
  synCookies: true,
  backlog: 4096,
  timeWaitLimit: 16_384,
  maximumConnections: Number.POSITIVE_INFINITY,
  maximumPerAddress: Number.POSITIVE_INFINITY,
  maximumNewPerAddress: Number.POSITIVE_INFINITY,
  receiveInitial: 65_536,
  receiveLimit: 4 * 1024 * 1024,
  sendInitial: 256 * 1024,
  sendLimit: 8 * 1024 * 1024,
  memoryBudget: 256 * 1024 * 1024,
  challengeAcksPerSecond: 1000,
  challengeAckIntervalMs: 500,
  resetsPerSecond: 10_000,
  persistLimitMs: Number.POSITIVE_INFINITY,
  persistPressureMs: 60_000,
  doubtAfterTimeouts: 3,
  blackHoleTimeouts: 3,
  ecn: 1,
  congestionControl: 'cubic',
  pacing: true,
};

/** Options of one connection, or of the connections of one listener. What is left out comes from {@link TcpParameters}. */
export interface TcpConnectionOptions {
  /** Turns Nagle's algorithm off (RFC 9293 §3.7.4). */
  noDelay?: boolean;
  /** Holds back what does not fill a segment, at most 200 ms. */
  cork?: boolean;
  /** Keep-alive probes (RFC 9293 §3.8.4); off unless told. */
  keepAlive?: boolean;
  keepAliveIdleMs?: number;
  keepAliveIntervalMs?: number;
  keepAliveProbes?: number;
  /** How long octets may stay unacknowledged (RFC 9293 §3.9.1, RFC 5482); `Infinity` unless told. */
  userTimeoutMs?: number;
  sendLimit?: number;
  receiveLimit?: number;
  congestionControl?: 'cubic' | 'newreno';
  /** Never send or ask for segments larger than this. */
  maximumSegmentSize?: number;
  /** 0: close() sends a RST and releases everything. */
  linger?: number;
}

/** How long `cork` may hold a partial segment; Linux 200 ms. */
export const CORK_MS = 200;

/** RFC 9293 §3.7.1: what is assumed of a peer that sends no MSS option. */
export const DEFAULT_SEND_MSS = 536;

/** RFC 7323 §2.3: a larger shift counts as 14. */
export const MAXIMUM_WINDOW_SHIFT = 14;

/** RFC 7323 §5.5: how long TS.Recent stays valid on an idle connection: 24 days. */
export const TIMESTAMP_VALID_MS: number = 24 * 24 * 3600 * 1000;

/** RFC 9293 §3.10.7.4: the most out-of-order runs kept; beyond, segments are dropped and come again. */
export const MAXIMUM_OUT_OF_ORDER = 1024;

/** Ranges that a scoreboard may hold: a peer that cuts it finer is not believed ("SACK panic", CVE-2019-11477). */
export const MAXIMUM_RANGES = 8192;

/** The most frames one connection emits before the next has its turn. */
export const EMIT_QUANTUM = 16;
