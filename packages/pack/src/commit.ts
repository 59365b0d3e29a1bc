import { OctetWriter } from '@immuable-net/octets';
import { PackError } from './pack-error.ts';

const INDEX_MAGIC = [0x49, 0x4d, 0x58, 0x31]; // IMX1

/** The commit: entry 0 of an archive. */
export interface Commit {
  /** Raw id of the root tree. */
  readonly tree: Uint8Array;
  /** Raw id of the MIME table. */
  readonly mimeTable: Uint8Array;
  /** Where the entry of the index begins; undefined in an archive without one. */
  readonly index: number | undefined;
}

/** Octets of a commit that {@link writeCommit} makes. */
export function commitOctets(idOctets: number): number {
  return 2 * idOctets + 12;
}

/** Reads a commit: two raw ids, then what a reader may ignore. Throws `PackError`. */
export function readCommit(body: Uint8Array, idOctets: number): Commit {
  if (body.length < 2 * idOctets) throw new PackError('bad-commit', 'the commit does not hold two ids');
  return {
    tree: body.slice(0, idOctets),
    mimeTable: body.slice(idOctets, 2 * idOctets),
    index: indexOf(body, idOctets),
  };
}

function indexOf(body: Uint8Array, idOctets: number): number | undefined {
  const at = 2 * idOctets;
  if (body.length < at + 12 || INDEX_MAGIC.some((octet, i) => body[at + i] !== octet)) return undefined;
  let offset = 0;
  for (let i = 4; i < 12; i++) offset = offset * 256 + body[at + i]!;
  return offset;
}

/** How many octets the ids of this commit have, as its length and the mark of an index tell; undefined when neither does. */
export function guessIdOctets(body: Uint8Array): number | undefined {
  for (const octets of [20, 32, 64]) {
    if (body.length === 2 * octets || (body.length >= 2 * octets + 12 && indexOf(body, octets) !== undefined))
      return octets;
  }
  return undefined;
}

/** Writes a commit with the offset of an index. */
export function writeCommit(tree: Uint8Array, mimeTable: Uint8Array, index: number): Uint8Array {
  const writer = new OctetWriter(commitOctets(tree.length));
  writer.write(tree);
  writer.write(mimeTable);
  writer.latin1('IMX1');
  writer.u64(index);
  return writer.finish();
}
