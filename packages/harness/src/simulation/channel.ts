import { Codel } from './codel.ts';
import { markCongestionExperienced } from './ecn.ts';
import type { Impairments } from './impairments.ts';
import type { Random } from './random.ts';
import type { SimulatedFrame } from './simulated-frame.ts';
import type { SimulatedLink } from './simulated-link.ts';
import type { SimulatedNetwork } from './simulated-network.ts';

/** What became of frames in one direction. */
export class ChannelCounters {
  frames: number;
  octets: number;
  lost: number;
  queueFull: number;
  codelDropped: number;
  marked: number;
  reordered: number;
  duplicated: number;
  corrupted: number;
  tooLarge: number;
  blocked: number;

  constructor() {
    this.frames = 0;
    this.octets = 0;
    this.lost = 0;
    this.queueFull = 0;
    this.codelDropped = 0;
    this.marked = 0;
    this.reordered = 0;
    this.duplicated = 0;
    this.corrupted = 0;
    this.tooLarge = 0;
    this.blocked = 0;
  }
}

/** A quiet span of so many milliseconds counts as one frame where bursts of loss are concerned, up to so many. */
const FRAME_MS = 10;
const MOST_QUIET = 100;

/** The Ethernet header: what a frame has beyond its IP packet. */
const HEADER = 14;

/** One direction of a wire, with a queue before it. What happens to a frame is decided when it is sent. */
export class Channel {
  readonly counters: ChannelCounters;
  /** May be changed at any time: a change is felt by the frames sent after it. */
  readonly impairments: Impairments;
  #network: SimulatedNetwork;
  #random: Random;
  /** Where frames arrive: a stack's link or a port of a switch. */
  #target: SimulatedLink;
  /** When the last frame accepted has left. */
  #busyUntil: number;
  /** When the last frame in order arrives. */
  #lastArrival: number;
  #bad: boolean;
  #lastSent: number;
  #codel: Codel | undefined;

  constructor(network: SimulatedNetwork, target: SimulatedLink, given: Impairments, random: Random) {
    this.counters = new ChannelCounters();
    this.impairments = given;
    this.#network = network;
    this.#random = random;
    this.#target = target;
    this.#busyUntil = 0;
    this.#lastArrival = 0;
    this.#bad = false;
    this.#lastSent = 0;
    this.#codel = undefined;
  }

  /** Takes a frame, and gives it back to the pool when it gets lost. */
  send(frame: SimulatedFrame): void {
    const given = this.impairments;
    const counters = this.counters;
    const now = this.#network.now;
    const random = this.#random;
    counters.frames++;
    counters.octets += frame.length;
    if (given.blocked) {
      this.#drop(frame, 'blocked');
      return;
    }
    if (frame.length - HEADER > given.mtu) {
      this.#drop(frame, 'tooLarge');
      return;
    }
    const leaves = Math.max(this.#busyUntil, now);
    const waits = leaves - now;
    if (given.rate !== Number.POSITIVE_INFINITY) {
      const waiting = (waits * given.rate) / 8000;
      if (waiting + frame.length > given.queueOctets) {
        this.#drop(frame, 'queueFull');
        return;
      }
      if (waiting > given.ecnOctets && markCongestionExperienced(frame)) counters.marked++;
      if (given.codel !== undefined) {
        this.#codel ??= new Codel(given.codel.targetMs, given.codel.intervalMs);
        if (this.#codel.drops(leaves, waits)) {
          if (markCongestionExperienced(frame)) counters.marked++;
          else {
            this.#drop(frame, 'codelDropped');
            return;
          }
        }
      }
      this.#busyUntil = leaves + (frame.length * 8000) / given.rate;
    } else this.#busyUntil = leaves;
    // What is lost on the wire has taken its time on it.
    const lost = this.#isLost(given, now);
    this.#lastSent = now;
    if (lost) {
      this.#drop(frame, 'lost');
      return;
    }
    let arrives = this.#busyUntil + given.delayMs;
    if (given.jitterMs > 0) arrives += random.between(0, given.jitterMs);
    if (arrives < this.#lastArrival) arrives = this.#lastArrival;
    if (random.chance(given.corrupt) && !frame.corrupted) {
      frame.corrupted = true;
      counters.corrupted++;
      const bit = random.integer(HEADER * 8, frame.length * 8);
      frame.slab.octets[bit >> 3] = frame.slab.octets[bit >> 3]! ^ (1 << (bit & 7));
    }
    if (random.chance(given.duplicate)) {
      counters.duplicated++;
      const twin = this.#network.pool.take(frame.length);
      twin.corrupted = frame.corrupted;
      twin.slab.octets.set(frame.slab.octets.subarray(0, frame.length));
      this.#network.deliver(twin, this.#target, arrives + random.between(0, given.reorderMs));
    }
    if (random.chance(given.reorder)) {
      counters.reordered++;
      this.#network.deliver(frame, this.#target, arrives + random.between(0, given.reorderMs));
      return;
    }
    this.#lastArrival = arrives;
    this.#network.deliver(frame, this.#target, arrives);
  }

  #isLost(given: Impairments, now: number): boolean {
    const burst = given.burst;
    if (burst !== undefined) {
      // A burst ends though nobody sends: a quiet span counts as frames in a row.
      const quiet = Math.floor((now - this.#lastSent) / FRAME_MS);
      for (let i = Math.min(quiet, MOST_QUIET); i >= 0; i--) {
        if (this.#random.chance(this.#bad ? burst.toGood : burst.toBad)) this.#bad = !this.#bad;
      }
      if (this.#random.chance(this.#bad ? burst.lossBad : (burst.lossGood ?? 0))) return true;
    }
    return this.#random.chance(given.loss);
  }

  #drop(frame: SimulatedFrame, reason: 'blocked' | 'tooLarge' | 'queueFull' | 'codelDropped' | 'lost'): void {
    this.counters[reason]++;
    this.#network.pool.give(frame);
  }
}
