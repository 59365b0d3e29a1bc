import type { HpackField } from './hpack-field.ts';

/** What a field block was decoded to: the fields in order, and their size. Made once and used again for each block. */
export class FieldList {
  /** How many fields are held: `at(0)` to `at(count - 1)`. */
  count: number;
  /** Size of all fields that came (RFC 9113 §6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE), also of those that were not kept. */
  size: number;
  #came: number;
  readonly #fields: (HpackField | undefined)[];
  readonly #sizeLimit: number;
  readonly #countLimit: number;

  /** @param sizeLimit fields beyond this size, all together, and beyond `countLimit` of them are counted but not kept */
  constructor(sizeLimit: number, countLimit: number) {
    this.count = 0;
    this.size = 0;
    this.#came = 0;
    this.#fields = [];
    this.#sizeLimit = sizeLimit;
    this.#countLimit = countLimit;
  }

  /** More came than may be kept. */
  get overflowed(): boolean {
    return this.size > this.#sizeLimit || this.#came > this.#countLimit;
  }

  at(index: number): HpackField {
    return this.#fields[index]!;
  }

  append(field: HpackField): void {
    this.size += field.size;
    this.#came++;
    if (this.size > this.#sizeLimit || this.#came > this.#countLimit) return;
    this.#fields[this.count++] = field;
  }

  clear(): void {
    // The references go too: a list that outlives a block must not keep its strings.
    for (let i = 0; i < this.count; i++) this.#fields[i] = undefined;
    this.count = 0;
    this.size = 0;
    this.#came = 0;
  }
}
