import { type FieldLines, latin1 } from '../semantics/index.ts';

/** Numbers kept of a line: where its name and its value begin and end. */
const MARKS = 4;

/**
 * The fields of a head where they lie: a line becomes strings when it is asked for, and of the fifteen that a
 * browser sends hardly three are. Valid as long as the octets of the head are: while the service responds.
 */
export class HeadFields implements FieldLines {
  #octets: Uint8Array;
  readonly #marks: number[];

  constructor() {
    this.#octets = EMPTY;
    this.#marks = [];
  }

  get length(): number {
    return this.#marks.length / MARKS;
  }

  /** The octets that the lines appended from now on lie in. */
  begin(octets: Uint8Array): void {
    this.#octets = octets;
  }

  /** Appends a line: its name, of any case, is `[nameStart, nameEnd)`, its value without white space around it `[start, end)`. */
  append(nameStart: number, nameEnd: number, start: number, end: number): void {
    this.#marks.push(nameStart, nameEnd, start, end);
  }

  nameAt(index: number): string {
    const at = index * MARKS;
    return latin1(this.#octets, this.#marks[at]!, this.#marks[at + 1]!).toLowerCase();
  }

  valueAt(index: number): string {
    const at = index * MARKS;
    return latin1(this.#octets, this.#marks[at + 2]!, this.#marks[at + 3]!);
  }

  get(name: string): string | undefined {
    let value: string | undefined;
    for (let index = this.#next(name, 0); index >= 0; index = this.#next(name, index + 1)) {
      value = value === undefined ? this.valueAt(index) : `${value}, ${this.valueAt(index)}`;
    }
    return value;
  }

  count(name: string): number {
    let count = 0;
    for (let index = this.#next(name, 0); index >= 0; index = this.#next(name, index + 1)) count++;
    return count;
  }

  has(name: string): boolean {
    return this.#next(name, 0) >= 0;
  }

  /** The first line from `from` on with this name (in lower case); -1 when there is none. */
  #next(name: string, from: number): number {
    const octets = this.#octets;
    const marks = this.#marks;
    const { length } = name;
    for (let at = from * MARKS; at < marks.length; at += MARKS) {
      const start = marks[at]!;
      if (marks[at + 1]! - start !== length) continue;
      let i = 0;
      for (; i < length; i++) {
        const octet = octets[start + i]!;
        // Only of letters does bit 5 make the lower case.
        const lower = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
        if (lower !== name.charCodeAt(i)) break;
      }
      if (i === length) return at / MARKS;
    }
    return -1;
  }
}

const EMPTY = new Uint8Array(0);
