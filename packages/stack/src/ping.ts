import type { IpAddress } from '@immuable-net/ip';
import { PINGS_PENDING } from './parameters.ts';

/** One echo request (RFC 792) and what came of it. */
export class Ping {
  readonly address: IpAddress;
  readonly sequence: number;
  readonly sentAt: number;
  readonly deadline: number;
  /** Octets of payload. */
  readonly octets: number;
  /** Set when the reply came. */
  roundTripMs: number | undefined;
  /** Set when it will not: a code of `node:net`. */
  failure: string | undefined;
  /** Called once. */
  over: ((ping: Ping) => void) | undefined;

  constructor(
    address: IpAddress,
    sequence: number,
    octets: number,
    sentAt: number,
    deadline: number,
    over: ((ping: Ping) => void) | undefined,
  ) {
    this.address = address;
    this.sequence = sequence;
    this.sentAt = sentAt;
    this.deadline = deadline;
    this.octets = octets;
    this.roundTripMs = undefined;
    this.failure = undefined;
    this.over = over;
  }
}

/** Echo requests that wait for their replies: a bounded table by sequence number. */
export class PendingPings {
  #pending: Map<number, Ping>;
  #sequence: number;

  constructor() {
    this.#pending = new Map();
    this.#sequence = 0;
  }

  /** The sequence number of the next one. Throws when too many wait. */
  nextSequence(): number {
    if (this.#pending.size >= PINGS_PENDING) throw new RangeError(`${PINGS_PENDING} echo requests wait already`);
    do this.#sequence = (this.#sequence + 1) & 0xffff;
    while (this.#pending.has(this.#sequence));
    return this.#sequence;
  }

  add(ping: Ping): void {
    this.#pending.set(ping.sequence, ping);
  }

  /** Nobody waits for it any more. */
  forget(ping: Ping): void {
    if (this.#pending.get(ping.sequence) === ping) this.#pending.delete(ping.sequence);
  }

  /** A reply came from `source` (int32). */
  replied(source: number, sequence: number, now: number): void {
    const ping = this.#pending.get(sequence);
    if (ping === undefined || ping.address.word3 !== source) return;
    ping.roundTripMs = now - ping.sentAt;
    this.#finish(ping);
  }

  /** An ICMP error came about a request to `remote` (int32). */
  failed(remote: number, sequence: number, code: string): void {
    const ping = this.#pending.get(sequence);
    if (ping === undefined || ping.address.word3 !== remote) return;
    ping.failure = code;
    this.#finish(ping);
  }

  timeoutsExpire(now: number): void {
    for (const ping of this.#pending.values()) {
      if (ping.deadline > now) continue;
      ping.failure = 'ETIMEDOUT';
      this.#finish(ping);
    }
  }

  nextTimeout(): number {
    let next = Number.POSITIVE_INFINITY;
    if (this.#pending.size === 0) return next;
    for (const ping of this.#pending.values()) if (ping.deadline < next) next = ping.deadline;
    return next;
  }

  #finish(ping: Ping): void {
    this.#pending.delete(ping.sequence);
    ping.over?.(ping);
  }
}
