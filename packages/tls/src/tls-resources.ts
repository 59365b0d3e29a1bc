import { ChunkPool } from './chunk-pool.ts';
import type { Crypto } from './crypto.ts';
import { MAXIMUM_CIPHERTEXT } from './parameters.ts';

/** What all connections of a process share. */
export interface TlsResources {
  readonly crypto: Crypto;
  readonly chunks: ChunkPool;
  /** Where a record is opened; what a protocol above does not take at once is copied out of it. */
  readonly scratch: Uint8Array;
  /** Milliseconds since 1970 when `now` was 0: add `now` for the time of day. */
  readonly epochMs: number;
  /** Lines of the SSLKEYLOGFILE format (RFC 9850), without the line's end: secrets, given only where this is set. */
  readonly keyLog: ((line: string) => void) | undefined;
}

/** Resources over a crypto seam. @param epochMs milliseconds since 1970 when `now` was 0 */
export function makeTlsResources(crypto: Crypto, epochMs: number, keyLog?: (line: string) => void): TlsResources {
  return { crypto, chunks: new ChunkPool(), scratch: new Uint8Array(MAXIMUM_CIPHERTEXT), epochMs, keyLog };
}
