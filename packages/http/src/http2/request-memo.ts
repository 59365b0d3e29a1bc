import { copyOctets } from '@immuable-net/octets';
import type { HttpResponse } from '../semantics/index.ts';
import type { Http2Request } from './read-request.ts';

const SLOTS = 8;
/** Longer blocks carry literals, which hardly come again. */
const LONGEST_BLOCK = 96;

class KnownRequest {
  readonly octets: Uint8Array;
  readonly generation: number;
  readonly request: Http2Request;
  readonly response: HttpResponse;

  constructor(octets: Uint8Array, generation: number, request: Http2Request, response: HttpResponse) {
    this.octets = octets;
    this.generation = generation;
    this.request = request;
    this.response = response;
  }
}

/**
 * The last requests of one connection that had no content, beside their field blocks and reusable responses: while the
 * dynamic table stands still, the same octets are the same request and have the same answer.
 */
export class RequestMemo {
  #slots: (KnownRequest | undefined)[] | undefined;
  /** What {@link find} found. */
  request: Http2Request | undefined;
  response: HttpResponse | undefined;

  constructor() {
    this.#slots = undefined;
    this.request = undefined;
    this.response = undefined;
  }

  /** Whether this block is known; if so, {@link request} and {@link response} are its. */
  find(octets: Uint8Array, start: number, end: number, generation: number): boolean {
    const slots = this.#slots;
    const length = end - start;
    if (slots === undefined || length > LONGEST_BLOCK) return false;
    const known = slots[slotOf(octets, start, end)];
    if (known === undefined || known.generation !== generation || known.octets.length !== length) return false;
    const kept = known.octets;
    for (let i = 0; i < length; i++) if (kept[i] !== octets[start + i]) return false;
    this.request = known.request;
    this.response = known.response;
    return true;
  }

  /** Remembers a block that left the table as it was. */
  keep(
    octets: Uint8Array,
    start: number,
    end: number,
    generation: number,
    request: Http2Request,
    response: HttpResponse,
  ): void {
    if (end - start > LONGEST_BLOCK) return;
    const copy = new Uint8Array(end - start);
    copyOctets(octets, start, end, copy, 0);
    const slots = this.#slots ?? (this.#slots = new Array<KnownRequest | undefined>(SLOTS).fill(undefined));
    slots[slotOf(octets, start, end)] = new KnownRequest(copy, generation, request, response);
  }

  /** The service changed: nothing that it answered holds. */
  clear(): void {
    this.#slots = undefined;
  }
}

/** FNV-1a. Who makes blocks collide slows down nobody but himself: the memo is one connection's. */
function slotOf(octets: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ octets[at]!, 0x01000193);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}
