/** Loss that comes in bursts: a channel with two states (Gilbert 1960, Elliott 1963). */
export interface BurstLoss {
  /** Probability, a frame, that a good channel turns bad. */
  readonly toBad: number;
  /** Probability, a frame, that a bad one turns good. */
  readonly toGood: number;
  /** Loss while bad (and, rarely wanted, while good). */
  readonly lossBad: number;
  readonly lossGood?: number;
}

/** What one direction of a wire does to frames. Everything may be changed while the simulation runs. */
export interface Impairments {
  /** Bits a second, counted in whole frames; `Infinity` for none to wait for. */
  rate: number;
  /** One way, milliseconds. */
  delayMs: number;
  /** Added to it, evenly from 0 to this. Keeps the order of frames. */
  jitterMs: number;
  /** Octets that wait for the rate: what exceeds them is dropped. */
  queueOctets: number;
  /** CoDel (RFC 8289) with its target and interval: drops, or marks ECN-capable packets. */
  codel: { readonly targetMs: number; readonly intervalMs: number } | undefined;
  /** Marks ECN-capable packets Congestion Experienced while more octets than this wait; `Infinity` for never. */
  ecnOctets: number;
  /** Probability that a frame is lost. */
  loss: number;
  burst: BurstLoss | undefined;
  /** Probability that a frame comes later than those behind it, and by how many milliseconds at most. */
  reorder: number;
  reorderMs: number;
  /** Probability that a frame comes twice. */
  duplicate: number;
  /** Probability that a frame has one of its bits turned. */
  corrupt: number;
  /** Frames whose IP packet is larger are dropped in silence; `Infinity` for none. */
  mtu: number;
  /** Nothing passes: a partition, or one half of it. */
  blocked: boolean;
}

/** A perfect wire, with these differences. */
export function impairments(some: Partial<Impairments> = {}): Impairments {
  return {
    rate: Number.POSITIVE_INFINITY,
    delayMs: 0,
    jitterMs: 0,
    queueOctets: Number.POSITIVE_INFINITY,
    codel: undefined,
    ecnOctets: Number.POSITIVE_INFINITY,
    loss: 0,
    burst: undefined,
    reorder: 0,
    reorderMs: 0,
    duplicate: 0,
    corrupt: 0,
    mtu: Number.POSITIVE_INFINITY,
    blocked: false,
    ...some,
  };
}
