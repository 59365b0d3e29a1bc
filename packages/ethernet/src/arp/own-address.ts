import {
  ANNOUNCE_INTERVAL_MS,
  ANNOUNCE_NUM,
  ANNOUNCE_WAIT_MS,
  DEFEND_INTERVAL_MS,
  PROBE_MAX_MS,
  PROBE_MIN_MS,
  PROBE_NUM,
  PROBE_WAIT_MS,
} from '../parameters.ts';

/** How an address is taken into use. */
export const ClaimMode = {
  /** Announced and used at once; probed for meanwhile, three times in three seconds. */
  AnnounceAtOnce: 0,
  /** RFC 5227 §2.1: probed for first, announced and used once nobody objected (4 to 7 s). */
  ProbeFirst: 1,
} as const;

/** One of {@link ClaimMode}. */
export type ClaimMode = (typeof ClaimMode)[keyof typeof ClaimMode];

/** What an {@link OwnAddress} wants sent, as a bit set. */
export const ArpIntent = { None: 0, Probe: 1, Announce: 2 } as const;

/** What became of a conflict. */
export const ConflictOutcome = {
  /** Somebody had the address before us (or probes for it at the same time): we must not use it. */
  Taken: 0,
  /** Somebody began to use our address: we announced it again (RFC 5227 §2.4 (b)). */
  Defended: 1,
  /** Again within ten seconds: we keep the address, and say nothing for a while (RFC 5227 §2.4 (c)). */
  Contested: 2,
} as const;

/** One of {@link ConflictOutcome}. */
export type ConflictOutcome = (typeof ConflictOutcome)[keyof typeof ConflictOutcome];

/** One address of ours and where RFC 5227 stands with it. */
export class OwnAddress {
  /** IPv4 address, int32. */
  readonly address: number;
  /** Whether we answer for it and send from it. */
  usable: boolean;
  #probes: number;
  #probeAt: number;
  #announcements: number;
  #announceAt: number;
  /** Until then a conflict means that somebody had the address before us. */
  #settledAt: number;
  #defendedAt: number;

  constructor(address: number) {
    this.address = address;
    this.usable = true;
    this.#probes = 0;
    this.#probeAt = Number.POSITIVE_INFINITY;
    this.#announcements = 0;
    this.#announceAt = Number.POSITIVE_INFINITY;
    this.#settledAt = Number.NEGATIVE_INFINITY;
    this.#defendedAt = Number.NEGATIVE_INFINITY;
  }

  /** Begins. @param chance 0 to 1, at random */
  claim(mode: ClaimMode, now: number, chance: number): void {
    this.#probes = PROBE_NUM;
    this.#announcements = ANNOUNCE_NUM;
    if (mode === ClaimMode.AnnounceAtOnce) {
      this.usable = true;
      this.#probeAt = now;
      this.#announceAt = now;
      this.#settledAt = now + PROBE_NUM * PROBE_MIN_MS;
    } else {
      this.usable = false;
      // RFC 5227 §2.1.1: a random delay of up to PROBE_WAIT.
      this.#probeAt = now + chance * PROBE_WAIT_MS;
      this.#announceAt = Number.POSITIVE_INFINITY;
      this.#settledAt = Number.POSITIVE_INFINITY;
    }
  }

  /** What is due, as bits of {@link ArpIntent}. @param chance 0 to 1, at random */
  expire(now: number, chance: number): number {
    let intent: number = ArpIntent.None;
    if (this.#probeAt <= now) {
      if (this.#probes > 0) {
        this.#probes--;
        intent |= ArpIntent.Probe;
        if (this.usable) {
          this.#probeAt = this.#probes > 0 ? now + PROBE_MIN_MS : Number.POSITIVE_INFINITY;
        } else {
          // §2.1.1: PROBE_MIN to PROBE_MAX apart; ANNOUNCE_WAIT after the last.
          this.#probeAt =
            this.#probes > 0 ? now + PROBE_MIN_MS + chance * (PROBE_MAX_MS - PROBE_MIN_MS) : now + ANNOUNCE_WAIT_MS;
        }
      } else {
        // Nobody objected.
        this.#probeAt = Number.POSITIVE_INFINITY;
        this.usable = true;
        this.#settledAt = now;
        this.#announceAt = now;
      }
    }
    if (this.#announceAt <= now) {
      this.#announcements--;
      intent |= ArpIntent.Announce;
      // §2.3: ANNOUNCE_NUM announcements, ANNOUNCE_INTERVAL apart.
      this.#announceAt = this.#announcements > 0 ? now + ANNOUNCE_INTERVAL_MS : Number.POSITIVE_INFINITY;
    }
    return intent;
  }

  /** Somebody else sent an ARP packet from this address. After `Defended` the caller announces. */
  conflict(now: number): ConflictOutcome {
    if (now < this.#settledAt) {
      // An address in use already stays so: whoever runs the stack reads the conflict and decides.
      this.#probes = 0;
      this.#probeAt = Number.POSITIVE_INFINITY;
      this.#announceAt = Number.POSITIVE_INFINITY;
      return ConflictOutcome.Taken;
    }
    if (now - this.#defendedAt < DEFEND_INTERVAL_MS) return ConflictOutcome.Contested;
    this.#defendedAt = now;
    return ConflictOutcome.Defended;
  }

  /** Whether we probe and do not use the address yet: somebody else's probe for it is then a conflict (§2.1.1). */
  get probing(): boolean {
    return !this.usable && this.#probeAt !== Number.POSITIVE_INFINITY;
  }

  nextTimeout(): number {
    return Math.min(this.#probeAt, this.#announceAt);
  }
}
