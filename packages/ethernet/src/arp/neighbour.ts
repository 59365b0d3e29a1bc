import type { WaitingFrame } from './waiting-frame.ts';

/** What is known of a neighbour; the names are those of RFC 4861 §7.3.2 where it has them. */
export const NeighbourState = {
  /** Asked by broadcast, no answer yet: frames wait. */
  Incomplete: 0,
  /** Its MAC address is known and may be used; stale once it was not confirmed for `REACHABLE_MS`. */
  Reachable: 1,
  /** Stale and in use: waits a moment for a confirmation from above. Usable. */
  Delay: 2,
  /** Asked by unicast. Usable. */
  Probe: 3,
  /** Did not answer, and is not asked again for a moment. */
  Failed: 4,
  /** No longer in the cache: look it up again. */
  Gone: 5,
} as const;

/** One of {@link NeighbourState}. */
export type NeighbourState = (typeof NeighbourState)[keyof typeof NeighbourState];

/** One neighbour on the link. Whoever sends to it often keeps a reference, until its state is `Gone`. */
export class Neighbour {
  /** IPv4 address, int32. */
  readonly address: number;
  state: NeighbourState;
  /** MAC address: first 16 bits, last 32 bits. */
  high: number;
  low: number;
  /** When it was last known to answer, by ARP or by a transport's progress. */
  confirmedAt: number;
  /** When a frame was last sent to it. */
  usedAt: number;
  /** Whether it was used since eviction last passed by. */
  used: boolean;
  /** When the cache has to do something about it; `Infinity` for never. */
  deadline: number;
  /** Requests sent in this state. */
  requests: number;
  readonly waiting: WaitingFrame[];

  constructor(address: number, now: number) {
    this.address = address;
    this.state = NeighbourState.Incomplete;
    this.high = 0;
    this.low = 0;
    this.confirmedAt = Number.NEGATIVE_INFINITY;
    this.usedAt = now;
    this.used = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.requests = 0;
    this.waiting = [];
  }

  /** Whether its MAC address is known and may be used. */
  get usable(): boolean {
    return this.state >= NeighbourState.Reachable && this.state <= NeighbourState.Probe;
  }

  /** A transport made progress through it (RFC 1122 §2.3.2.1): it is there. */
  confirm(now: number): void {
    this.confirmedAt = now;
  }
}
