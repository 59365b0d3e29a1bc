/** How many of each kind are remembered. More resets than this end the connection anyway. */
const REMEMBERED = 256;
const REMEMBERED_GAPS = 16;

/** What is known about a stream that is no longer open, though its identifier was passed. */
export const Closed = {
  /** Its request ended and so did its response (RFC 9113 §5.1, closed after END_STREAM). */
  Ended: 0,
  /** The client reset it. */
  ResetByPeer: 1,
  /** We reset it: frames may still be on their way. */
  ResetByUs: 2,
  /** It was never used: a later one was opened first (RFC 9113 §5.1.1). */
  Skipped: 3,
} as const;

/** One of {@link Closed}. */
export type Closed = (typeof Closed)[keyof typeof Closed];

/**
 * Tells closed streams apart without a record of each: what is usual (opened in turn, ended by both sides) costs
 * nothing; resets and gaps, which are rare or an attack, are kept in short rings.
 */
export class ClosedStreams {
  #ours: number[];
  #theirs: number[];
  /** First and last identifier of each gap, in turn. */
  #gaps: number[];
  #oursAt: number;
  #theirsAt: number;
  #gapsAt: number;

  constructor() {
    this.#ours = NONE;
    this.#theirs = NONE;
    this.#gaps = NONE;
    this.#oursAt = 0;
    this.#theirsAt = 0;
    this.#gapsAt = 0;
  }

  resetByUs(streamId: number): void {
    if (this.#ours === NONE) this.#ours = [];
    this.#ours[this.#oursAt++ & (REMEMBERED - 1)] = streamId;
  }

  resetByPeer(streamId: number): void {
    if (this.#theirs === NONE) this.#theirs = [];
    this.#theirs[this.#theirsAt++ & (REMEMBERED - 1)] = streamId;
  }

  /** The streams from `first` to `last` were passed over. */
  skip(first: number, last: number): void {
    if (this.#gaps === NONE) this.#gaps = [];
    const at = this.#gapsAt++ & (REMEMBERED_GAPS - 1);
    this.#gaps[at * 2] = first;
    this.#gaps[at * 2 + 1] = last;
  }

  /** How a stream was closed that is neither open nor idle. */
  kind(streamId: number): Closed {
    if (this.#ours.includes(streamId)) return Closed.ResetByUs;
    if (this.#theirs.includes(streamId)) return Closed.ResetByPeer;
    for (let i = 0; i < this.#gaps.length; i += 2) {
      if (streamId >= this.#gaps[i]! && streamId <= this.#gaps[i + 1]!) return Closed.Skipped;
    }
    return Closed.Ended;
  }
}

const NONE: number[] = [];
