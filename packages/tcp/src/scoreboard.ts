import { MAXIMUM_RANGES } from './parameters.ts';

/** What is known about a range of sent octets. */
export const RangeFlag = {
  /** The peer holds it (RFC 2018). */
  Sacked: 1,
  /** Taken for lost, and not sent again since. */
  Lost: 2,
  /** Sent more than once: no round trip is measured from it (Karn). */
  Retransmitted: 4,
} as const;

/** What one acknowledgment told, gathered from the ranges it covered; used again for each. */
export class AckSample {
  /** Octets acknowledged or selectively acknowledged for the first time. */
  delivered: number;
  /** Octets newly selectively acknowledged. */
  sacked: number;
  /** Of what was never sent again: when its oldest and its newest range were sent; -1 when there was none. */
  oldestSentAt: number;
  newestSentAt: number;
  /** Of everything delivered, the newest by time and then by end (RFC 8985 §6.2 step 2). */
  rackSentAt: number;
  rackEnd: number;
  rackRetransmitted: boolean;
  /** A range never sent again, and sent before what had been delivered before it: the path reorders. */
  lowestOriginal: number;
  hasOriginal: boolean;

  constructor() {
    this.delivered = 0;
    this.sacked = 0;
    this.oldestSentAt = -1;
    this.newestSentAt = -1;
    this.rackSentAt = -1;
    this.rackEnd = 0;
    this.rackRetransmitted = false;
    this.lowestOriginal = 0;
    this.hasOriginal = false;
  }

  reset(): void {
    this.delivered = 0;
    this.sacked = 0;
    this.oldestSentAt = -1;
    this.newestSentAt = -1;
    this.rackSentAt = -1;
    this.rackEnd = 0;
    this.rackRetransmitted = false;
    this.lowestOriginal = 0;
    this.hasOriginal = false;
  }

  /** Takes in a range that was delivered now. */
  take(start: number, end: number, sentAt: number, flags: number): void {
    this.delivered += (end - start) | 0;
    const retransmitted = (flags & RangeFlag.Retransmitted) !== 0;
    if (!retransmitted) {
      if (this.oldestSentAt < 0 || sentAt < this.oldestSentAt) this.oldestSentAt = sentAt;
      if (sentAt > this.newestSentAt) this.newestSentAt = sentAt;
      if (!this.hasOriginal || ((start - this.lowestOriginal) | 0) < 0) {
        this.lowestOriginal = start;
        this.hasOriginal = true;
      }
    }
    if (sentAt > this.rackSentAt || (sentAt === this.rackSentAt && ((end - this.rackEnd) | 0) > 0)) {
      this.rackSentAt = sentAt;
      this.rackEnd = end;
      this.rackRetransmitted = retransmitted;
    }
  }
}

const INITIAL = 16;

/**
 * The octets in flight as contiguous ranges in order of sequence numbers, each with the time it was last sent
 * and its flags (RFC 6675, RFC 8985). What was sent in one burst is one range until an acknowledgment cuts it.
 */
export class Scoreboard {
  /** Octets flagged Sacked, and Lost. */
  sackedOctets: number;
  lostOctets: number;
  #head: number;
  #tail: number;
  #starts: Int32Array;
  #ends: Int32Array;
  #flags: Uint8Array;
  #sentAt: Float64Array;

  constructor() {
    this.sackedOctets = 0;
    this.lostOctets = 0;
    this.#head = 0;
    this.#tail = 0;
    this.#starts = new Int32Array(INITIAL);
    this.#ends = new Int32Array(INITIAL);
    this.#flags = new Uint8Array(INITIAL);
    this.#sentAt = new Float64Array(INITIAL);
  }

  /** How many ranges there are. */
  get ranges(): number {
    return this.#tail - this.#head;
  }

  /** How many ranges there is memory for. */
  get capacity(): number {
    return this.#starts.length;
  }

  startOf(index: number): number {
    return this.#starts[this.#head + index]!;
  }

  endOf(index: number): number {
    return this.#ends[this.#head + index]!;
  }

  flagsOf(index: number): number {
    return this.#flags[this.#head + index]!;
  }

  sentAtOf(index: number): number {
    return this.#sentAt[this.#head + index]!;
  }

  clear(): void {
    this.#head = 0;
    this.#tail = 0;
    this.sackedOctets = 0;
    this.lostOctets = 0;
  }

  /** New octets were sent. */
  push(start: number, end: number, now: number): void {
    const last = this.#tail - 1;
    if (last >= this.#head) {
      const full = this.#tail - this.#head >= MAXIMUM_RANGES;
      if (this.#flags[last] === 0 && (this.#sentAt[last] === now || full)) {
        this.#ends[last] = end;
        this.#sentAt[last] = now;
        return;
      }
    } else {
      this.#head = 0;
      this.#tail = 0;
    }
    if (this.#tail === this.#starts.length) this.#makeRoom();
    const at = this.#tail++;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#flags[at] = 0;
    this.#sentAt[at] = now;
  }

  /** Everything before `una` is acknowledged. */
  acknowledge(una: number, sample: AckSample): void {
    let at = this.#head;
    const tail = this.#tail;
    while (at < tail) {
      const start = this.#starts[at]!;
      const end = this.#ends[at]!;
      const flags = this.#flags[at]!;
      const whole = ((end - una) | 0) <= 0;
      const until = whole ? end : una;
      const length = (until - start) | 0;
      if (length <= 0) break;
      if ((flags & RangeFlag.Sacked) !== 0) this.sackedOctets -= length;
      else {
        if ((flags & RangeFlag.Lost) !== 0) this.lostOctets -= length;
        sample.take(start, until, this.#sentAt[at]!, flags);
      }
      if (!whole) {
        this.#starts[at] = una;
        break;
      }
      at++;
    }
    this.#head = at;
  }

  /** The peer holds `[start, end)`: within what is outstanding. False when the board is too full to cut a range. */
  sack(start: number, end: number, sample: AckSample): boolean {
    let at = this.#search(start);
    let first = -1;
    while (at < this.#tail && ((this.#starts[at]! - end) | 0) < 0) {
      if ((this.#flags[at]! & RangeFlag.Sacked) === 0) {
        if (((start - this.#starts[at]!) | 0) > 0) {
          if (!this.#split(at, start)) return false;
          at = this.#search(start);
        }
        if (((this.#ends[at]! - end) | 0) > 0) {
          const from = this.#starts[at]!;
          if (!this.#split(at, end)) return false;
          at = this.#search(from);
        }
        const flags = this.#flags[at]!;
        const length = (this.#ends[at]! - this.#starts[at]!) | 0;
        if ((flags & RangeFlag.Lost) !== 0) this.lostOctets -= length;
        this.sackedOctets += length;
        sample.sacked += length;
        sample.take(this.#starts[at]!, this.#ends[at]!, this.#sentAt[at]!, flags);
        this.#flags[at] = (flags & ~RangeFlag.Lost) | RangeFlag.Sacked;
        if (first < 0) first = at;
      }
      at++;
    }
    if (first >= 0) this.#join(first, at);
    return true;
  }

  /**
   * RFC 8985 §6.2 step 5: marks lost what was sent before (`sentAt`, `end`) and is older than `rtt + window` now.
   * Returns how long to wait for the next to become so, 0 for nothing. `lostOctets` grows by what was marked.
   */
  detectLoss(sentAt: number, end: number, rtt: number, window: number, now: number): number {
    let wait = 0;
    for (let at = this.#head; at < this.#tail; at++) {
      const flags = this.#flags[at]!;
      if ((flags & (RangeFlag.Sacked | RangeFlag.Lost)) !== 0) continue;
      const sent = this.#sentAt[at]!;
      if (sent > sentAt || (sent === sentAt && ((end - this.#ends[at]!) | 0) <= 0)) continue;
      const remaining = sent + rtt + window - now;
      if (remaining <= 0) {
        this.#flags[at] = flags | RangeFlag.Lost;
        this.lostOctets += (this.#ends[at]! - this.#starts[at]!) | 0;
      } else if (remaining > wait) wait = remaining;
    }
    return wait;
  }

  /** Marks lost at most `octets` from the first octet outstanding that is not sacked, whatever its age. */
  loseHead(octets: number): void {
    const at = this.#head;
    if (at === this.#tail || (this.#flags[at]! & (RangeFlag.Sacked | RangeFlag.Lost)) !== 0) return;
    const length = (this.#ends[at]! - this.#starts[at]!) | 0;
    if (length > octets) this.#split(at, (this.#starts[at]! + octets) | 0);
    const head = this.#head;
    this.#flags[head] = this.#flags[head]! | RangeFlag.Lost;
    this.lostOctets += (this.#ends[head]! - this.#starts[head]!) | 0;
  }

  /** A retransmission timeout: everything not sacked is taken for lost. */
  loseAll(): void {
    for (let at = this.#head; at < this.#tail; at++) {
      if ((this.#flags[at]! & (RangeFlag.Sacked | RangeFlag.Lost)) !== 0) continue;
      this.#flags[at] = this.#flags[at]! | RangeFlag.Lost;
      this.lostOctets += (this.#ends[at]! - this.#starts[at]!) | 0;
    }
  }

  /** The timeout was spurious: nothing is taken for lost any more. */
  loseNothing(): void {
    for (let at = this.#head; at < this.#tail; at++) this.#flags[at] = this.#flags[at]! & ~RangeFlag.Lost;
    this.lostOctets = 0;
  }

  /** The peer gave up what it had sacked (RFC 2018 §8). */
  forgetSacks(): void {
    for (let at = this.#head; at < this.#tail; at++) this.#flags[at] = this.#flags[at]! & ~RangeFlag.Sacked;
    this.sackedOctets = 0;
  }

  /** The index of the first range taken for lost; -1 when there is none. */
  firstLost(): number {
    if (this.lostOctets === 0) return -1;
    for (let at = this.#head; at < this.#tail; at++) {
      if ((this.#flags[at]! & RangeFlag.Lost) !== 0) return at - this.#head;
    }
    return -1;
  }

  /** The first `octets` of a range were sent again now. True when they had been sent again before: that was lost too. */
  retransmitted(index: number, octets: number, now: number): boolean {
    let at = this.#head + index;
    const start = this.#starts[at]!;
    if (octets < ((this.#ends[at]! - start) | 0)) {
      this.#split(at, (start + octets) | 0);
      at = this.#search(start);
    }
    const flags = this.#flags[at]!;
    if ((flags & RangeFlag.Lost) !== 0) this.lostOctets -= (this.#ends[at]! - start) | 0;
    this.#flags[at] = (flags & ~RangeFlag.Lost) | RangeFlag.Retransmitted;
    this.#sentAt[at] = now;
    return (flags & RangeFlag.Retransmitted) !== 0;
  }

  /** Makes `[start, end of the last range)` a range of its own and returns its index. */
  cutTail(start: number): number {
    const last = this.#tail - 1;
    if (((start - this.#starts[last]!) | 0) > 0) this.#split(last, start);
    return this.#tail - 1 - this.#head;
  }

  /** The first range whose end lies behind `sequence`. */
  #search(sequence: number): number {
    let low = this.#head;
    let high = this.#tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#ends[middle]! - sequence) | 0) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Cuts a range in two. The ranges may move: look for them anew. */
  #split(at: number, sequence: number): boolean {
    if (this.#tail - this.#head >= MAXIMUM_RANGES) return false;
    let index = at;
    if (this.#tail === this.#starts.length) {
      const offset = at - this.#head;
      this.#makeRoom();
      index = this.#head + offset;
    }
    this.#move(index, index + 1, this.#tail);
    this.#tail++;
    this.#ends[index] = sequence;
    this.#starts[index + 1] = sequence;
    return true;
  }

  /** Joins neighbours that are sacked, in `[from - 1, to]`. */
  #join(from: number, to: number): void {
    let keep = from > this.#head ? from - 1 : from;
    const last = to < this.#tail ? to : this.#tail - 1;
    let at = keep + 1;
    for (; at <= last; at++) {
      if ((this.#flags[keep]! & this.#flags[at]! & RangeFlag.Sacked) !== 0) this.#ends[keep] = this.#ends[at]!;
      else {
        keep++;
        if (keep !== at) {
          this.#starts[keep] = this.#starts[at]!;
          this.#ends[keep] = this.#ends[at]!;
          this.#flags[keep] = this.#flags[at]!;
          this.#sentAt[keep] = this.#sentAt[at]!;
        }
      }
    }
    const removed = at - 1 - keep;
    if (removed > 0) {
      this.#move(at, keep + 1, this.#tail);
      this.#tail -= removed;
    }
  }

  #move(from: number, to: number, tail: number): void {
    if (from >= tail) return;
    if (tail - from < 24) {
      if (to < from) for (let i = from, j = to; i < tail; i++, j++) this.#assign(j, i);
      else for (let i = tail - 1, j = to + (tail - 1 - from); i >= from; i--, j--) this.#assign(j, i);
      return;
    }
    this.#starts.copyWithin(to, from, tail);
    this.#ends.copyWithin(to, from, tail);
    this.#flags.copyWithin(to, from, tail);
    this.#sentAt.copyWithin(to, from, tail);
  }

  #assign(to: number, from: number): void {
    this.#starts[to] = this.#starts[from]!;
    this.#ends[to] = this.#ends[from]!;
    this.#flags[to] = this.#flags[from]!;
    this.#sentAt[to] = this.#sentAt[from]!;
  }

  /** Moves the ranges to the front, into larger arrays where half of them is in use. */
  #makeRoom(): void {
    const count = this.#tail - this.#head;
    if (count * 2 <= this.#starts.length) this.#move(this.#head, 0, this.#tail);
    else {
      const size = this.#starts.length * 2;
      const starts = new Int32Array(size);
      const ends = new Int32Array(size);
      const flags = new Uint8Array(size);
      const sentAt = new Float64Array(size);
      starts.set(this.#starts.subarray(this.#head, this.#tail));
      ends.set(this.#ends.subarray(this.#head, this.#tail));
      flags.set(this.#flags.subarray(this.#head, this.#tail));
      sentAt.set(this.#sentAt.subarray(this.#head, this.#tail));
      this.#starts = starts;
      this.#ends = ends;
      this.#flags = flags;
      this.#sentAt = sentAt;
    }
    this.#head = 0;
    this.#tail = count;
  }
}
