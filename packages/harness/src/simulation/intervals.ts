/** A set of integers as runs [from, to), in order: what has arrived. */
export class Intervals {
  #runs: number[];

  constructor() {
    this.#runs = [];
  }

  add(from: number, to: number): void {
    if (to <= from) return;
    const runs = this.#runs;
    let first = 0;
    while (first < runs.length && runs[first + 1]! < from) first += 2;
    let last = first;
    let start = from;
    let end = to;
    while (last < runs.length && runs[last]! <= to) {
      start = Math.min(start, runs[last]!);
      end = Math.max(end, runs[last + 1]!);
      last += 2;
    }
    runs.splice(first, last - first, start, end);
  }

  /** The end of the run that holds 0; 0 where there is none. */
  get contiguous(): number {
    return this.#runs.length > 0 && this.#runs[0]! <= 0 ? this.#runs[1]! : 0;
  }

  /** Whether all of [from, to) is in the set. */
  covers(from: number, to: number): boolean {
    for (let i = 0; i < this.#runs.length; i += 2) {
      if (this.#runs[i]! <= from && to <= this.#runs[i + 1]!) return true;
    }
    return false;
  }
}
