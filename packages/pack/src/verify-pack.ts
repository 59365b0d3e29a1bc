import { ObjectReader } from './object-reader.ts';
import { type OpenPackOptions, openPack, type Pack } from './pack.ts';
import { PackError } from './pack-error.ts';
import { PackScan } from './pack-scan.ts';
import type { PackSource } from './pack-source.ts';

/**
 * Opens an archive and checks all of it: the trailer, every object's length, kind and id, every delta, the trees,
 * and, where there is an index, that it says what the trees say. Throws `PackError`.
 */
export function verifyPack(source: PackSource, options: OpenPackOptions = {}): Pack {
  const pack = openPack(source, { ...options, verify: true });
  if (!pack.indexed) return pack;
  const scan = new PackScan(new ObjectReader(source, pack.end, pack.idOctets), pack.objects, pack.hash);
  if (scan.end !== pack.end) throw new PackError('bad-index', 'the index is not the last entry of the archive');
  scan.identify(pack.hash);
  const { entries } = scan.walk(pack.commit);
  if (entries.length !== pack.files) {
    throw new PackError('bad-index', `the index lists ${pack.files} files and the trees ${entries.length}`);
  }
  for (const entry of entries) {
    const indexed = pack.find(entry.path);
    if (
      indexed === undefined ||
      indexed.id !== entry.id ||
      indexed.mode !== entry.mode ||
      indexed.length !== entry.length ||
      indexed.contentType !== entry.contentType ||
      indexed.crc32 !== entry.crc32 ||
      !pack.isSound(indexed)
    ) {
      throw new PackError('bad-index', `the index and the trees disagree about ${JSON.stringify(entry.path)}`);
    }
    const object = scan.objectAt(indexed.start);
    if (object?.id !== entry.id || object.zlibEnd !== indexed.zlibEnd || object.codedCrc32 !== indexed.codedCrc32) {
      throw new PackError('bad-index', `the index places ${JSON.stringify(entry.path)} where it is not`);
    }
  }
  return pack;
}
