/**
 * Reads big-endian fields from `octets[at, end)`. Reading past the end never throws: it sets {@link failed} and
 * returns zero, so that a parser checks once, at its end.
 */
export class OctetReader {
  octets: Uint8Array;
  at: number;
  end: number;
  /** True once something was read past the end. */
  failed: boolean;

  constructor(octets: Uint8Array, start: number = 0, end: number = octets.length) {
    this.octets = octets;
    this.at = start;
    this.end = end;
    this.failed = false;
  }

  /** Octets left. */
  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.#need(1) ? this.octets[this.at++]! : 0;
  }

  u16(): number {
    if (!this.#need(2)) return 0;
    const value = (this.octets[this.at]! << 8) | this.octets[this.at + 1]!;
    this.at += 2;
    return value;
  }

  u24(): number {
    if (!this.#need(3)) return 0;
    const value = (this.octets[this.at]! << 16) | (this.octets[this.at + 1]! << 8) | this.octets[this.at + 2]!;
    this.at += 3;
    return value;
  }

  /** 0 to 2³² - 1. */
  u32(): number {
    if (!this.#need(4)) return 0;
    const o = this.octets;
    const value = ((o[this.at]! << 24) | (o[this.at + 1]! << 16) | (o[this.at + 2]! << 8) | o[this.at + 3]!) >>> 0;
    this.at += 4;
    return value;
  }

  /** 0 to 2⁵³ - 1; a larger value fails. */
  u64(): number {
    const high = this.u32();
    const low = this.u32();
    if (high > 0x1fffff) {
      this.failed = true;
      return 0;
    }
    return high * 0x1_0000_0000 + low;
  }

  /** A view of the next `count` octets, not a copy; empty if there are fewer. */
  take(count: number): Uint8Array {
    if (!this.#need(count)) return this.octets.subarray(this.end, this.end);
    const taken = this.octets.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  skip(count: number): void {
    if (this.#need(count)) this.at += count;
  }

  #need(count: number): boolean {
    if (this.failed || count < 0 || this.end - this.at < count) {
      this.failed = true;
      return false;
    }
    return true;
  }
}
