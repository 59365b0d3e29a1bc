import { MemoryWire, type MemoryWireOptions } from '@immuable-net/ethernet';
import type { RandomSource } from '@immuable-net/octets';
import { NetworkStack, type NetworkStackOptions } from '../src/index.ts';

/** Predictable randomness: a linear congruential generator. */
export function seeded(seed: number): RandomSource {
  let state = seed >>> 0;
  return (octets, start, end) => {
    for (let i = start; i < end; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      octets[i] = state >>> 24;
    }
  };
}

/** Two stacks on a wire in memory, 10.0.0.1 and 10.0.0.2, and a clock that only `step` moves. */
export class Pair {
  now: number;
  readonly wire: MemoryWire;
  readonly left: NetworkStack;
  readonly right: NetworkStack;

  constructor(options: MemoryWireOptions = {}, more: Partial<NetworkStackOptions> = {}) {
    this.now = 1000;
    this.wire = new MemoryWire({ ...options, schedule: (task) => task() });
    const both = { ...more };
    this.left = new NetworkStack({ link: this.wire.left, addresses: ['10.0.0.1/24'], random: seeded(1), ...both });
    this.right = new NetworkStack({ link: this.wire.right, addresses: ['10.0.0.2/24'], random: seeded(2), ...both });
  }

  /** Polls both until neither has anything to do now. */
  settle(): void {
    for (let i = 0; i < 10_000; i++) {
      const left = this.left.pollAt() <= this.now;
      const right = this.right.pollAt() <= this.now;
      if (!left && !right) return;
      if (left) this.left.poll(this.now);
      if (right) this.right.poll(this.now);
    }
    throw new Error('the stacks never settle');
  }

  /** Lets time pass, timer by timer. */
  elapse(milliseconds: number): void {
    const until = this.now + milliseconds;
    this.settle();
    for (;;) {
      const next = Math.min(this.left.pollAt(), this.right.pollAt());
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.settle();
    }
    this.now = until;
    this.settle();
  }
}
