/**
 * The archive: a Git-style pack (version 2, the conventions of Immuable), read and written.
 *
 * ```ts
 * import { openPack, PackSource } from '@immuable-net/pack';
 *
 * const pack = openPack(PackSource.over(octets)); // throws PackError, one clear line
 * const entry = pack.find('blog/index.html');
 * if (entry !== undefined) console.log(entry.id, entry.length, pack.inflateWhole(entry));
 * ```
 *
 * @packageDocumentation
 */
export type { Commit } from './commit.ts';
export { EntryStream } from './entry-stream.ts';
export { MemorySink, type PackSink } from './making/pack-sink.ts';
export {
  PackWriter,
  type PackWriterOptions,
  type WrittenFile,
  type WrittenObject,
  type WrittenPack,
} from './making/pack-writer.ts';
export { PAGE_OCTETS, STORE_ABOVE_OCTETS } from './making/parameters.ts';
export { HASH_NAMES, type HashName, hashOctets, isHashName } from './node-crypto.ts';
export { type OpenPackOptions, openPack, Pack } from './pack.ts';
export { PackEntry, type Storage } from './pack-entry.ts';
export { PackError, type PackErrorCode } from './pack-error.ts';
export { PackSource } from './pack-source.ts';
export { TURN_OCTETS, VERIFY_OCTETS } from './parameters.ts';
export { verifyPack } from './verify-pack.ts';
