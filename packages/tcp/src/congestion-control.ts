/** What a congestion control sees and sets of a connection: sizes in octets, times in milliseconds. */
export interface CongestionFlow {
  /** The congestion window. */
  cwnd: number;
  /** The slow start threshold; `Infinity` until the first congestion. */
  ssthresh: number;
  readonly sndMss: number;
  readonly sndNxt: number;
  readonly sndUna: number;
  /** Smoothed round trip; 0 before the first measurement. */
  readonly srtt: number;
}

/**
 * One algorithm's memory for one connection. Loss recovery decides *that* there was congestion (RFC 6675, 8985) and
 * paces the way down (RFC 9937); this decides how far down, and how fast up again.
 */
export interface CongestionControl {
  readonly name: 'cubic' | 'newreno';
  /**
   * Octets were acknowledged outside recovery while the window was in full use: grows `flow.cwnd`. Counts
   * octets, not acknowledgments (RFC 3465): many small ones gain nothing.
   */
  acknowledged(flow: CongestionFlow, octets: number, now: number): void;
  /** A round trip was measured (once an acknowledgment). */
  roundTrip(flow: CongestionFlow, rtt: number): void;
  /** The application sent less than the window allows: the time that passes meanwhile earns nothing. */
  limited(now: number): void;
  /** Congestion (loss, or an ECN mark): sets `flow.ssthresh`. The caller brings `flow.cwnd` there. */
  congestion(flow: CongestionFlow, inFlight: number, now: number): void;
  /** The last congestion was none: the caller restores `flow.cwnd` and `flow.ssthresh`. */
  undo(): void;
}
