import type { PreparedResponse } from './prepared-response.ts';

/** Sets of the memo, a power of two, and entries a set: with heads of at most 1 KiB it holds 4 MiB at most. */
const SETS = 1024;
const WAYS = 4;

/** Hashes of heads that came lately and are not in the memo, a power of two. */
const SEEN = 16_384;

/** Longer heads are parsed each time. A browser's has 400 to 900 octets. */
export const MEMO_HEAD_OCTETS = 1024;

/**
 * From the octets of a request's head straight to its answer. A service that says `reusable` gives the same
 * answer to the same head for ever, so nothing of the head has to be read twice.
 *
 * Octets are compared whole; the hash only chooses a set. Whoever makes heads collide pushes out entries of one
 * set and gains nothing: a miss is a request that is parsed. A head is copied only when it comes the second time,
 * so that heads that come once (a crawler's, a flood's) push out nothing.
 */
export class ResponseMemo {
  readonly #heads: (DataView | undefined)[];
  readonly #responses: (PreparedResponse | undefined)[];
  /** Which entry of a set is replaced next. */
  readonly #next: Uint8Array;
  readonly #seen: Int32Array;
  #recent: number;
  /** The hash of the head that was looked up last. */
  #hash: number;
  /** Over the buffer that octets were in the last time: borrowed octets lie in the same one most often. */
  #view: DataView;

  constructor() {
    this.#heads = new Array<DataView | undefined>(SETS * WAYS).fill(undefined);
    this.#responses = new Array<PreparedResponse | undefined>(SETS * WAYS).fill(undefined);
    this.#next = new Uint8Array(SETS);
    this.#seen = new Int32Array(SEEN);
    this.#recent = 0;
    this.#hash = 0;
    this.#view = new DataView(new ArrayBuffer(0));
  }

  /**
   * The answer to the head that `octets[start, end)` begins with, if it is known; {@link headOctets} says how long the
   * head is. A head ends with its first empty line, so no head is the beginning of another.
   */
  findRecent(octets: Uint8Array, start: number, end: number): PreparedResponse | undefined {
    const head = this.#heads[this.#recent];
    if (head === undefined || !this.#matches(head, octets, start, end)) return undefined;
    return this.#responses[this.#recent];
  }

  /** Octets of the head that was found last. */
  get headOctets(): number {
    return this.#heads[this.#recent]!.byteLength;
  }

  /** The answer to the head `octets[start, end)`, if it is known. */
  find(octets: Uint8Array, start: number, end: number): PreparedResponse | undefined {
    if (end - start > MEMO_HEAD_OCTETS) return undefined;
    this.#hash = this.#hashOf(octets, start, end);
    const first = (this.#hash & (SETS - 1)) * WAYS;
    for (let entry = first; entry < first + WAYS; entry++) {
      const head = this.#heads[entry];
      if (head === undefined) return undefined;
      if (!this.#matches(head, octets, start, end)) continue;
      this.#recent = entry;
      return this.#responses[entry];
    }
    return undefined;
  }

  /** Offers the answer to the head `octets[start, end)`, for which {@link find} just found none: from the second time on it is remembered. */
  add(octets: Uint8Array, start: number, end: number, response: PreparedResponse): void {
    if (end - start > MEMO_HEAD_OCTETS) return;
    const hash = this.#hash;
    const seen = (hash >>> 10) & (SEEN - 1);
    if (this.#seen[seen] !== hash) {
      this.#seen[seen] = hash;
      return;
    }
    const set = hash & (SETS - 1);
    const way = this.#next[set]!;
    this.#next[set] = (way + 1) % WAYS;
    this.#heads[set * WAYS + way] = new DataView(octets.slice(start, end).buffer);
    this.#responses[set * WAYS + way] = response;
  }

  /** Forgets everything: the service is another one. */
  clear(): void {
    this.#heads.fill(undefined);
    this.#responses.fill(undefined);
    this.#next.fill(0);
    this.#seen.fill(0);
  }

  /** Four octets at a time: a browser's head has 800. */
  #matches(head: DataView, octets: Uint8Array, start: number, end: number): boolean {
    const length = head.byteLength;
    if (length > end - start) return false;
    const view = this.#viewOf(octets);
    const from = octets.byteOffset + start;
    const words = length & ~3;
    let at = 0;
    for (; at < words; at += 4) if (head.getInt32(at) !== view.getInt32(from + at)) return false;
    for (; at < length; at++) if (head.getUint8(at) !== view.getUint8(from + at)) return false;
    return true;
  }

  /** FNV-1a over the whole head by words, with its high bits brought down each time. */
  #hashOf(octets: Uint8Array, start: number, end: number): number {
    const view = this.#viewOf(octets);
    const to = octets.byteOffset + end;
    let at = octets.byteOffset + start;
    let hash = 0x811c9dc5;
    for (; at + 4 <= to; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at), 0x01000193);
      hash ^= hash >>> 15;
    }
    for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
    return hash ^ (hash >>> 15);
  }

  #viewOf(octets: Uint8Array): DataView {
    const view = this.#view;
    return view.buffer === octets.buffer ? view : (this.#view = new DataView(octets.buffer));
  }
}
