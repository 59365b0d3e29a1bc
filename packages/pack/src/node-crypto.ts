import { createHash, type Hash } from 'node:crypto';

/** The hashes that name objects and close archives. */
export type HashName = 'sha1' | 'sha256' | 'sha512' | 'sha3-256' | 'sha3-512' | 'blake2b';

/** All of {@link HashName}, in the order in which a trailer is tried. */
export const HASH_NAMES: readonly HashName[] = ['sha1', 'sha256', 'sha3-256', 'sha512', 'sha3-512', 'blake2b'];

const OCTETS: Record<HashName, number> = {
  sha1: 20,
  sha256: 32,
  sha512: 64,
  'sha3-256': 32,
  'sha3-512': 64,
  blake2b: 64,
};

const NODE_NAMES: Record<HashName, string> = {
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
  'sha3-256': 'sha3-256',
  'sha3-512': 'sha3-512',
  blake2b: 'blake2b512',
};

/** Octets of a hash. */
export function hashOctets(name: HashName): number {
  return OCTETS[name];
}

/** True for one of {@link HASH_NAMES}. */
export function isHashName(name: string): name is HashName {
  return Object.hasOwn(OCTETS, name);
}

/** A hash being made: `update` any number of times, then `digest` once. */
export class Hasher {
  readonly #hash: Hash;

  constructor(name: HashName) {
    this.#hash = createHash(NODE_NAMES[name]);
  }

  /** Takes `octets[start, end)`. */
  update(octets: Uint8Array, start: number = 0, end: number = octets.length): void {
    this.#hash.update(start === 0 && end === octets.length ? octets : octets.subarray(start, end));
  }

  /** The hash. Nothing may be called after it. */
  digest(): Uint8Array {
    return this.#hash.digest();
  }
}
