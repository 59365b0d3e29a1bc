import type { Pollable } from '@immuable-net/stack';
import { Channel } from './channel.ts';
import { type Impairments, impairments } from './impairments.ts';
import type { Random } from './random.ts';
import { FrameHeap, FramePool, type SimulatedFrame } from './simulated-frame.ts';
import { SimulatedLink } from './simulated-link.ts';
import { SimulatedSwitch } from './simulated-switch.ts';

/** Two links joined, each direction with impairments of its own. */
export interface SimulatedWire {
  readonly a: SimulatedLink;
  readonly b: SimulatedLink;
  readonly aToB: Channel;
  readonly bToA: Channel;
}

/** What the wires of a {@link SimulatedNetwork.wire} are like. */
export interface WireOptions {
  /** The links' own MTU, octets; 1500 when not given. */
  readonly mtu?: number | undefined;
  readonly aToB?: Partial<Impairments> | undefined;
  /** As {@link aToB} when not given. */
  readonly bToA?: Partial<Impairments> | undefined;
}

class Node {
  readonly stack: Pollable;
  due: boolean;

  constructor(stack: Pollable) {
    this.stack = stack;
    this.due = true;
  }
}

/**
 * Stacks, wires and switches in virtual time. `step` jumps to the next thing that happens: a frame arrives, a timer
 * is due, somebody wrote. Everything that is left to chance comes from one seed.
 */
export class SimulatedNetwork {
  /** Virtual milliseconds since the simulation began. */
  now: number;
  readonly pool: FramePool;
  readonly channels: Channel[];
  /** Called after each step: where invariants are checked. */
  afterStep: ((now: number) => void) | undefined;
  #random: Random;
  #heap: FrameHeap;
  #nodes: Node[];
  /** What happens at a time, in the order of time. */
  #plans: { at: number; act: () => void }[];
  #order: number;

  constructor(random: Random) {
    this.now = 0;
    this.pool = new FramePool();
    this.channels = [];
    this.afterStep = undefined;
    this.#random = random;
    this.#heap = new FrameHeap();
    this.#nodes = [];
    this.#plans = [];
    this.#order = 0;
  }

  /** Frames on their way. */
  get underWay(): number {
    return this.#heap.size;
  }

  /** A wire between two stacks. */
  wire(options: WireOptions = {}): SimulatedWire {
    const name = `wire${this.channels.length / 2}`;
    const a = new SimulatedLink(this, `${name}a`, options.mtu ?? 1500);
    const b = new SimulatedLink(this, `${name}b`, options.mtu ?? 1500);
    const aToB = this.#channel(b, options.aToB);
    const bToA = this.#channel(a, options.bToA ?? options.aToB);
    a.channel = aToB;
    b.channel = bToA;
    return { a, b, aToB, bToA };
  }

  /** A switch: `plug` gives a wire to one of its ports. */
  switch(): SimulatedSwitch {
    return new SimulatedSwitch(this);
  }

  /** Lets the network drive a stack: it is polled when its link or its user wakes it and when its timers are due. */
  drive(stack: Pollable): void {
    const node = new Node(stack);
    stack.wake = () => {
      node.due = true;
    };
    this.#nodes.push(node);
  }

  /** Does something at a time: changes an MTU, cuts a wire. */
  at(at: number, act: () => void): void {
    let index = this.#plans.length;
    while (index > 0 && this.#plans[index - 1]!.at > at) index--;
    this.#plans.splice(index, 0, { at, act });
  }

  /** Called by channels. */
  deliver(frame: SimulatedFrame, target: SimulatedLink, at: number): void {
    frame.target = target;
    frame.at = at;
    frame.order = this.#order++;
    this.#heap.push(frame);
  }

  /** Does what happens next, or says false when nothing ever will, or nothing until `until`. */
  step(until: number = Number.POSITIVE_INFINITY): boolean {
    let next = Math.min(this.#heap.nextAt, this.#plans[0]?.at ?? Number.POSITIVE_INFINITY);
    for (const node of this.#nodes) {
      const at = node.due ? this.now : node.stack.pollAt();
      if (at < next) next = at;
    }
    if (next === Number.POSITIVE_INFINITY || next > until) {
      if (until !== Number.POSITIVE_INFINITY && until > this.now) this.now = until;
      return false;
    }
    if (next > this.now) this.now = next;
    while (this.#plans.length > 0 && this.#plans[0]!.at <= this.now) this.#plans.shift()!.act();
    while (this.#heap.nextAt <= this.now) {
      const frame = this.#heap.pop();
      frame.target!.arrive(frame);
    }
    for (const node of this.#nodes) {
      if (!node.due && node.stack.pollAt() > this.now) continue;
      node.due = false;
      if (node.stack.poll(this.now)) node.due = true;
    }
    this.afterStep?.(this.now);
    return true;
  }

  /** Steps until `done` says true; false when nothing is left to do, or the virtual time is over. */
  run(done: () => boolean, limitMs: number): boolean {
    const until = this.now + limitMs;
    while (!done()) {
      if (!this.step(until)) return done();
    }
    return true;
  }

  /** Lets time pass: everything that happens within it. */
  elapse(durationMs: number): void {
    const until = this.now + durationMs;
    while (this.step(until));
  }

  #channel(target: SimulatedLink, given: Partial<Impairments> | undefined): Channel {
    const random = this.#random.fork(`channel ${this.channels.length}`);
    const channel = new Channel(this, target, impairments(given), random);
    this.channels.push(channel);
    return channel;
  }
}
