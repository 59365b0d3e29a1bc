import { POST_QUANTUM_BURST, POST_QUANTUM_RATE } from './parameters.ts';

/** Bounds how many post-quantum key exchanges are preferred: a bucket that fills at a fixed rate. */
export class PostQuantumRate {
  #left: number;
  #lastMs: number;

  constructor() {
    this.#left = POST_QUANTUM_BURST;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether one may be preferred now. */
  allows(now: number): boolean {
    if (now > this.#lastMs) {
      const filled = this.#left + ((now - this.#lastMs) * POST_QUANTUM_RATE) / 1000;
      this.#left = Math.min(filled, POST_QUANTUM_BURST);
      this.#lastMs = now;
    }
    return this.#left >= 1;
  }

  /** Counts one that took place. */
  spend(): void {
    if (this.#left >= 1) this.#left--;
  }
}
