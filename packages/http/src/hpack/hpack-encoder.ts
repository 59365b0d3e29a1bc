import type { OctetWriter } from '@immuable-net/octets';
import { DynamicTable } from './dynamic-table.ts';
import { FIELD_OVERHEAD, HpackField } from './hpack-field.ts';
import { encodeHuffman, huffmanLength } from './huffman.ts';
import { STATIC_ENTRIES, staticMatch, staticName } from './static-table.ts';

/** What a field that stands in no table yet is written as (RFC 7541 §6.2). */
export const Indexing = {
  /** Put into the table: for fields that come again. */
  Incremental: 0,
  /** Left out of it: for fields that hardly come again. */
  Without: 1,
  /** Left out of every table on the way: for secrets (RFC 7541 §7.1.3). */
  Never: 2,
} as const;

/** One of {@link Indexing}. */
export type Indexing = (typeof Indexing)[keyof typeof Indexing];

/** Encodes the field blocks of one direction of a connection (RFC 7541 §3.1). */
export class HpackEncoder {
  /** Read its `generation` to know whether octets that were encoded before still mean the same. */
  readonly table: DynamicTable;
  readonly #capacityLimit: number;
  /** Lowest capacity since the last block, and whether it has to be told (RFC 7541 §4.2). */
  #lowest: number;
  #updateDue: boolean;

  /** @param capacityLimit what our table never exceeds, however much the peer allows */
  constructor(capacityLimit: number = 4096) {
    // SETTINGS_HEADER_TABLE_SIZE is 4,096 until the peer says otherwise (RFC 9113 §6.5.2).
    this.table = new DynamicTable(Math.min(capacityLimit, 4096));
    this.#capacityLimit = capacityLimit;
    this.#lowest = this.table.capacity;
    this.#updateDue = capacityLimit < 4096;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE is now this. Takes effect with the next block. */
  limitCapacity(limit: number): void {
    const capacity = Math.min(limit, this.#capacityLimit);
    if (capacity === this.table.capacity) return;
    if (!this.#updateDue) this.#lowest = this.table.capacity;
    if (capacity < this.#lowest) this.#lowest = capacity;
    this.#updateDue = true;
    this.table.resize(capacity);
  }

  /** Whether the next block has to begin with a size update: whoever keeps encoded blocks may not use them for it. */
  get updateDue(): boolean {
    return this.#updateDue;
  }

  /** Call before the first field of every block: writes the size updates that are due. */
  begin(writer: OctetWriter): void {
    if (!this.#updateDue) return;
    this.#updateDue = false;
    // RFC 7541 §4.2: the smallest that held in between is told first, as it evicted.
    if (this.#lowest < this.table.capacity) writeInteger(writer, 0x20, 5, this.#lowest);
    writeInteger(writer, 0x20, 5, this.table.capacity);
    this.#lowest = this.table.capacity;
  }

  /** Writes one field: an index where a table has it, else a literal. Name in lower case; one character an octet. */
  encode(writer: OctetWriter, name: string, value: string, indexing: Indexing): void {
    const first = staticName(name);
    if (indexing !== Indexing.Never) {
      const match = staticMatch(first, name, value);
      if (match !== 0) {
        writeInteger(writer, 0x80, 7, match);
        return;
      }
      const place = this.table.find(name, value);
      if (place >= 0) {
        writeInteger(writer, 0x80, 7, STATIC_ENTRIES + 1 + place);
        return;
      }
    }
    // RFC 7541 §4.4: what does not fit would only empty the table.
    let literal = indexing;
    const size = name.length + value.length + FIELD_OVERHEAD;
    if (literal === Indexing.Incremental && size > this.table.capacity) literal = Indexing.Without;
    let nameIndex = first;
    if (nameIndex === 0) {
      const place = this.table.findName(name);
      if (place >= 0) nameIndex = STATIC_ENTRIES + 1 + place;
    }
    switch (literal) {
      case Indexing.Incremental:
        writeInteger(writer, 0x40, 6, nameIndex);
        break;
      case Indexing.Without:
        writeInteger(writer, 0x00, 4, nameIndex);
        break;
      default:
        writeInteger(writer, 0x10, 4, nameIndex);
    }
    if (nameIndex === 0) writeString(writer, name);
    writeString(writer, value);
    if (literal === Indexing.Incremental) this.table.insert(new HpackField(name, value));
  }
}

/** RFC 7541 §5.1. */
function writeInteger(writer: OctetWriter, pattern: number, bits: number, value: number): void {
  const mask = (1 << bits) - 1;
  if (value < mask) {
    writer.u8(pattern | value);
    return;
  }
  writer.u8(pattern | mask);
  let left = value - mask;
  while (left >= 128) {
    writer.u8((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  writer.u8(left);
}

/** RFC 7541 §5.2: Huffman-coded where that is no longer, as the examples of Appendix C are. */
function writeString(writer: OctetWriter, text: string): void {
  const coded = huffmanLength(text);
  if (coded <= text.length && coded > 0) {
    writeInteger(writer, 0x80, 7, coded);
    encodeHuffman(text, writer);
  } else {
    writeInteger(writer, 0x00, 7, text.length);
    writer.latin1(text);
  }
}
