import type { Http1Failure } from './http1-failure.ts';

/** Content of a request, read and discarded. */
export interface RequestContent {
  /** Whether all of it was read. */
  readonly done: boolean;
  readonly failure: Http1Failure | undefined;
  /** Takes octets; returns how many belong to the content. Stops at its end, or with {@link failure}. */
  arrive(octets: Uint8Array, start: number, end: number): number;
}

/** Content whose length was told by Content-Length (RFC 9112 §6.2). */
export class SizedContent implements RequestContent {
  readonly failure: undefined;
  #left: number;

  /** @param length 1 or more; the caller has seen to it that so much is to be discarded */
  constructor(length: number) {
    this.failure = undefined;
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  /** @inheritdoc */
  arrive(_octets: Uint8Array, start: number, end: number): number {
    const count = Math.min(this.#left, end - start);
    this.#left -= count;
    return count;
  }
}
