/**
 * The fields of a message (RFC 9110 §5) in the order in which they came: names in lower case, values without the
 * white space around them, one character an octet.
 */
export interface FieldLines {
  /** How many field lines there are. */
  readonly length: number;
  /** The name of line `index` (0 to `length` - 1), in lower case. */
  nameAt(index: number): string;
  /** The value of line `index` (0 to `length` - 1). */
  valueAt(index: number): string;
  /** The value of a field (name in lower case), its lines joined by `, ` (RFC 9110 §5.3); `undefined` when there is none. */
  get(name: string): string | undefined;
  /** How many lines have this name. */
  count(name: string): number;
  has(name: string): boolean;
}

/** Fields that are strings already: what HPACK decodes to, and what tests write. */
export class Fields implements FieldLines {
  readonly #names: string[];
  readonly #values: string[];

  constructor() {
    this.#names = [];
    this.#values = [];
  }

  get length(): number {
    return this.#names.length;
  }

  nameAt(index: number): string {
    return this.#names[index]!;
  }

  valueAt(index: number): string {
    return this.#values[index]!;
  }

  /** Appends a line. `name` is in lower case already; neither is checked here. */
  append(name: string, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  get(name: string): string | undefined {
    let value: string | undefined;
    const names = this.#names;
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== name) continue;
      value = value === undefined ? this.#values[i]! : `${value}, ${this.#values[i]!}`;
    }
    return value;
  }

  count(name: string): number {
    let count = 0;
    for (const each of this.#names) if (each === name) count++;
    return count;
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }
}
