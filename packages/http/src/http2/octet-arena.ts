import type { SliceQueue } from '@immuable-net/octets';

/** One arena serves some hundred responses, and a slow reader keeps no more than one alive for each run of its frames. */
const ARENA_OCTETS = 8192;

/**
 * Where frame headers and field blocks are written: each octet once, and then lent by reference, so a response costs
 * no buffer of its own. One for all connections of a listener; who writes begins and flushes within one call.
 */
export class OctetArena {
  octets: Uint8Array;
  /** Where the next octet goes: write there, then move it. */
  at: number;
  /** Octets from here were written and not yet appended to a queue. */
  #from: number;

  constructor() {
    this.octets = NOTHING;
    this.at = 0;
    this.#from = 0;
  }

  /** Makes room for `count` octets at {@link at}; what was written goes to `queue` if it has to. */
  ensure(count: number, queue: SliceQueue): void {
    if (this.octets.length - this.at >= count) return;
    this.flush(queue);
    this.octets = new Uint8Array(Math.max(count, ARENA_OCTETS));
    this.at = 0;
    this.#from = 0;
  }

  /** Appends what was written to `queue`, by reference. */
  flush(queue: SliceQueue): void {
    if (this.at === this.#from) return;
    queue.append(this.octets, this.#from, this.at, undefined);
    this.#from = this.at;
  }
}

const NOTHING = new Uint8Array(0);
