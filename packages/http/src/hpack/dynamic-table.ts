import type { HpackField } from './hpack-field.ts';

const INITIAL_ENTRIES = 8;

/** The dynamic table (RFC 7541 §2.3.2): first in, first out, bounded by the sizes of its entries. */
export class DynamicTable {
  /** Sum of the entries' sizes (RFC 7541 §4.1). */
  size: number;
  /** What {@link size} may not exceed. Changed by {@link resize} only. */
  capacity: number;
  /** Entries held. */
  count: number;
  /** Grows whenever an entry comes or goes or the capacity is set: what was encoded or decoded with the same generation means the same. */
  generation: number;
  #ring: (HpackField | undefined)[];
  /** Slot of the newest entry. */
  #newest: number;

  constructor(capacity: number) {
    this.size = 0;
    this.capacity = capacity;
    this.count = 0;
    this.generation = 0;
    this.#ring = [];
    this.#newest = 0;
  }

  /** The entry `index` places behind the newest (0 = newest, less than {@link count}). */
  at(index: number): HpackField {
    return this.#ring[(this.#newest - index) & (this.#ring.length - 1)]!;
  }

  /** Puts a field in front and evicts what no longer fits (RFC 7541 §4.4): one larger than the table empties it. */
  insert(field: HpackField): void {
    this.generation++;
    this.#evictTo(this.capacity - field.size);
    if (field.size > this.capacity) return;
    if (this.count === this.#ring.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#ring.length - 1);
    this.#ring[this.#newest] = field;
    this.count++;
    this.size += field.size;
  }

  /** Changes the capacity and evicts what no longer fits (RFC 7541 §4.3). */
  resize(capacity: number): void {
    this.capacity = capacity;
    this.generation++;
    this.#evictTo(capacity);
  }

  /** How far behind the newest the entry with this name and value stands; -1 when there is none. */
  find(name: string, value: string): number {
    for (let i = 0; i < this.count; i++) {
      const field = this.at(i);
      if (field.value === value && field.name === name) return i;
    }
    return -1;
  }

  /** The same for the name alone. */
  findName(name: string): number {
    for (let i = 0; i < this.count; i++) if (this.at(i).name === name) return i;
    return -1;
  }

  #evictTo(size: number): void {
    const mask = this.#ring.length - 1;
    while (this.count > 0 && this.size > size) {
      const slot = (this.#newest - this.count + 1) & mask;
      this.size -= this.#ring[slot]!.size;
      this.#ring[slot] = undefined;
      this.count--;
    }
  }

  #grow(): void {
    // Bounded: an entry is never smaller than 32, so there are capacity / 32 of them at most.
    const length = this.#ring.length === 0 ? INITIAL_ENTRIES : this.#ring.length * 2;
    const ring = new Array<HpackField | undefined>(length).fill(undefined);
    for (let i = 0; i < this.count; i++) ring[this.count - 1 - i] = this.at(i);
    this.#ring = ring;
    this.#newest = (this.count - 1) & (length - 1);
  }
}
