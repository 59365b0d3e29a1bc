import type { RandomSource } from '@immuable-net/octets';

const POOL = 4096;
const pool: Uint8Array<ArrayBuffer> = new Uint8Array(POOL);
let used = POOL;

/** The operating system's randomness (Web Crypto's), drawn in runs: a call costs microseconds, an octet nothing. */
export const platformRandom: RandomSource = (octets, start, end) => {
  for (let i = start; i < end; i++) {
    if (used === POOL) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    octets[i] = pool[used]!;
    // What was handed out is no longer kept: secrets are made of it.
    pool[used++] = 0;
  }
};
