import { DynamicTable } from './dynamic-table.ts';
import type { FieldList } from './field-list.ts';
import { HpackFailure } from './hpack-failure.ts';
import { HpackField } from './hpack-field.ts';
import { decodeHuffman, latin1 } from './huffman.ts';
import { STATIC_ENTRIES, staticField } from './static-table.ts';

/** Integers beyond 2²⁸ are refused: nothing here is that large (RFC 7541 §5.1 asks for such a limit). */
const INTEGER_SHIFT_LIMIT = 28;

/** Decodes the field blocks of one direction of a connection (RFC 7541 §3.2). */
export class HpackDecoder {
  /** What the peer's encoder keeps: read its `generation` to know whether the same octets still mean the same. */
  readonly table: DynamicTable;
  /** SETTINGS_HEADER_TABLE_SIZE as the peer acknowledged it. */
  #limit: number;
  /** The limit fell below the table's capacity: the next block has to begin with a size update. */
  #updateDue: boolean;
  #octets: Uint8Array;
  #at: number;
  #end: number;
  #failure: HpackFailure;

  /** @param limit the value of SETTINGS_HEADER_TABLE_SIZE that holds at first */
  constructor(limit: number = 4096) {
    this.table = new DynamicTable(limit);
    this.#limit = limit;
    this.#updateDue = false;
    this.#octets = NOTHING;
    this.#at = 0;
    this.#end = 0;
    this.#failure = HpackFailure.None;
  }

  /** The peer acknowledged this SETTINGS_HEADER_TABLE_SIZE. */
  limitCapacity(limit: number): void {
    this.#limit = limit;
    // RFC 7541 §4.2: the encoder signals the reduction at the beginning of its next block.
    if (limit < this.table.capacity) this.#updateDue = true;
  }

  /**
   * Decodes one whole field block, `octets[start, end)`, and appends its fields to `list`. The octets are not
   * kept. After a failure the table is out of step for good: end the connection.
   */
  decode(octets: Uint8Array, start: number, end: number, list: FieldList): HpackFailure {
    this.#octets = octets;
    this.#at = start;
    this.#end = end;
    this.#failure = HpackFailure.None;
    let fieldSeen = false;
    while (this.#at < end) {
      const octet = octets[this.#at]!;
      if ((octet & 0xe0) === 0x20) {
        // RFC 7541 §6.3, and §4.2: only at the beginning of a block.
        if (fieldSeen) return this.#ended(HpackFailure.TableUpdate);
        const capacity = this.#integer(5);
        if (this.#failure !== HpackFailure.None) return this.#ended(this.#failure);
        if (capacity > this.#limit) return this.#ended(HpackFailure.TableSize);
        this.#updateDue = false;
        this.table.resize(capacity);
        continue;
      }
      if (this.#updateDue) return this.#ended(HpackFailure.TableUpdate);
      fieldSeen = true;
      const field = this.#field(octet);
      if (field === undefined) return this.#ended(this.#failure);
      list.append(field);
    }
    return this.#ended(HpackFailure.None);
  }

  #ended(failure: HpackFailure): HpackFailure {
    this.#octets = NOTHING;
    return failure;
  }

  /** Reads one field (RFC 7541 §6.1, §6.2); `undefined` when it cannot be read. */
  #field(octet: number): HpackField | undefined {
    if ((octet & 0x80) !== 0) {
      const index = this.#integer(7);
      return this.#failure === HpackFailure.None ? this.#entry(index) : undefined;
    }
    const incremental = (octet & 0x40) !== 0;
    const index = this.#integer(incremental ? 6 : 4);
    if (this.#failure !== HpackFailure.None) return undefined;
    let name: string | undefined;
    if (index === 0) name = this.#string();
    else name = this.#entry(index)?.name;
    if (name === undefined) return undefined;
    const value = this.#string();
    if (value === undefined) return undefined;
    const field = new HpackField(name, value, (octet & 0xf0) === 0x10);
    if (incremental) this.table.insert(field);
    return field;
  }

  #entry(index: number): HpackField | undefined {
    if (index >= 1 && index <= STATIC_ENTRIES) return staticField(index);
    const place = index - STATIC_ENTRIES - 1;
    if (place >= 0 && place < this.table.count) return this.table.at(place);
    this.#failure = HpackFailure.Index;
    return undefined;
  }

  /** RFC 7541 §5.1, with a prefix of `bits` bits. */
  #integer(bits: number): number {
    const mask = (1 << bits) - 1;
    let value = this.#octets[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < INTEGER_SHIFT_LIMIT; shift += 7) {
      if (this.#at >= this.#end) {
        this.#failure = HpackFailure.Truncated;
        return 0;
      }
      const octet = this.#octets[this.#at++]!;
      value += (octet & 0x7f) << shift;
      if ((octet & 0x80) === 0) return value;
    }
    this.#failure = HpackFailure.Integer;
    return 0;
  }

  /** RFC 7541 §5.2. */
  #string(): string | undefined {
    if (this.#at >= this.#end) {
      this.#failure = HpackFailure.Truncated;
      return undefined;
    }
    const coded = (this.#octets[this.#at]! & 0x80) !== 0;
    const length = this.#integer(7);
    if (this.#failure !== HpackFailure.None) return undefined;
    const start = this.#at;
    if (length > this.#end - start) {
      this.#failure = HpackFailure.Truncated;
      return undefined;
    }
    this.#at = start + length;
    if (!coded) return latin1(this.#octets, start, this.#at);
    const text = decodeHuffman(this.#octets, start, this.#at);
    if (text === undefined) this.#failure = HpackFailure.Huffman;
    return text;
  }
}

const NOTHING = new Uint8Array(0);
