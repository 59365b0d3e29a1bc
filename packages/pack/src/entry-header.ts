import { PackError } from './pack-error.ts';
import type { PackSource } from './pack-source.ts';

/** Kinds of entries, as gitformat-pack numbers them. */
export const EntryKind = {
  Commit: 1,
  Tree: 2,
  Blob: 3,
  /** Git's annotated tag; here the MIME table. */
  Tag: 4,
  OffsetDelta: 6,
  ReferenceDelta: 7,
} as const;

/** One of {@link EntryKind}. */
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** What stands in front of an entry's zlib stream. */
export interface EntryHeader {
  /** Where the entry begins in the archive. */
  readonly start: number;
  readonly kind: EntryKind;
  /** Octets that the zlib stream makes: the object's, or the delta instructions'. */
  readonly length: number;
  /** Where the zlib stream begins in the archive. */
  readonly zlibStart: number;
  /** Where the base of an offset delta begins; -1 for other kinds. */
  readonly baseStart: number;
  /** Where the raw id of the base of a reference delta stands in the archive; -1 for other kinds. */
  readonly baseId: number;
}

/** 2⁵³ has 54 bits: 4 in the first octet, 7 in each of the next seven. */
const MAXIMUM_LENGTH_OCTETS = 8;

/**
 * Reads the header of the entry at `start`. `end` is where entries end at the latest. Throws `PackError`.
 */
export function readEntryHeader(source: PackSource, start: number, end: number, idOctets: number): EntryHeader {
  let at = start;
  const limit = Math.min(end, source.length);
  const next = (): number => {
    if (at >= limit) throw new PackError('truncated', `the archive ends inside the entry at ${start}`);
    return source.octetAt(at++);
  };
  let octet = next();
  const kind = (octet >> 4) & 7;
  let length = octet & 15;
  let scale = 16;
  for (let count = 1; octet & 0x80; count++) {
    if (count === MAXIMUM_LENGTH_OCTETS)
      throw new PackError('bad-entry', `the entry at ${start} announces an absurd length`);
    octet = next();
    length += (octet & 0x7f) * scale;
    scale *= 128;
  }
  if (length > Number.MAX_SAFE_INTEGER)
    throw new PackError('bad-entry', `the entry at ${start} announces an absurd length`);
  let baseStart = -1;
  let baseId = -1;
  switch (kind) {
    case EntryKind.Commit:
    case EntryKind.Tree:
    case EntryKind.Blob:
    case EntryKind.Tag:
      break;
    case EntryKind.OffsetDelta: {
      // gitformat-pack, "offset encoding": each octet but the first adds 2⁷, 2¹⁴, …, so that no distance has two spellings.
      octet = next();
      let distance = octet & 0x7f;
      for (let count = 1; octet & 0x80; count++) {
        if (count === MAXIMUM_LENGTH_OCTETS)
          throw new PackError('bad-delta', `the delta at ${start} has an absurd base`);
        octet = next();
        distance = (distance + 1) * 128 + (octet & 0x7f);
      }
      baseStart = start - distance;
      if (distance === 0 || baseStart < 12)
        throw new PackError('bad-delta', `the base of the delta at ${start} is outside the archive`);
      break;
    }
    case EntryKind.ReferenceDelta:
      baseId = at;
      at += idOctets;
      if (at > limit) throw new PackError('truncated', `the archive ends inside the entry at ${start}`);
      break;
    default:
      throw new PackError('bad-entry', `the entry at ${start} has the unknown kind ${kind}`);
  }
  return { start, kind, length, zlibStart: at, baseStart, baseId };
}

/** The header of an entry of this kind whose zlib stream makes `length` octets; `distance` to the base for offset deltas. */
export function writeEntryHeader(kind: EntryKind, length: number, distance: number = 0): Uint8Array {
  const octets: number[] = [];
  let octet = (kind << 4) | (length % 16);
  let rest = Math.floor(length / 16);
  while (rest > 0) {
    octets.push(octet | 0x80);
    octet = rest % 128;
    rest = Math.floor(rest / 128);
  }
  octets.push(octet);
  if (kind === EntryKind.OffsetDelta) {
    const reversed = [distance % 128];
    rest = Math.floor(distance / 128);
    while (rest > 0) {
      rest--;
      reversed.push(0x80 | (rest % 128));
      rest = Math.floor(rest / 128);
    }
    octets.push(...reversed.reverse());
  }
  return Uint8Array.from(octets);
}
