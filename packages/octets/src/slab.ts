/**
 * A fixed run of memory for frames, with one `Uint8Array` and one `DataView` over the whole of it.
 *
 * Headers are read and written by offset through {@link Slab.view}: a long-lived `DataView` costs 3 ns a field
 * where a new one a packet costs 60.
 */
export class Slab {
  readonly octets: Uint8Array;
  readonly view: DataView;

  private constructor(octets: Uint8Array) {
    this.octets = octets;
    this.view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  /** A new slab of at least `size` octets. It never grows: growing would detach every view. */
  static allocate(size: number): Slab {
    return new Slab(new Uint8Array(size));
  }

  /** A slab over octets that somebody else made: for links whose frames come from elsewhere. */
  static over(octets: Uint8Array): Slab {
    return new Slab(octets);
  }

  /**
   * The ones' complement sum (RFC 1071) of `octets[start, end)` as big-endian 16-bit words, added to `initial`
   * (0 to 2³² - 1) and folded to 16 bits: 0 to 65535, not complemented. An odd last octet is padded with zero.
   */
  sum(start: number, end: number, initial: number): number {
    const octets = this.octets;
    let sum = initial;
    let at = start;
    const even = start + ((end - start) & ~1);
    for (; at < even; at += 2) {
      sum += (octets[at]! << 8) | octets[at + 1]!;
    }
    if (at < end) sum += octets[at]! << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
    return sum;
  }
}
