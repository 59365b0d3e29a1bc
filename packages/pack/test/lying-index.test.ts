import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { SliceQueue } from '@immuable-net/octets';
import { type Pack, PackEntry, PackError, PackSource, verifyPack } from '@immuable-net/pack';
import { describe, expect, it } from 'vitest';
import { writeCommit } from '../src/commit.ts';
import { EntryKind, writeEntryHeader } from '../src/entry-header.ts';
import { storedZlib } from '../src/making/stored-zlib.ts';
import { writeMimeTable } from '../src/mime-table.ts';
import { objectId } from '../src/object-id.ts';
import { writeIndex } from '../src/pack-index.ts';
import { writeTree } from '../src/tree.ts';
import { noise, open, prose } from './site.ts';

const a = noise(150_000, 1);
const b = prose(20_000, 2);

type Fields = {
  -readonly [K in
    | 'path'
    | 'mode'
    | 'storage'
    | 'length'
    | 'contentType'
    | 'crc32'
    | 'codedCrc32'
    | 'start'
    | 'zlibStart'
    | 'zlibEnd'
    | 'rawId']: PackEntry[K];
};

/**
 * A sound archive of `a.bin` (stored) and `b.txt` (deflated), but for what `lie` does to its index (it may return
 * other files to list), or `damage` to octets.
 */
function archive(
  lie: (a: Fields, b: Fields) => unknown,
  damage: (octets: Buffer, a: Fields) => void = () => undefined,
): Buffer {
  const idA = objectId('sha1', EntryKind.Blob, a);
  const idB = objectId('sha1', EntryKind.Blob, b);
  const tree = writeTree([
    { mode: 0o100644, name: 'a.bin', id: idA },
    { mode: 0o100644, name: 'b.txt', id: idB },
  ]);
  const types = writeMimeTable([['b.txt', 'text/plain']]);
  const parts: Uint8Array[] = [Buffer.from('PACK\0\0\0\x02\0\0\0\x06')];
  let position = 12;
  const put = (
    kind: EntryKind,
    body: Uint8Array,
    zlib: Uint8Array,
  ): { start: number; zlibStart: number; zlibEnd: number; codedCrc32: number } => {
    const header = writeEntryHeader(kind, body.length);
    const start = position;
    parts.push(header, zlib);
    position += header.length + zlib.length;
    return { start, zlibStart: start + header.length, zlibEnd: position, codedCrc32: crc32(zlib) };
  };
  const empty = writeCommit(idA, idA, 0);
  put(EntryKind.Commit, empty, storedZlib(empty));
  const fieldsA: Fields = {
    path: 'a.bin',
    mode: 0o100644,
    storage: 'stored',
    length: a.length,
    contentType: undefined,
    crc32: crc32(a),
    rawId: idA,
    ...put(EntryKind.Blob, a, storedZlib(a)),
  };
  const fieldsB: Fields = {
    path: 'b.txt',
    mode: 0o100644,
    storage: 'deflated',
    length: b.length,
    contentType: 'text/plain',
    crc32: crc32(b),
    rawId: idB,
    ...put(EntryKind.Blob, b, deflateSync(b)),
  };
  put(EntryKind.Tree, tree, deflateSync(tree));
  put(EntryKind.Tag, types, deflateSync(types));
  const honest = { ...fieldsA };
  const said = lie(fieldsA, fieldsB);
  const listed: Fields[] = Array.isArray(said) ? said : [fieldsA, fieldsB];
  const index = writeIndex(
    listed.map(
      (f) =>
        new PackEntry(
          f.path,
          f.mode,
          f.storage,
          f.length,
          f.contentType,
          f.crc32,
          f.codedCrc32,
          f.start,
          f.zlibStart,
          f.zlibEnd,
          f.rawId,
        ),
    ),
    20,
  );
  const at = position;
  put(EntryKind.Blob, index, deflateSync(index));
  const commit = writeCommit(objectId('sha1', EntryKind.Tree, tree), objectId('sha1', EntryKind.Tag, types), at);
  const octets = Buffer.concat(parts);
  Buffer.from(storedZlib(commit)).copy(octets, 12 + writeEntryHeader(EntryKind.Commit, commit.length).length);
  damage(octets, honest);
  return Buffer.concat([octets, createHash('sha1').update(octets).digest()]);
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    return error.code;
  }
  return 'sound';
}

const verify = (octets: Uint8Array): Pack => verifyPack(PackSource.over(octets));

describe('an index that lies', () => {
  it('(the one that the others are made from does not)', () => {
    expect(codeOf(() => verify(archive(() => undefined)))).toBe('sound');
  });

  const refused: [string, string, Parameters<typeof archive>[0]][] = [
    ['a path that climbs', 'bad-name', (a) => void (a.path = '../a')],
    ['a path with an empty part', 'bad-name', (a) => void (a.path = 'a//b')],
    ['an absolute path', 'bad-name', (a) => void (a.path = '/a')],
    ['a path with NUL', 'bad-name', (a) => void (a.path = 'a\0b')],
    ['paths out of order', 'bad-index', (a, b) => [b, a]],
    ['a path twice', 'bad-index', (a) => [a, a]],
    [
      'a file that is a folder too',
      'bad-index',
      (a, b) => {
        a.path = 'x';
        b.path = 'x/y';
      },
    ],
    ['a type that would end a field', 'bad-index', (a) => void (a.contentType = 'text/html\r\nx: y')],
    [
      'an entry behind the end',
      'bad-index',
      (a) => {
        a.start += 2 ** 40;
        a.zlibStart += 2 ** 40;
        a.zlibEnd += 2 ** 40;
      },
    ],
    ['a stream that reaches into the index', 'bad-index', (_, b) => void (b.zlibEnd += 1_000_000)],
    ['a stored length that does not fit the stream', 'bad-index', (a) => void (a.length -= 1)],
    ['more than can be deflated', 'bad-index', (_, b) => void (b.length = 2 ** 40)],
    ['an id that is not the file’s', 'bad-index', (_, b) => void (b.rawId = new Uint8Array(20))],
  ];
  for (const [name, code, lie] of refused) {
    it(`${name}: ${code} when it is opened`, () => expect(codeOf(() => open(archive(lie)))).toBe(code));
  }

  const found: [string, Parameters<typeof archive>[0]][] = [
    ['a file that the trees have not', (a, b) => [a, b, { ...b, path: 'c.txt' }]],
    ['a file missing', (_, b) => [b]],
    ['another mode', (a) => void (a.mode = 0o100755)],
    ['another type', (_, b) => void (b.contentType = 'text/html')],
    ['another CRC-32 of the coded octets', (_, b) => void (b.codedCrc32 ^= 1)],
    ['a shorter stream', (_, b) => void (b.zlibEnd -= 1)],
  ];
  for (const [name, lie] of found) {
    it(`${name} is found by verify`, () => expect(codeOf(() => verify(archive(lie)))).toBe('bad-index'));
  }

  it('an entry that is not where it should be is never served', () => {
    const pack = open(
      archive((a) => {
        a.start += 1;
        a.zlibStart += 1;
        a.zlibEnd += 1;
      }),
    );
    const entry = pack.find('a.bin')!;
    expect(pack.isSound(entry)).toBe(false);
    const queue = new SliceQueue();
    expect(pack.appendPlain(queue, entry, 0, 10, 10, undefined)).toBe(-1);
    expect(pack.appendZlib(queue, entry, 0, 10, 10, undefined)).toBe(-1);
    expect(codeOf(() => pack.inflateWhole(entry))).toBe('bad-entry');
    expect(codeOf(() => pack.inflateStream(entry))).toBe('bad-entry');
    expect(queue.length).toBe(0);
    expect(pack.isSound(pack.find('b.txt')!)).toBe(true);
  });

  it('a run whose head is damaged is not served, nor what follows', () => {
    const second = 2 + 5 + 65_535;
    for (const offset of [0, 1, 3]) {
      const octets = archive(
        () => undefined,
        (octets, a) => void (octets[a.zlibStart + second + offset]! ^= 1),
      );
      const pack = open(octets);
      const entry = pack.find('a.bin')!;
      const queue = new SliceQueue();
      expect(pack.appendPlain(queue, entry, 0, 65_535, 1e9, undefined)).toBe(65_535);
      expect(pack.appendPlain(queue, entry, 65_535, a.length, 1e9, undefined)).toBe(-1);
      expect(pack.isSound(entry)).toBe(false);
      expect(codeOf(() => verify(octets))).not.toBe('sound');
    }
  });

  it('octets that were altered are found by a stream at its end, and by whoever inflates them whole', () => {
    const pack = open(
      archive(
        () => undefined,
        (octets, a) => void (octets[a.zlibStart + 100_000]! ^= 0xff),
      ),
    );
    const entry = pack.find('a.bin')!;
    const stream = pack.inflateStream(entry);
    const queue = new SliceQueue();
    while (stream.left > 0 && stream.failure === undefined) stream.emit(queue, 10_000);
    expect(stream.failure?.code).toBe('bad-zlib');
    expect(stream.emit(queue, 1_000)).toBe(0);
    expect(codeOf(() => pack.inflateWhole(entry))).toBe('bad-zlib');
  });

  it('a wrong CRC-32 of the plain octets is found at the first use', () => {
    const pack = open(archive((a) => void (a.crc32 ^= 1)));
    const entry = pack.find('a.bin')!;
    expect(codeOf(() => pack.inflateWhole(entry))).toBe('bad-entry');
    expect(pack.isSound(entry)).toBe(false);
  });
});
