import { copyOctets } from '@immuable-net/octets';
import type { HashName } from './crypto.ts';
import { addressOf, opensslFunctions, pinned } from './evp-cipher.ts';

type Digest = (octets: number, length: number, digest: number) => number | bigint;

interface Symbols {
  readonly sha256: Digest;
  readonly sha384: Digest;
}

const symbols: Symbols | undefined = opensslFunctions<Symbols>({
  sha256: 'uintptr_t SHA256(uintptr_t octets, size_t length, uintptr_t digest)',
  sha384: 'uintptr_t SHA384(uintptr_t octets, size_t length, uintptr_t digest)',
});

/** The longest text: HKDF's and Finished's are shorter by far. */
const LONGEST_TEXT = 512;

/** One block of key and the text behind it. */
const inner = pinned(128 + LONGEST_TEXT);
/** One block of key and the inner digest behind it. */
const outer = pinned(128 + 48);

/** Whether {@link evpHmac} can do this: else `createHmac` can. */
export function evpHmacTakes(key: Uint8Array, text: Uint8Array): boolean {
  return symbols !== undefined && key.length <= 64 && text.length <= LONGEST_TEXT;
}

/**
 * RFC 2104 by two digests: a key schedule is some thirty HMACs over a hundred octets each, for which making an
 * `Hmac` object costs more than the hashing.
 */
export function evpHmac(name: HashName, key: Uint8Array, text: Uint8Array): Uint8Array {
  const digest = name === 'sha256' ? symbols!.sha256 : symbols!.sha384;
  const block = name === 'sha256' ? 64 : 128;
  const size = name === 'sha256' ? 32 : 48;
  const a = inner.octets;
  const b = outer.octets;
  for (let i = 0; i < key.length; i++) {
    a[i] = key[i]! ^ 0x36;
    b[i] = key[i]! ^ 0x5c;
  }
  a.fill(0x36, key.length, block);
  b.fill(0x5c, key.length, block);
  copyOctets(text, 0, text.length, a, block);
  digest(inner.address, block + text.length, outer.address + block);
  const output = new Uint8Array(new ArrayBuffer(size));
  digest(outer.address, block + size, addressOf(output));
  a.fill(0);
  b.fill(0);
  return output;
}
