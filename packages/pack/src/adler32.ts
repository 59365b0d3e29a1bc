/** RFC 1950 §9: the largest number of octets before the sums may overflow 32 bits. */
const STRIDE = 5552;
const BASE = 65521;

/** Adler-32 (RFC 1950 §8.2) of `octets[start, end)`, carried on from `initial` (1 for the beginning). 0 to 2³² - 1. */
export function adler32(octets: Uint8Array, start: number, end: number, initial: number = 1): number {
  let a = initial & 0xffff;
  let b = initial >>> 16;
  let at = start;
  while (at < end) {
    const stop = end - at > STRIDE ? at + STRIDE : end;
    for (; at < stop; at++) {
      a += octets[at]!;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return ((b << 16) | a) >>> 0;
}
