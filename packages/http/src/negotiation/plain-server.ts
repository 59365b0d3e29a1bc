import type { SliceQueue, StreamProtocol } from '@immuable-net/octets';
import { type Http1Context, Http1Server } from '../http1/index.ts';
import { CLIENT_PREFACE, type Http2Context, Http2Server } from '../http2/index.ts';
import type { ClientFacts } from '../semantics/index.ts';

/**
 * One connection whose client has not said which version of HTTP it speaks: a port in clear, where HTTP/2 begins with
 * prior knowledge (RFC 9113 §3.3). It is HTTP/1.1 until the whole of HTTP/2's preface came, and until then has the
 * limits and timeouts of HTTP/1.1; octets that may yet be the preface are held back.
 */
export class PlainServer implements StreamProtocol {
  /** Who speaks: look at it for what is not in {@link StreamProtocol}. Changes at most once. */
  protocol: Http1Server | Http2Server;
  readonly #http2: Http2Context;
  readonly #client: ClientFacts;
  /** Octets of the preface that were held back; -1 once it is decided. */
  #held: number;

  constructor(http1: Http1Context, http2: Http2Context, client: ClientFacts, now: number) {
    this.protocol = new Http1Server(http1, client, now);
    this.#http2 = http2;
    this.#client = client;
    this.#held = 0;
  }

  /** @inheritdoc */
  get wish(): number {
    return this.protocol.wish;
  }

  /** @inheritdoc */
  arrive(octets: Uint8Array, start: number, end: number, now: number): number {
    if (this.#held < 0) return this.protocol.arrive(octets, start, end, now);
    let at = start;
    let held = this.#held;
    while (at < end && held < CLIENT_PREFACE.length && octets[at] === CLIENT_PREFACE[held]) {
      held++;
      at++;
    }
    if (held === CLIENT_PREFACE.length) {
      this.#held = -1;
      this.protocol.abort(now);
      this.protocol = new Http2Server(this.#http2, this.#client, now);
      this.protocol.arrive(CLIENT_PREFACE, 0, CLIENT_PREFACE.length, now);
      return at - start + this.protocol.arrive(octets, at, end, now);
    }
    if (at === end) {
      this.#held = held;
      return end - start;
    }
    const before = this.#held;
    this.#held = -1;
    // What was held back lies in the preface itself. No head ends within it, so all of it is taken.
    if (before > 0) this.protocol.arrive(CLIENT_PREFACE, 0, before, now);
    return this.protocol.arrive(octets, start, end, now);
  }

  /** @inheritdoc */
  arriveEnd(now: number): void {
    if (this.#held > 0) this.protocol.arrive(CLIENT_PREFACE, 0, this.#held, now);
    this.#held = -1;
    this.protocol.arriveEnd(now);
  }

  /** @inheritdoc */
  abort(now: number): void {
    this.protocol.abort(now);
  }

  /** Ends the connection gracefully: see the same of {@link Http1Server} and {@link Http2Server}. */
  stop(now: number): void {
    this.#held = -1;
    this.protocol.stop(now);
  }

  /** @inheritdoc */
  emit(queue: SliceQueue, room: number, now: number): number {
    return this.protocol.emit(queue, room, now);
  }

  /** @inheritdoc */
  timeoutsExpire(now: number): void {
    this.protocol.timeoutsExpire(now);
  }

  /** @inheritdoc */
  nextTimeout(): number {
    return this.protocol.nextTimeout();
  }
}
