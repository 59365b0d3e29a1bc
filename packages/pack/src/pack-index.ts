import { OctetReader, OctetWriter } from '@immuable-net/octets';
import { isContentType } from './mime-table.ts';
import { PackEntry, type Storage } from './pack-entry.ts';
import { PackError } from './pack-error.ts';
import { MAXIMUM_DEFLATE_RATIO, MAXIMUM_PATH_OCTETS, MAXIMUM_PATHS, STORED_RUN_OCTETS } from './parameters.ts';
import { compareBytewise, decodeName, isName } from './tree.ts';

/*
 * The index, format 1. All numbers are big-endian.
 *
 *   u8   format, 1
 *   u8   octets of an id
 *   u16  number of content types, then each: u8 length, text
 *   u32  number of files, then each, in the order of the paths' octets:
 *     u16  length of the path, path
 *     u8   mode: 0 = 100644, 1 = 100664, 2 = 100755, 3 = 120000
 *     u8   storage: 0 = stored, 1 = deflated, 2 = delta
 *     u16  content type: 0 = none, else its number from 1
 *     u64  offset of the entry
 *     u8   octets of the entry's header: the zlib stream begins behind it
 *     u64  octets of the zlib stream
 *     u64  octets of the file
 *     u32  CRC-32 of the file
 *     u32  CRC-32 of the zlib stream
 *     id
 */
const FORMAT = 1;
const MODES: readonly number[] = [0o100644, 0o100664, 0o100755, 0o120000];
const STORAGES: readonly Storage[] = ['stored', 'deflated', 'delta'];

/** Octets of the zlib stream that holds `length` octets in stored blocks of 65,535 (the last one shorter). */
export function storedZlibOctets(length: number): number {
  return 2 + 5 * Math.max(1, Math.ceil(length / STORED_RUN_OCTETS)) + length + 4;
}

/** Reads an index. `end` is where entries end in the archive. Throws `PackError`. */
export function readIndex(body: Uint8Array, idOctets: number, end: number): PackEntry[] {
  const reader = new OctetReader(body);
  if (reader.u8() !== FORMAT || reader.u8() !== idOctets)
    throw new PackError('bad-index', 'the index has an unknown format');
  const types: (string | undefined)[] = [undefined];
  for (let left = reader.u16(); left > 0 && !reader.failed; left--) {
    const type = decodeName(reader.take(reader.u8()));
    if (!isContentType(type))
      throw new PackError('bad-index', `the index has the malformed type ${JSON.stringify(type)}`);
    types.push(type);
  }
  const count = reader.u32();
  if (count > MAXIMUM_PATHS)
    throw new PackError('too-large', `the index lists ${count} files, more than ${MAXIMUM_PATHS}`);
  const entries: PackEntry[] = [];
  let previous = '';
  for (let i = 0; i < count && !reader.failed; i++) {
    const path = decodeName(reader.take(reader.u16()));
    const mode = MODES[reader.u8()];
    const storage = STORAGES[reader.u8()];
    const type = reader.u16();
    const start = reader.u64();
    const headerOctets = reader.u8();
    const zlibOctets = reader.u64();
    const length = reader.u64();
    const crc32 = reader.u32();
    const codedCrc32 = reader.u32();
    const id = reader.take(idOctets);
    if (reader.failed) break;
    if (mode === undefined || storage === undefined || type >= types.length) {
      throw new PackError('bad-index', `the index is malformed at ${JSON.stringify(path)}`);
    }
    if (path.length > MAXIMUM_PATH_OCTETS || !path.split('/').every(isName)) {
      throw new PackError('bad-name', `the index has the forbidden path ${JSON.stringify(path)}`);
    }
    if (i > 0 && !isBefore(previous, path))
      throw new PackError('bad-index', `the index is not in order at ${JSON.stringify(path)}`);
    const zlibStart = start + headerOctets;
    // A zlib stream has 2 + 2 + 4 octets at least; an entry stands behind the head of the archive.
    if (start < 12 || headerOctets < 1 || zlibOctets < 8 || zlibStart + zlibOctets > end) {
      throw new PackError('bad-index', `the index places ${JSON.stringify(path)} outside the archive`);
    }
    if (
      storage === 'stored'
        ? zlibOctets !== storedZlibOctets(length)
        : storage === 'deflated' && length > zlibOctets * MAXIMUM_DEFLATE_RATIO
    ) {
      throw new PackError('bad-index', `the index gives ${JSON.stringify(path)} an impossible length`);
    }
    entries.push(
      new PackEntry(
        path,
        mode,
        storage,
        length,
        types[type],
        crc32,
        codedCrc32,
        start,
        zlibStart,
        zlibStart + zlibOctets,
        id,
      ),
    );
    previous = path;
  }
  if (reader.failed || reader.left > 0)
    throw new PackError('bad-index', 'the index has not the length that it announces');
  return entries;
}

/** Most paths are ASCII, whose UTF-16 order is that of their octets. */
function isBefore(a: string, b: string): boolean {
  return compareBytewise(a, b) < 0;
}

/** Writes an index of entries that are in the order of their paths' octets. */
export function writeIndex(entries: readonly PackEntry[], idOctets: number): Uint8Array {
  const types = [...new Set(entries.map((entry) => entry.contentType))].filter((type) => type !== undefined);
  const numbers = new Map(types.map((type, i) => [type, i + 1]));
  const encoder = new TextEncoder();
  const writer = new OctetWriter(64 * (entries.length + 1));
  writer.u8(FORMAT);
  writer.u8(idOctets);
  writer.u16(types.length);
  for (const type of types) {
    writer.u8(type.length);
    writer.latin1(type);
  }
  writer.u32(entries.length);
  for (const entry of entries) {
    const path = encoder.encode(entry.path);
    writer.u16(path.length);
    writer.write(path);
    writer.u8(MODES.indexOf(entry.mode));
    writer.u8(STORAGES.indexOf(entry.storage));
    writer.u16(entry.contentType === undefined ? 0 : numbers.get(entry.contentType)!);
    writer.u64(entry.start);
    writer.u8(entry.zlibStart - entry.start);
    writer.u64(entry.zlibEnd - entry.zlibStart);
    writer.u64(entry.length);
    writer.u32(entry.crc32);
    writer.u32(entry.codedCrc32);
    writer.write(entry.rawId);
  }
  return writer.finish();
}
