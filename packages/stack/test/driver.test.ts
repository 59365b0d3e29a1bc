import { describe, expect, it } from 'vitest';
import { type Pollable, StackDriver } from '../src/index.ts';

/** A stack that counts its polls. */
class Counted implements Pollable {
  wake: ((event: boolean) => void) | undefined = undefined;
  polls: number[] = [];
  more = 0;
  due = Number.POSITIVE_INFINITY;

  poll(now: number): boolean {
    this.polls.push(now);
    if (this.due <= now) this.due = Number.POSITIVE_INFINITY;
    return this.more-- > 0;
  }

  pollAt(): number {
    return this.due;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('StackDriver', () => {
  it('polls in a turn of its own when called, at once when an event wakes it', async () => {
    const stack = new Counted();
    const driver = new StackDriver(stack);
    expect(stack.polls).toHaveLength(0);
    await turn();
    expect(stack.polls).toHaveLength(1);
    stack.wake!(false);
    stack.wake!(false);
    expect(stack.polls).toHaveLength(1);
    await turn();
    expect(stack.polls).toHaveLength(2);
    stack.wake!(true);
    expect(stack.polls).toHaveLength(3);
    driver.close();
    expect(stack.wake).toBeUndefined();
  });

  it('polls a bounded number of times a turn, and lets others have theirs between', async () => {
    const stack = new Counted();
    const driver = new StackDriver(stack);
    stack.more = 20;
    await turn();
    const first = stack.polls.length;
    expect(first).toBeLessThan(20);
    while (stack.more >= 0) await turn();
    expect(stack.polls.length).toBe(21);
    driver.close();
  });

  it('polls when a timer is due, and not before', async () => {
    const stack = new Counted();
    const driver = new StackDriver(stack);
    await turn();
    stack.due = driver.now() + 5;
    const due = stack.due;
    driver.schedule();
    while (stack.due !== Number.POSITIVE_INFINITY) await turn();
    // A poll or two may come early (setTimeout's own rounding), none after it was done.
    expect(stack.polls.at(-1)).toBeGreaterThanOrEqual(due);
    driver.close();
  });

  it('never goes back in time', () => {
    const driver = new StackDriver(new Counted());
    let last = driver.now();
    for (let i = 0; i < 1000; i++) {
      const now = driver.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    driver.close();
  });

  it('counts a jump of the clock as one tick', () => {
    const real = performance.now.bind(performance);
    let skipped = 0;
    performance.now = () => real() + skipped;
    try {
      const driver = new StackDriver(new Counted());
      const before = driver.now();
      skipped = 3_600_000;
      const after = driver.now();
      expect(after).toBeGreaterThanOrEqual(before);
      expect(after - before).toBeLessThan(3_600_000 / 2);
      driver.close();
    } finally {
      performance.now = real;
    }
  });
});
