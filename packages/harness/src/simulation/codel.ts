/**
 * Controlled delay (RFC 8289): drops when frames have waited longer than a target for a whole interval, then more
 * and more often until they wait less.
 *
 * A queue in order with one server: when a frame leaves is known when it comes, so the decision that RFC 8289
 * takes at dequeue is taken here at enqueue, for the time of the dequeue.
 */
export class Codel {
  readonly targetMs: number;
  readonly intervalMs: number;
  /** When the wait will have been above target for an interval; 0 = it is not above. */
  #firstAboveAt: number;
  #dropNextAt: number;
  #count: number;
  #lastCount: number;
  #dropping: boolean;

  constructor(targetMs: number, intervalMs: number) {
    this.targetMs = targetMs;
    this.intervalMs = intervalMs;
    this.#firstAboveAt = 0;
    this.#dropNextAt = 0;
    this.#count = 0;
    this.#lastCount = 0;
    this.#dropping = false;
  }

  /** Whether the frame that leaves at `now` after waiting `sojournMs` is dropped (RFC 8289 §5.5). */
  drops(now: number, sojournMs: number): boolean {
    let okToDrop = false;
    if (sojournMs < this.targetMs) this.#firstAboveAt = 0;
    else if (this.#firstAboveAt === 0) this.#firstAboveAt = now + this.intervalMs;
    else okToDrop = now >= this.#firstAboveAt;
    if (this.#dropping) {
      if (!okToDrop) {
        this.#dropping = false;
        return false;
      }
      if (now < this.#dropNextAt) return false;
      this.#count++;
      this.#dropNextAt += this.intervalMs / Math.sqrt(this.#count);
      return true;
    }
    if (!okToDrop) return false;
    this.#dropping = true;
    // RFC 8289 §5.4: a spell soon after the last one goes on at the rate that controlled it.
    const delta = this.#count - this.#lastCount;
    this.#count = delta > 1 && now - this.#dropNextAt < 16 * this.intervalMs ? delta : 1;
    this.#lastCount = this.#count;
    this.#dropNextAt = now + this.intervalMs / Math.sqrt(this.#count);
    return true;
  }
}
