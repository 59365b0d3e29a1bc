import { CLOCK_JUMP_MS, LONGEST_TIMEOUT_MS, POLLS_PER_TURN } from './parameters.ts';

/** What a driver drives: a `NetworkStack`, or anything with its two verbs. */
export interface Pollable {
  /** Runs what there is to do; true when more waits already. */
  poll(now: number): boolean;
  /** When `poll` is due next, in the milliseconds of `now`: `Infinity` for never, anything at or before now for at once. */
  pollAt(): number;
  /**
   * Called when a poll is due earlier than was said.
   *
   * @param event true when an event of the loop brought it (a link's): poll within it. False when somebody's call
   * did: poll later, so that several calls make one batch
   */
  wake: ((event: boolean) => void) | undefined;
}

/**
 * Joins a stack to this process's event loop: polls it when its link wakes it, when a timer is due and when its
 * user asks. The one file of the library with a clock and timers in it.
 *
 * It reads the clock once a batch. A jump of more than ten seconds (a laptop that slept, a process that was
 * stopped) counts as one tick.
 */
export class StackDriver {
  /** Called after polls: look at what the stack as a whole has to tell. */
  onpoll: (() => void) | undefined;
  #stack: Pollable;
  /** What the clock showed when it was last read. */
  #read: number;
  /** Milliseconds by which `now` lags behind the clock: jumps that were left out. */
  #lag: number;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: number;
  #polling: boolean;
  #refed: boolean;
  #closed: boolean;
  #turn: () => void;
  #timeout: () => void;

  constructor(stack: Pollable) {
    this.onpoll = undefined;
    this.#stack = stack;
    this.#read = performance.now();
    this.#lag = 0;
    this.#immediate = undefined;
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#polling = false;
    this.#refed = true;
    this.#closed = false;
    this.#turn = () => {
      this.#immediate = undefined;
      this.run();
    };
    this.#timeout = () => {
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.run();
    };
    stack.wake = (event) => {
      if (event) this.run();
      else this.schedule();
    };
    this.schedule();
  }

  /** The stack's time: monotonic milliseconds, with fractions, jumps left out. */
  now(): number {
    const read = performance.now();
    const step = read - this.#read;
    if (step > CLOCK_JUMP_MS) this.#lag += step - 1;
    this.#read = read;
    return read - this.#lag;
  }

  /** Polls in a turn of the event loop soon. May be called often. */
  schedule(): void {
    if (this.#closed || this.#immediate !== undefined || this.#polling) return;
    this.#immediate = setImmediate(this.#turn);
    if (!this.#refed) this.#immediate.unref();
  }

  /** Polls now: for the event that a link woke us with. Bounded; what is left has its turn after other I/O. */
  run(): void {
    if (this.#closed || this.#polling) return;
    const stack = this.#stack;
    this.#polling = true;
    let more = false;
    try {
      for (let i = 0; i < POLLS_PER_TURN; i++) {
        more = stack.poll(this.now());
        if (!more) break;
      }
    } finally {
      this.#polling = false;
    }
    this.onpoll?.();
    this.#arm(more);
  }

  /** Keeps the process alive while the stack is open (the default). */
  ref(): void {
    this.#refed = true;
    this.#timer?.ref();
    this.#immediate?.ref();
  }

  /** Lets the process end though the stack is open. */
  unref(): void {
    this.#refed = false;
    this.#timer?.unref();
    this.#immediate?.unref();
  }

  /** Stops polling. The stack is not closed. */
  close(): void {
    this.#closed = true;
    this.#stack.wake = undefined;
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
  }

  #arm(more: boolean): void {
    if (this.#closed) return;
    const at = more ? 0 : this.#stack.pollAt();
    const now = this.#read - this.#lag;
    if (at <= now) {
      this.schedule();
      return;
    }
    // A timer that is early costs one idle poll; re-arming one for every segment costs more.
    if (at === Number.POSITIVE_INFINITY || (this.#timer !== undefined && this.#timerAt <= at)) return;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    // setTimeout rounds down to whole milliseconds.
    this.#timer = setTimeout(this.#timeout, Math.min(Math.ceil(at - now), LONGEST_TIMEOUT_MS));
    this.#timerAt = at;
    if (!this.#refed) this.#timer.unref();
  }
}
