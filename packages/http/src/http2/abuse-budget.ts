import type { Http2Parameters } from './parameters.ts';

/** Octets of a DATA frame that count as progress: an answer squeezed through a window of a few octets does not. */
const PROGRESS_OCTETS = 256;

/**
 * Counts what costs us work and brings a client nothing: each method says whether the client has gone too far, which
 * is a connection error of type ENHANCE_YOUR_CALM (RFC 9113 §10.5).
 */
export class AbuseBudget {
  #idleFrames: number;
  #resets: number;
  #streams: number;
  readonly #parameters: Http2Parameters;

  constructor(parameters: Http2Parameters) {
    this.#idleFrames = 0;
    this.#resets = 0;
    this.#streams = 0;
    this.#parameters = parameters;
  }

  /** A stream was opened. */
  stream(): void {
    this.#streams++;
  }

  /** A stream was reset, by whom does not matter (CVE-2023-44487 by them, CVE-2025-8671 by us on their account). */
  reset(): boolean {
    this.#resets++;
    return this.#resets > this.#parameters.resets && this.#resets * 2 > this.#streams;
  }

  /** A frame came that brings nothing on. */
  idleFrame(): boolean {
    return ++this.#idleFrames > this.#parameters.idleFrames;
  }

  /** Content of a response was given to the connection. */
  progress(octets: number): void {
    if (octets >= PROGRESS_OCTETS) this.#idleFrames = 0;
  }

  /** A response's last frame was given to the connection. */
  responded(): void {
    this.#idleFrames = 0;
  }
}
