import type { NetworkStack, Pollable } from '@immuable-net/stack';

/** A stack for a driver, whose events somebody is told of after the poll that they happened in. */
export class WatchedStack implements Pollable {
  readonly #stack: NetworkStack;
  readonly #told: (events: number, now: number) => void;

  /** @param told called with bits of `StackEvent`, never from inside the stack */
  constructor(stack: NetworkStack, told: (events: number, now: number) => void) {
    this.#stack = stack;
    this.#told = told;
  }

  get wake(): Pollable['wake'] {
    return this.#stack.wake;
  }

  set wake(wake: Pollable['wake']) {
    this.#stack.wake = wake;
  }

  poll(now: number): boolean {
    const more = this.#stack.poll(now);
    const events = this.#stack.takeEvents();
    if (events !== 0) this.#told(events, now);
    return more;
  }

  pollAt(): number {
    return this.#stack.pollAt();
  }
}
