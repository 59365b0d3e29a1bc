import { EntryKind } from './entry-header.ts';
import { Hasher, type HashName } from './node-crypto.ts';

/** A hash that has taken the head of an object: `"blob 123\0"`. */
export function startObjectId(hash: HashName, kind: EntryKind, length: number): Hasher {
  const hasher = new Hasher(hash);
  const noun =
    kind === EntryKind.Commit ? 'commit' : kind === EntryKind.Tree ? 'tree' : kind === EntryKind.Tag ? 'tag' : 'blob';
  hasher.update(new TextEncoder().encode(`${noun} ${length}\0`));
  return hasher;
}

/** The raw id of an object. */
export function objectId(hash: HashName, kind: EntryKind, body: Uint8Array): Uint8Array {
  const hasher = startObjectId(hash, kind, body.length);
  hasher.update(body);
  return hasher.digest();
}
