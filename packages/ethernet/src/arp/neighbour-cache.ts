import type { OutboundFrame } from '@immuable-net/octets';
import type { ArpCounters } from '../counters.ts';
import {
  DELAY_FIRST_PROBE_MS,
  FAILURE_HOLD_MS,
  MAXIMUM_NEIGHBOURS,
  MAXIMUM_REPORTS,
  MAXIMUM_REQUESTS,
  MAXIMUM_WAITING,
  MAXIMUM_WAITING_OCTETS,
  REACHABLE_MS,
  RETRANSMIT_MS,
  SWEEP_MS,
  UNUSED_MS,
} from '../parameters.ts';
import { Neighbour, NeighbourState } from './neighbour.ts';
import { WaitingFrame } from './waiting-frame.ts';

/** What the cache asks of the layer around it. */
export interface NeighbourRequests {
  /** Sends an ARP request for this address: to this MAC address (a poll), or to all with `high` below zero. */
  request(address: number, high: number, low: number): void;
  /** Sends a frame that waited. */
  deliver(waiting: WaitingFrame, high: number, low: number): void;
}

/** Who is where on the link: a bounded table that never makes its caller wait. */
export class NeighbourCache {
  readonly #neighbours: Map<number, Neighbour>;
  readonly #requests: NeighbourRequests;
  readonly #counters: ArpCounters;
  readonly #failures: Uint8Array[];
  #waitingOctets: number;
  #deadline: number;
  #sweptAt: number;

  constructor(requests: NeighbourRequests, counters: ArpCounters) {
    this.#neighbours = new Map();
    this.#requests = requests;
    this.#counters = counters;
    this.#failures = [];
    this.#waitingOctets = 0;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#sweptAt = Number.NEGATIVE_INFINITY;
  }

  /** How many neighbours are held. */
  get size(): number {
    return this.#neighbours.size;
  }

  /** Octets of frames that wait. */
  get waitingOctets(): number {
    return this.#waitingOctets;
  }

  /** The neighbour with this address if it is known; nothing is asked. */
  find(address: number): Neighbour | undefined {
    return this.#neighbours.get(address);
  }

  /** The neighbour with this address, made (and not yet asked for) if it is not known. */
  get(address: number, now: number): Neighbour {
    return this.#neighbours.get(address) ?? this.#add(address, now);
  }

  /** An ARP packet said where this address is. Creates nothing: only a neighbour that we hold is updated (RFC 826). */
  update(address: number, high: number, low: number, now: number): boolean {
    const neighbour = this.#neighbours.get(address);
    if (neighbour === undefined) return false;
    neighbour.high = high;
    neighbour.low = low;
    neighbour.state = NeighbourState.Reachable;
    neighbour.confirmedAt = now;
    neighbour.requests = 0;
    neighbour.deadline = Number.POSITIVE_INFINITY;
    for (const waiting of neighbour.waiting) {
      this.#waitingOctets -= waiting.octets.length;
      this.#requests.deliver(waiting, high, low);
    }
    neighbour.waiting.length = 0;
    return true;
  }

  /** Somebody asked for one of our addresses: it is about to talk to us, so its own is worth keeping. */
  learn(address: number, high: number, low: number, now: number): void {
    if (!this.#neighbours.has(address)) this.#add(address, now).used = false;
    this.update(address, high, low, now);
  }

  /** Call before a frame goes to a usable neighbour: notices that it is stale. Cheap. */
  touch(neighbour: Neighbour, now: number): void {
    neighbour.used = true;
    neighbour.usedAt = now;
    if (neighbour.state === NeighbourState.Reachable && now - neighbour.confirmedAt >= REACHABLE_MS) {
      neighbour.state = NeighbourState.Delay;
      this.#arm(neighbour, now + DELAY_FIRST_PROBE_MS);
    }
  }

  /**
   * Keeps a copy of a frame until the neighbour answers, and asks for it if nobody did. False when the neighbour
   * did not answer a moment ago: the frame is dropped.
   */
  wait(neighbour: Neighbour, frame: OutboundFrame, etherType: number, now: number): boolean {
    neighbour.used = true;
    neighbour.usedAt = now;
    if (neighbour.state !== NeighbourState.Incomplete) {
      this.#counters.unreachableDropped++;
      return false;
    }
    const waiting = neighbour.waiting;
    if (waiting.length === MAXIMUM_WAITING) {
      // RFC 1122 §2.3.2.2: the latest is kept.
      this.#counters.waitingDropped++;
      this.#waitingOctets -= waiting.shift()!.octets.length;
    }
    if (this.#waitingOctets + frame.length > MAXIMUM_WAITING_OCTETS) {
      this.#counters.waitingDropped++;
    } else {
      const copy = new WaitingFrame(frame, etherType);
      waiting.push(copy);
      this.#waitingOctets += copy.octets.length;
    }
    if (neighbour.requests === 0) this.#ask(neighbour, now);
    return true;
  }

  /** A transport had no answer for long: the neighbour is asked at once, and used meanwhile. */
  doubt(neighbour: Neighbour, now: number): void {
    if (neighbour.state === NeighbourState.Reachable || neighbour.state === NeighbourState.Delay) {
      neighbour.state = NeighbourState.Probe;
      this.#ask(neighbour, now);
    }
  }

  /** The next packet (from its IP header on) whose neighbour did not answer. Call until undefined after {@link timeoutsExpire}. */
  takeFailure(): Uint8Array | undefined {
    return this.#failures.shift();
  }

  /** Asks again, gives up, forgets. */
  timeoutsExpire(now: number): void {
    if (now < this.#deadline) return;
    this.#deadline = Number.POSITIVE_INFINITY;
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.deadline <= now) this.#expire(neighbour, now);
      if (neighbour.deadline < this.#deadline) this.#deadline = neighbour.deadline;
    }
  }

  /** When {@link timeoutsExpire} is due next; `Infinity` for never. */
  nextTimeout(): number {
    return this.#deadline;
  }

  #expire(neighbour: Neighbour, now: number): void {
    neighbour.deadline = Number.POSITIVE_INFINITY;
    switch (neighbour.state) {
      case NeighbourState.Delay:
        if (now - neighbour.confirmedAt < REACHABLE_MS) {
          neighbour.state = NeighbourState.Reachable;
        } else {
          neighbour.state = NeighbourState.Probe;
          neighbour.requests = 0;
          this.#ask(neighbour, now);
        }
        return;
      case NeighbourState.Probe:
        if (neighbour.requests < MAXIMUM_REQUESTS) {
          this.#ask(neighbour, now);
        } else if (now - neighbour.usedAt < MAXIMUM_REQUESTS * RETRANSMIT_MS) {
          // RFC 1122 §2.3.2.1 (2): unanswered polls delete what was known. It may have moved: ask all.
          neighbour.state = NeighbourState.Incomplete;
          neighbour.requests = 0;
          this.#ask(neighbour, now);
        } else {
          this.#forget(neighbour);
        }
        return;
      case NeighbourState.Incomplete:
        if (neighbour.requests < MAXIMUM_REQUESTS) this.#ask(neighbour, now);
        else this.#fail(neighbour, now);
        return;
      default:
        this.#forget(neighbour);
    }
  }

  #ask(neighbour: Neighbour, now: number): void {
    neighbour.requests++;
    this.#arm(neighbour, now + RETRANSMIT_MS);
    const all = neighbour.state === NeighbourState.Incomplete;
    this.#requests.request(neighbour.address, all ? -1 : neighbour.high, neighbour.low);
  }

  #fail(neighbour: Neighbour, now: number): void {
    this.#counters.failures++;
    neighbour.state = NeighbourState.Failed;
    for (const waiting of neighbour.waiting) {
      this.#waitingOctets -= waiting.octets.length;
      this.#counters.unreachableDropped++;
      if (this.#failures.length < MAXIMUM_REPORTS) this.#failures.push(waiting.octets);
    }
    neighbour.waiting.length = 0;
    this.#arm(neighbour, now + FAILURE_HOLD_MS);
  }

  #forget(neighbour: Neighbour): void {
    for (const waiting of neighbour.waiting) {
      this.#waitingOctets -= waiting.octets.length;
      this.#counters.waitingDropped++;
    }
    neighbour.waiting.length = 0;
    neighbour.state = NeighbourState.Gone;
    neighbour.deadline = Number.POSITIVE_INFINITY;
    this.#neighbours.delete(neighbour.address);
  }

  #add(address: number, now: number): Neighbour {
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
    if (this.#neighbours.size >= MAXIMUM_NEIGHBOURS) this.#evict();
    const neighbour = new Neighbour(address, now);
    this.#neighbours.set(address, neighbour);
    return neighbour;
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const neighbour of this.#neighbours.values()) {
      if (now - neighbour.usedAt < UNUSED_MS || neighbour.deadline !== Number.POSITIVE_INFINITY) continue;
      this.#counters.expired++;
      this.#forget(neighbour);
    }
  }

  /** Forgets the oldest that was not used since it was last passed by (second chance); after eight used ones, the ninth. */
  #evict(): void {
    let chances = 8;
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.used && chances > 0) {
        chances--;
        neighbour.used = false;
        this.#neighbours.delete(neighbour.address);
        this.#neighbours.set(neighbour.address, neighbour);
        continue;
      }
      this.#counters.evicted++;
      this.#forget(neighbour);
      return;
    }
  }

  #arm(neighbour: Neighbour, at: number): void {
    neighbour.deadline = at;
    if (at < this.#deadline) this.#deadline = at;
  }
}
