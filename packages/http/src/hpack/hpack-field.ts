/** What RFC 7541 §4.1 adds to the octets of a field's name and value to have its size. */
export const FIELD_OVERHEAD = 32;

/**
 * One field line of a table or of a list, immutable but for {@link mark}: name and value with one character an octet.
 * A table's entry and the fields decoded from it are the same object, so a repeated field costs no string.
 */
export class HpackField {
  readonly name: string;
  readonly value: string;
  /** Octets of name and value and 32 (RFC 7541 §4.1). */
  readonly size: number;
  /** The peer asked that it is never put into a table, here or further on (RFC 7541 §6.2.3). */
  readonly neverIndexed: boolean;
  /** For whoever reads fields: what it found out about this one. 0 until it looked; stays with the table's entry. */
  mark: number;

  constructor(name: string, value: string, neverIndexed: boolean = false) {
    this.name = name;
    this.value = value;
    this.size = name.length + value.length + FIELD_OVERHEAD;
    this.neverIndexed = neverIndexed;
    this.mark = 0;
  }
}
