import type { RandomSource } from '@immuable-net/octets';

/**
 * SipHash-2-4 of up to nine 32-bit words, on halves of 32 bits each: no BigInt, nothing allocated. The words are
 * taken little-endian; the last block carries the length as the definition says.
 */
export class SipHash {
  /** The halves of the key. */
  readonly key0: number;
  readonly key1: number;
  readonly key2: number;
  readonly key3: number;
  /** The upper half of the last result; {@link hash} returns the lower. */
  high: number;
  #l0: number;
  #h0: number;
  #l1: number;
  #h1: number;
  #l2: number;
  #h2: number;
  #l3: number;
  #h3: number;

  constructor(key0: number, key1: number, key2: number, key3: number) {
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
    this.key2 = key2 | 0;
    this.key3 = key3 | 0;
    this.high = 0;
    this.#l0 = 0;
    this.#h0 = 0;
    this.#l1 = 0;
    this.#h1 = 0;
    this.#l2 = 0;
    this.#h2 = 0;
    this.#l3 = 0;
    this.#h3 = 0;
  }

  /** A hash with a key that nobody else knows. */
  static keyed(random: RandomSource): SipHash {
    const octets = new Uint8Array(16);
    random(octets, 0, 16);
    const view = new DataView(octets.buffer);
    return new SipHash(view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true));
  }

  /** The lower 32 bits (int32) of the hash of three words; the upper are in {@link high}. */
  hash3(a: number, b: number, c: number): number {
    this.#start();
    this.#block(a, b);
    return this.#end(c, 12);
  }

  /** As {@link hash3}, of nine words. */
  hash9(a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number): number {
    this.#start();
    this.#block(a, b);
    this.#block(c, d);
    this.#block(e, f);
    this.#block(g, h);
    return this.#end(i, 36);
  }

  #start(): void {
    this.#l0 = this.key0 ^ 0x70736575;
    this.#h0 = this.key1 ^ 0x736f6d65;
    this.#l1 = this.key2 ^ 0x6e646f6d;
    this.#h1 = this.key3 ^ 0x646f7261;
    this.#l2 = this.key0 ^ 0x6e657261;
    this.#h2 = this.key1 ^ 0x6c796765;
    this.#l3 = this.key2 ^ 0x79746573;
    this.#h3 = this.key3 ^ 0x74656462;
  }

  #block(low: number, high: number): void {
    this.#l3 ^= low;
    this.#h3 ^= high;
    this.#rounds(2);
    this.#l0 ^= low;
    this.#h0 ^= high;
  }

  #end(last: number, length: number): number {
    this.#block(last, length << 24);
    this.#l2 ^= 0xff;
    this.#rounds(4);
    this.high = this.#h0 ^ this.#h1 ^ this.#h2 ^ this.#h3;
    return this.#l0 ^ this.#l1 ^ this.#l2 ^ this.#l3;
  }

  #rounds(count: number): void {
    let l0 = this.#l0;
    let h0 = this.#h0;
    let l1 = this.#l1;
    let h1 = this.#h1;
    let l2 = this.#l2;
    let h2 = this.#h2;
    let l3 = this.#l3;
    let h3 = this.#h3;
    for (let i = 0; i < count; i++) {
      // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
      let low = (l0 >>> 0) + (l1 >>> 0);
      h0 = (h0 + h1 + (low > 0xffffffff ? 1 : 0)) | 0;
      l0 = low | 0;
      let l = (l1 << 13) | (h1 >>> 19);
      let h = (h1 << 13) | (l1 >>> 19);
      l1 = l ^ l0;
      h1 = h ^ h0;
      l = l0;
      l0 = h0;
      h0 = l;
      // v2 += v3; v3 = rotl(v3, 16) ^ v2
      low = (l2 >>> 0) + (l3 >>> 0);
      h2 = (h2 + h3 + (low > 0xffffffff ? 1 : 0)) | 0;
      l2 = low | 0;
      l = (l3 << 16) | (h3 >>> 16);
      h = (h3 << 16) | (l3 >>> 16);
      l3 = l ^ l2;
      h3 = h ^ h2;
      // v0 += v3; v3 = rotl(v3, 21) ^ v0
      low = (l0 >>> 0) + (l3 >>> 0);
      h0 = (h0 + h3 + (low > 0xffffffff ? 1 : 0)) | 0;
      l0 = low | 0;
      l = (l3 << 21) | (h3 >>> 11);
      h = (h3 << 21) | (l3 >>> 11);
      l3 = l ^ l0;
      h3 = h ^ h0;
      // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
      low = (l2 >>> 0) + (l1 >>> 0);
      h2 = (h2 + h1 + (low > 0xffffffff ? 1 : 0)) | 0;
      l2 = low | 0;
      l = (l1 << 17) | (h1 >>> 15);
      h = (h1 << 17) | (l1 >>> 15);
      l1 = l ^ l2;
      h1 = h ^ h2;
      l = l2;
      l2 = h2;
      h2 = l;
    }
    this.#l0 = l0;
    this.#h0 = h0;
    this.#l1 = l1;
    this.#h1 = h1;
    this.#l2 = l2;
    this.#h2 = h2;
    this.#l3 = l3;
    this.#h3 = h3;
  }
}
