import { crc32 as crc32OfNode, deflate as deflateOfNode, deflateSync, inflateSync } from 'node:zlib';
import { PackError } from './pack-error.ts';

/** What {@link inflateWhole} found. */
export interface Inflated {
  readonly octets: Uint8Array;
  /** Octets of the zlib stream (RFC 1950), from its header to its Adler-32. */
  readonly consumed: number;
}

/**
 * Inflates the zlib stream that begins at `octets[start]` and must make exactly `length` octets. Throws
 * `PackError` (`bad-zlib`, `truncated`) when it does not.
 */
export function inflateWhole(octets: Uint8Array, start: number, end: number, length: number): Inflated {
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    result = inflateSync(octets.subarray(start, end), {
      info: true,
      // One octet more than asked for tells a stream that makes too many; 64 is the least that zlib takes.
      chunkSize: Math.max(64, length + 1),
      maxOutputLength: length + 1,
    }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'Z_BUF_ERROR') throw new PackError('truncated', 'the archive ends inside a compressed object');
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new PackError('bad-zlib', `an object is longer than the ${length} octets that it announces`);
    throw new PackError('bad-zlib', `an object does not inflate: ${(error as Error).message}`);
  }
  if (result.buffer.length !== length) {
    throw new PackError('bad-zlib', `an object inflates to ${result.buffer.length} octets and announces ${length}`);
  }
  return { octets: result.buffer, consumed: result.engine.bytesWritten };
}

/** A zlib stream (RFC 1950) of the octets, made off the main thread. `level` is 0 to 9. */
export function deflate(octets: Uint8Array, level: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflateOfNode(octets, { level, memLevel: 9 }, (error, coded) => {
      if (error === null) resolve(coded);
      else reject(error);
    });
  });
}

/** A zlib stream (RFC 1950) of the octets, made at once: for small things. */
export function deflateNow(octets: Uint8Array, level: number): Uint8Array {
  return deflateSync(octets, { level, memLevel: 9 });
}

/** CRC-32 (RFC 1952 §8) of the octets, or of `initial`'s octets followed by them. 0 to 2³² - 1. */
export function crc32(octets: Uint8Array, initial: number = 0): number {
  return crc32OfNode(octets, initial);
}
