/** What a {@link TimerWheel} keeps: the links are the wheel's, and stand in the entry so that arming allocates nothing. */
export interface TimerEntry {
  /** The tick at which the wheel gives it out; `Infinity` when it is not in the wheel. */
  wheelTick: number;
  wheelNext: TimerEntry | undefined;
  wheelPrevious: TimerEntry | undefined;
  wheelSlot: number;
}

const NEAR_BITS = 8;
const NEAR = 1 << NEAR_BITS;
const FAR_BITS = 6;
const FAR = 1 << FAR_BITS;
const SLOTS = NEAR + 3 * FAR;
/** The farthest that an entry may lie ahead: what is later stands in the last level and is put in again from there. */
const HORIZON = 2 ** (NEAR_BITS + 3 * FAR_BITS) - NEAR;

/**
 * A hierarchical timer wheel with ticks of one millisecond: 256 slots of 1 ms, then three times 64 slots of
 * 256 ms, 16 s and 17 min. Insertion, removal and expiry are O(1).
 *
 * After `advance(now)`, call `take()` until it gives undefined. An entry that was given out is out of the wheel.
 */
export class TimerWheel {
  /** Everything due at or before this tick was given out, or waits in {@link take}. */
  #current: number;
  #earliest: number;
  #count: number;
  readonly #slots: (TimerEntry | undefined)[];
  /** One bit a slot: whether there is something in it. */
  readonly #occupied: Int32Array;
  #due: TimerEntry | undefined;

  constructor() {
    this.#current = 0;
    this.#earliest = Number.POSITIVE_INFINITY;
    this.#count = 0;
    this.#slots = new Array<TimerEntry | undefined>(SLOTS).fill(undefined);
    this.#occupied = new Int32Array(SLOTS / 32);
    this.#due = undefined;
  }

  /** How many entries are armed. */
  get count(): number {
    return this.#count;
  }

  /** Not later than the first entry's tick; `Infinity` when there is none. */
  get earliest(): number {
    return this.#earliest;
  }

  /** Arms an entry for `at` (milliseconds, rounded up to a tick). One that is armed already is moved. */
  arm(entry: TimerEntry, at: number): void {
    if (entry.wheelTick !== Number.POSITIVE_INFINITY) this.disarm(entry);
    let tick = Math.ceil(at);
    if (!(tick > this.#current)) tick = this.#current + 1;
    entry.wheelTick = tick;
    this.#count++;
    // A slot of the upper levels has to be looked at when it begins, not when its entries are due.
    const look = this.#insert(entry);
    if (look < this.#earliest) this.#earliest = look;
  }

  disarm(entry: TimerEntry): void {
    if (entry.wheelTick === Number.POSITIVE_INFINITY) return;
    const next = entry.wheelNext;
    const previous = entry.wheelPrevious;
    const slot = entry.wheelSlot;
    if (previous !== undefined) previous.wheelNext = next;
    else if (slot >= 0) {
      this.#slots[slot] = next;
      if (next === undefined) this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    } else this.#due = next;
    if (next !== undefined) next.wheelPrevious = previous;
    entry.wheelNext = undefined;
    entry.wheelPrevious = undefined;
    entry.wheelTick = Number.POSITIVE_INFINITY;
    this.#count--;
  }

  /** Moves the wheel to `now`; what fell due is then given out by {@link take}. */
  advance(now: number): void {
    const target = Math.floor(now);
    if (target <= this.#current) return;
    if (this.#earliest <= target) {
      for (;;) {
        const next = this.#next();
        if (next > target) {
          this.#earliest = next;
          break;
        }
        this.#current = next;
        this.#turn(next);
      }
    }
    this.#current = target;
  }

  /** The next entry that fell due, out of the wheel now; undefined when there is none left. */
  take(): TimerEntry | undefined {
    const entry = this.#due;
    if (entry !== undefined) this.disarm(entry);
    return entry;
  }

  /** The first tick after the current one at which a slot has to be looked at. */
  #next(): number {
    let first = Number.POSITIVE_INFINITY;
    if (this.#count === 0) return first;
    const current = this.#current;
    const near = this.#find(0, NEAR, current & (NEAR - 1));
    if (near > 0) first = current + near;
    let base = NEAR;
    let unit = NEAR;
    for (let level = 0; level < 3; level++) {
      const index = Math.floor(current / unit);
      const steps = this.#find(base, FAR, index & (FAR - 1));
      if (steps > 0) {
        const at = (index + steps) * unit;
        if (at < first) first = at;
      }
      base += FAR;
      unit *= FAR;
    }
    return first;
  }

  /** How many steps (1 to size) ahead of `index` the next occupied slot of a level is; 0 when there is none. */
  #find(base: number, size: number, index: number): number {
    let steps = 1;
    while (steps <= size) {
      const slot = base + ((index + steps) & (size - 1));
      const bits = this.#occupied[slot >>> 5]! >>> (slot & 31);
      if (bits !== 0) {
        steps += 31 - Math.clz32(bits & -bits);
        return steps <= size ? steps : 0;
      }
      steps += 32 - (slot & 31);
    }
    return 0;
  }

  #turn(tick: number): void {
    let base = NEAR;
    let unit = NEAR;
    for (let level = 0; level < 3 && tick % unit === 0; level++) {
      this.#cascade(base + (Math.floor(tick / unit) & (FAR - 1)));
      base += FAR;
      unit *= FAR;
    }
    const slot = tick & (NEAR - 1);
    let entry = this.#empty(slot);
    while (entry !== undefined) {
      const next = entry.wheelNext;
      this.#expire(entry);
      entry = next;
    }
  }

  #cascade(slot: number): void {
    let entry = this.#empty(slot);
    while (entry !== undefined) {
      const next = entry.wheelNext;
      if (entry.wheelTick <= this.#current) this.#expire(entry);
      else this.#insert(entry);
      entry = next;
    }
  }

  #empty(slot: number): TimerEntry | undefined {
    const entry = this.#slots[slot];
    this.#slots[slot] = undefined;
    this.#occupied[slot >>> 5]! &= ~(1 << (slot & 31));
    return entry;
  }

  #expire(entry: TimerEntry): void {
    entry.wheelSlot = -1;
    entry.wheelPrevious = undefined;
    entry.wheelNext = this.#due;
    if (this.#due !== undefined) this.#due.wheelPrevious = entry;
    this.#due = entry;
  }

  /** Puts the entry into its slot and returns the tick at which that slot is looked at. */
  #insert(entry: TimerEntry): number {
    const current = this.#current;
    let tick = entry.wheelTick;
    let ahead = tick - current;
    if (ahead > HORIZON) {
      ahead = HORIZON;
      tick = current + HORIZON;
    }
    let base = 0;
    let size = NEAR;
    let unit = 1;
    if (ahead >= NEAR) {
      base = NEAR;
      size = FAR;
      unit = NEAR;
      while (ahead >= unit * FAR) {
        base += FAR;
        unit *= FAR;
      }
    }
    const index = unit === 1 ? tick : Math.floor(tick / unit);
    const slot = base + (index & (size - 1));
    const head = this.#slots[slot];
    entry.wheelSlot = slot;
    entry.wheelPrevious = undefined;
    entry.wheelNext = head;
    if (head !== undefined) head.wheelPrevious = entry;
    else this.#occupied[slot >>> 5]! |= 1 << (slot & 31);
    this.#slots[slot] = entry;
    return index * unit;
  }
}
