/** Where an archive is written: a file, or memory. What it throws goes through to the caller of the writer. */
export interface PackSink {
  /** Appends the octets. They may be used again once it returns. */
  write(octets: Uint8Array): void;
  /** Writes over what was appended at `position`. */
  writeAt(position: number, octets: Uint8Array): void;
  /** Reads back what was appended at `position`; returns how many octets, 0 at the end. */
  readAt(position: number, target: Uint8Array): number;
}

/** An archive in memory: for tests and small archives. */
export class MemorySink implements PackSink {
  #octets: Uint8Array;
  #length: number;

  constructor() {
    this.#octets = new Uint8Array(65536);
    this.#length = 0;
  }

  write(octets: Uint8Array): void {
    if (this.#length + octets.length > this.#octets.length) {
      const grown = new Uint8Array(Math.max(this.#octets.length * 2, this.#length + octets.length));
      grown.set(this.#octets.subarray(0, this.#length));
      this.#octets = grown;
    }
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
  }

  writeAt(position: number, octets: Uint8Array): void {
    this.#octets.set(octets, position);
  }

  readAt(position: number, target: Uint8Array): number {
    const part = this.#octets.subarray(
      Math.min(position, this.#length),
      Math.min(position + target.length, this.#length),
    );
    target.set(part);
    return part.length;
  }

  /** What was written. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length);
  }
}
