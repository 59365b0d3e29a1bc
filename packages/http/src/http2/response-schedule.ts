import { type Http2Stream, Queued } from './http2-stream.ts';

const URGENCIES = 8;

/**
 * Which response goes on next (RFC 9218 §10): by urgency; of one urgency those that are not incremental one after
 * the other in the order of their streams, those that are in turn, a frame each; and where both kinds wait, one
 * frame of either in turn, so that neither starves.
 */
export class ResponseSchedule {
  /** How many streams wait. */
  count: number;
  /** Heads and tails of the lists: urgency * 2 + incremental. */
  readonly #heads: (Http2Stream | undefined)[];
  readonly #tails: (Http2Stream | undefined)[];
  /** A bit for each list that is not empty. */
  #filled: number;
  /** The kind that had the last frame where both wait. */
  #lastKind: number;

  constructor() {
    this.count = 0;
    this.#heads = [];
    this.#tails = [];
    for (let list = 0; list < URGENCIES * 2; list++) {
      this.#heads.push(undefined);
      this.#tails.push(undefined);
    }
    this.#filled = 0;
    this.#lastKind = 1;
  }

  /** The stream whose turn it is; `undefined` when none waits. */
  next(): Http2Stream | undefined {
    if (this.#filled === 0) return undefined;
    const lowest = 31 - Math.clz32(this.#filled & -this.#filled);
    const urgency = lowest >> 1;
    const both = (this.#filled >> (urgency << 1)) & 3;
    if (both !== 3) return this.#heads[lowest];
    return this.#heads[(urgency << 1) | (this.#lastKind ^ 1)];
  }

  /** The stream has something to send. */
  add(stream: Http2Stream): void {
    const list = (stream.urgency << 1) | (stream.incremental ? 1 : 0);
    stream.list = list;
    stream.queued = Queued.Ready;
    let after = this.#tails[list];
    // Streams become ready in the order of their identifiers, nearly always: seldom does one have to walk.
    if (!stream.incremental) while (after !== undefined && after.id > stream.id) after = after.previous;
    this.#insert(stream, after);
    this.#filled |= 1 << list;
    this.count++;
  }

  /** The stream has nothing to send, or cannot. */
  remove(stream: Http2Stream): void {
    if (stream.queued !== Queued.Ready) return;
    stream.queued = Queued.No;
    this.#unlink(stream);
    if (this.#heads[stream.list] === undefined) this.#filled &= ~(1 << stream.list);
    this.count--;
  }

  /** The stream had a frame: others of its kind and urgency have theirs before it has another, if it is incremental. */
  served(stream: Http2Stream): void {
    this.#lastKind = stream.list & 1;
    if (stream.incremental) this.postpone(stream);
  }

  /** Puts the stream behind all others of its list. */
  postpone(stream: Http2Stream): void {
    if (stream.next === undefined) return;
    this.#unlink(stream);
    this.#insert(stream, this.#tails[stream.list]);
  }

  #insert(stream: Http2Stream, after: Http2Stream | undefined): void {
    const list = stream.list;
    const before = after === undefined ? this.#heads[list] : after.next;
    stream.previous = after;
    stream.next = before;
    if (after === undefined) this.#heads[list] = stream;
    else after.next = stream;
    if (before === undefined) this.#tails[list] = stream;
    else before.previous = stream;
  }

  #unlink(stream: Http2Stream): void {
    const { previous, next, list } = stream;
    if (previous === undefined) this.#heads[list] = next;
    else previous.next = next;
    if (next === undefined) this.#tails[list] = previous;
    else next.previous = previous;
    stream.previous = undefined;
    stream.next = undefined;
  }
}
