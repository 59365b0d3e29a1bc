/** Objects that deltas refer to, kept up to a number of octets; the one used longest ago goes first. */
export class DeltaCache {
  readonly #limit: number;
  readonly #bodies: Map<number, Uint8Array>;
  #octets: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#bodies = new Map();
    this.#octets = 0;
  }

  /** The object whose entry begins at `start`. */
  get(start: number): Uint8Array | undefined {
    const body = this.#bodies.get(start);
    if (body !== undefined) {
      this.#bodies.delete(start);
      this.#bodies.set(start, body);
    }
    return body;
  }

  set(start: number, body: Uint8Array): void {
    if (body.length > this.#limit || this.#bodies.has(start)) return;
    this.#bodies.set(start, body);
    this.#octets += body.length;
    for (const [oldest, octets] of this.#bodies) {
      if (this.#octets <= this.#limit) break;
      this.#bodies.delete(oldest);
      this.#octets -= octets.length;
    }
  }
}
