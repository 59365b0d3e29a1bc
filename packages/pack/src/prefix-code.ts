/** RFC 1951 §3.2.5: extra bits of the length codes 257 to 285. */
export const LENGTH_EXTRA: Uint8Array = Uint8Array.from([...'00000000111122223333444455550'], Number);

/** RFC 1951 §3.2.5: the first length of each code; 258 has a code of its own. */
export const LENGTH_BASE: Uint16Array = firstOfEach(LENGTH_EXTRA, 3);
LENGTH_BASE[28] = 258;

/** RFC 1951 §3.2.5: extra bits of the distance codes 0 to 29. */
export const DISTANCE_EXTRA: Uint8Array = Uint8Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));

/** RFC 1951 §3.2.5: the first distance of each code. */
export const DISTANCE_BASE: Uint16Array = firstOfEach(DISTANCE_EXTRA, 1);

/** Each code stands for as many values as its extra bits tell, from where the one before ends. */
function firstOfEach(extra: Uint8Array, first: number): Uint16Array {
  const base = new Uint16Array(extra.length);
  let next = first;
  for (let code = 0; code < extra.length; code++) {
    base[code] = next;
    next += 1 << extra[code]!;
  }
  return base;
}

/** RFC 1951 §3.2.7. */
const MAXIMUM_CODE_BITS = 15;

/** A prefix code as a look-up table: `symbol << 4 | length` for every `bits` bits that may come. 0 = no such code. */
export class PrefixCode {
  readonly table: Uint16Array;
  bits: number;

  constructor() {
    this.table = new Uint16Array(1 << MAXIMUM_CODE_BITS);
    this.bits = 0;
  }

  /** RFC 1951 §3.2.2. False when the lengths are no code: over-subscribed, or incomplete where that is not allowed. */
  build(lengths: Uint8Array, start: number, count: number, mayBeIncomplete: boolean): boolean {
    const counts = new Uint16Array(16);
    let longest = 0;
    for (let i = 0; i < count; i++) {
      const length = lengths[start + i]!;
      counts[length]!++;
      if (length > longest) longest = length;
    }
    counts[0] = 0;
    let left = 1;
    for (let length = 1; length <= MAXIMUM_CODE_BITS; length++) {
      left = left * 2 - counts[length]!;
      if (left < 0) return false;
    }
    // One distance code of one bit is the only incomplete code that encoders make (RFC 1951 §3.2.7).
    if (left > 0 && !(mayBeIncomplete && longest <= 1)) return false;
    this.bits = longest === 0 ? 1 : longest;
    const size = 1 << this.bits;
    this.table.fill(0, 0, size);
    const next = new Uint16Array(17);
    for (let length = 1; length <= MAXIMUM_CODE_BITS; length++)
      next[length + 1] = (next[length]! + counts[length]!) << 1;
    for (let symbol = 0; symbol < count; symbol++) {
      const length = lengths[start + symbol]!;
      if (length === 0) continue;
      let code = next[length]!++;
      // Huffman codes come with their highest bit first (RFC 1951 §3.1.1), the bit buffer has its lowest first.
      let reversed = 0;
      for (let bit = 0; bit < length; bit++) {
        reversed = (reversed << 1) | (code & 1);
        code >>= 1;
      }
      const entry = (symbol << 4) | length;
      for (let at = reversed; at < size; at += 1 << length) this.table[at] = entry;
    }
    return true;
  }
}

let literals: PrefixCode | undefined;
let distances: PrefixCode | undefined;

/** RFC 1951 §3.2.6: the literals and lengths of a block of fixed codes. Built at the first use. */
export function fixedLiterals(): PrefixCode {
  if (literals === undefined) {
    const lengths = new Uint8Array(288);
    lengths.fill(8, 0, 144);
    lengths.fill(9, 144, 256);
    lengths.fill(7, 256, 280);
    lengths.fill(8, 280, 288);
    literals = new PrefixCode();
    literals.build(lengths, 0, 288, false);
  }
  return literals;
}

/** RFC 1951 §3.2.6: the distances of a block of fixed codes. Built at the first use. */
export function fixedDistances(): PrefixCode {
  if (distances === undefined) {
    distances = new PrefixCode();
    distances.build(new Uint8Array(32).fill(5), 0, 32, false);
  }
  return distances;
}
