import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SliceQueue } from '@immuable-net/octets';
import { openPack, PackError, PackSource, verifyPack } from '@immuable-net/pack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveOfEntries, tree } from './archive-of-entries.ts';
import { noise, open, prose, write } from './site.ts';

const fixture = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, 'fixtures', name));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.code;
  }
  return 'sound';
}

const id = ArchiveOfEntries.id;
const file = Buffer.from('a file\n');

interface Shape {
  /** The root tree, given the file's id. */
  root?: (file: Buffer) => Buffer;
  mimeTable?: Buffer;
  /** Adds what is between the tables and the end. */
  more?: (archive: ArchiveOfEntries) => void;
  commit?: (root: Buffer, types: Buffer) => Buffer;
  finish?: Parameters<ArchiveOfEntries['finish']>[0];
}

/** A small archive in which one thing is as `shape` says. */
function archiveOf(shape: Shape = {}): Buffer {
  const root = (shape.root ?? ((file) => tree(['100644', 'a.txt', file])))(id('blob', file));
  const types = shape.mimeTable ?? Buffer.from('a.txt\0text/plain\0');
  const archive = new ArchiveOfEntries();
  const commit = shape.commit ?? ((root, types) => Buffer.concat([root, types]));
  archive.add(1, commit(id('tree', root), id('tag', types)));
  archive.add(4, types);
  archive.add(2, root);
  archive.add(3, file);
  shape.more?.(archive);
  return archive.finish(shape.finish);
}

describe('a bad archive is one clear error', () => {
  it('(the one that the others are made from is sound)', () => {
    expect(Buffer.compare(open(archiveOf()).inflateWhole(open(archiveOf()).find('a.txt')!), file)).toBe(0);
  });

  const cases: [string, string, () => Uint8Array][] = [
    ['nothing at all', 'not-an-archive', () => new Uint8Array(0)],
    ['a page', 'not-an-archive', () => Buffer.from('<!doctype html>')],
    ['version 3', 'unsupported-version', () => archiveOf({ finish: { version: 3 } })],
    ['only its head', 'truncated', () => archiveOf().subarray(0, 11)],
    ['no objects', 'bad-commit', () => archiveOf({ finish: { count: 0 } })],
    [
      'one object more than there are',
      'bad-entry',
      () => archiveOf({ finish: { count: 5, trailer: Buffer.alloc(40) } }),
    ],
    ['more objects than octets', 'truncated', () => archiveOf({ finish: { count: 4_000_000 } })],
    ['more objects than any reader takes', 'too-large', () => archiveOf({ finish: { count: 0xffffffff } })],
    ['another trailer', 'altered', () => archiveOf({ finish: { trailer: createHash('sha1').update('x').digest() } })],
    ['padding that is not zero', 'bad-padding', () => archiveOf({ finish: { padding: Buffer.from([0, 0, 1]) } })],
    [
      'a first entry that is no commit',
      'bad-commit',
      () => {
        const archive = new ArchiveOfEntries();
        archive.add(3, Buffer.alloc(40));
        return archive.finish();
      },
    ],
    ['a commit of one id', 'bad-commit', () => archiveOf({ commit: (root) => root })],
    [
      'a commit that names a missing tree',
      'missing-object',
      () => archiveOf({ commit: (_, types) => Buffer.concat([id('tree', file), types]) }),
    ],
    [
      'a commit that names a missing MIME table',
      'missing-object',
      () => archiveOf({ commit: (root) => Buffer.concat([root, id('tag', file)]) }),
    ],
    [
      'a commit whose root is a file',
      'bad-tree',
      () => archiveOf({ commit: (_, types) => Buffer.concat([id('blob', file), types]) }),
    ],
    ['a folder that is a file', 'bad-tree', () => archiveOf({ root: (file) => tree(['400000', 'a', file]) })],
    [
      'a file that is the MIME table',
      'bad-tree',
      () => archiveOf({ root: () => tree(['100644', 'a.txt', id('tag', Buffer.from('a.txt\0text/plain\0'))]) }),
    ],
    [
      'a file that is not there',
      'missing-object',
      () => archiveOf({ root: () => tree(['100644', 'a.txt', Buffer.alloc(20, 7)]) }),
    ],
    ['an unknown mode', 'bad-tree', () => archiveOf({ root: (file) => tree(['160000', 'a.txt', file]) })],
    [
      'a tree that is cut',
      'bad-tree',
      () => archiveOf({ root: (file) => tree(['100644', 'a.txt', file.subarray(1)]) }),
    ],
    ['a tree without a mode', 'bad-tree', () => archiveOf({ root: () => Buffer.from('nonsense') })],
    [
      'a name twice',
      'bad-tree',
      () => archiveOf({ root: (file) => tree(['100644', 'a', file], ['100755', 'a', file]) }),
    ],
    ['the name ..', 'bad-name', () => archiveOf({ root: (file) => tree(['100644', '..', file]) })],
    ['the name .', 'bad-name', () => archiveOf({ root: (file) => tree(['100644', '.', file]) })],
    ['a name with a slash', 'bad-name', () => archiveOf({ root: (file) => tree(['100644', '../etc/passwd', file]) })],
    ['an empty name', 'bad-name', () => archiveOf({ root: (file) => tree(['100644', '', file]) })],
    [
      'a name that is not UTF-8',
      'bad-name',
      () => archiveOf({ root: (file) => Buffer.concat([Buffer.from('100644 \xff\0', 'latin1'), file]) }),
    ],
    ['a MIME table that is cut', 'bad-mime-table', () => archiveOf({ mimeTable: Buffer.from('a.txt\0text/plain') })],
    [
      'a type that would end a field',
      'bad-mime-table',
      () => archiveOf({ mimeTable: Buffer.from('a.txt\0text/plain\r\nSet-Cookie: a=b\0') }),
    ],
    [
      'an object longer than it says',
      'bad-zlib',
      () => archiveOf({ more: (archive) => archive.add(3, file, undefined, 3) }),
    ],
    [
      'an object shorter than it says',
      'bad-zlib',
      () => archiveOf({ more: (archive) => archive.add(3, file, undefined, 30) }),
    ],
    [
      'an object of an absurd length',
      'bad-zlib',
      () => archiveOf({ more: (archive) => archive.add(3, file, undefined, 0x7fffffff) }),
    ],
    [
      'an object that no archive of this length can hold',
      'truncated',
      () => archiveOf({ more: (archive) => archive.add(3, file, undefined, 10_000_000) }),
    ],
    [
      'octets that do not inflate',
      'bad-zlib',
      () => archiveOf({ more: (archive) => archive.addRaw(3, 5, Buffer.alloc(0), Buffer.from('no stream at all')) }),
    ],
    ['an entry of kind 5', 'bad-entry', () => archiveOf({ more: (archive) => archive.add(5, file) })],
    ['an entry of kind 0', 'bad-entry', () => archiveOf({ more: (archive) => archive.add(0, file) })],
    [
      'a delta on itself',
      'bad-delta',
      () => archiveOf({ more: (archive) => archive.add(6, Buffer.from([7, 1, 1, 65]), Buffer.from([0])) }),
    ],
    [
      'a delta on what is before the archive',
      'bad-delta',
      () =>
        archiveOf({
          more: (archive) => archive.add(6, Buffer.from([7, 1, 1, 65]), ArchiveOfEntries.distance(100_000)),
        }),
    ],
    [
      'a delta on the middle of an entry',
      'bad-delta',
      () =>
        archiveOf({
          more: (archive) =>
            archive.add(6, Buffer.from([7, 1, 1, 65]), ArchiveOfEntries.distance(archive.position - 14)),
        }),
    ],
    [
      'a reference delta on nothing',
      'missing-object',
      () => archiveOf({ more: (archive) => archive.add(7, Buffer.from([7, 1, 1, 65]), Buffer.alloc(20, 9)) }),
    ],
    [
      'two reference deltas on each other',
      'missing-object',
      () =>
        archiveOf({
          more: (archive) => {
            archive.add(7, Buffer.from([1, 1, 1, 65]), id('blob', Buffer.from('B')));
            archive.add(7, Buffer.from([1, 1, 1, 66]), id('blob', Buffer.from('A')));
          },
        }),
    ],
  ];
  for (const [name, code, make] of cases) {
    it(`${name}: ${code}`, () => expect(codeOf(() => open(make()))).toBe(code));
  }

  const deltas: [string, number[]][] = [
    ['for a base of another length', [8, 1, 1, 65]],
    ['that ends inside its head', [0x87]],
    ['that copies from outside its base', [7, 4, 0x91, 5, 4]],
    ['that ends inside a copy', [7, 4, 0x91]],
    ['that ends inside an insert', [7, 4, 4, 65]],
    ['with the instruction 0', [7, 1, 0]],
    ['that makes more than it says', [7, 1, 2, 65, 66]],
    ['that makes less than it says', [7, 2, 1, 65]],
    ['that makes 2 GiB', [7, 0xff, 0xff, 0xff, 0xff, 7, 1, 65]],
  ];
  for (const [name, instructions] of deltas) {
    it(`a delta ${name}`, () => {
      const archive = archiveOf({
        more: (archive) => {
          const base = archive.add(3, file);
          archive.add(6, Buffer.from(instructions), ArchiveOfEntries.distance(archive.position - base));
        },
      });
      expect(codeOf(() => open(archive))).toBe(name.endsWith('GiB') ? 'too-large' : 'bad-delta');
    });
  }

  it('a chain of more than 255 deltas is refused, one of 255 is read', () => {
    for (const [depth, wanted] of [
      [255, 'sound'],
      [300, 'bad-delta'],
    ] as const) {
      const archive = archiveOf({
        more: (archive) => {
          // Written the other way round, each has to be resolved through all that are below it.
          let base = archive.add(3, file);
          for (let i = 0; i < depth; i++) {
            const start = archive.position;
            archive.add(6, Buffer.from([7, 7, 0x90, 7]), ArchiveOfEntries.distance(start - base));
            base = start;
          }
        },
      });
      expect(codeOf(() => open(archive))).toBe(wanted);
    }
  });

  it('trees that name each other 2³⁰ times over are refused', () => {
    const archive = new ArchiveOfEntries();
    const blob = id('blob', file);
    let body = tree(['100644', 'f', blob]);
    const bodies = [body];
    for (let i = 0; i < 30; i++) {
      body = tree(['40000', 'a', id('tree', body)], ['40000', 'b', id('tree', body)]);
      bodies.push(body);
    }
    archive.add(1, Buffer.concat([id('tree', body), id('tag', Buffer.alloc(0))]));
    archive.add(4, Buffer.alloc(0));
    for (const each of bodies) archive.add(2, each);
    archive.add(3, file);
    expect(codeOf(() => open(archive.finish()))).toBe('too-large');
  });

  it('reference deltas, also on what comes later, are read', () => {
    const archive = archiveOf({
      root: (file) => tree(['100644', 'a.txt', file], ['100644', 'b.txt', id('blob', Buffer.from('a fil?'))]),
      more: (archive) => void archive.add(7, Buffer.from([7, 6, 0x90, 5, 1, 0x3f]), id('blob', file)),
    });
    const pack = open(archive);
    expect(Buffer.from(pack.inflateWhole(pack.find('b.txt')!)).toString()).toBe('a fil?');
  });
});

describe('the hash', () => {
  it('is told wrongly', () => {
    const archive = fixture('small.pack');
    for (const hash of ['sha256', 'sha512', 'blake2b'] as const) {
      expect(codeOf(() => openPack(PackSource.over(archive), { hash }))).toBe('wrong-hash');
    }
    expect(codeOf(() => openPack(PackSource.over(archive), { signature: 'sha256' }))).toBe('wrong-hash');
    expect(codeOf(() => openPack(PackSource.over(fixture('small-sha256.pack')), { hash: 'sha3-256' }))).toBe(
      'wrong-hash',
    );
    expect(
      codeOf(() => openPack(PackSource.over(fixture('small-sha256.pack')), { hash: 'sha3-256', signature: 'sha256' })),
    ).toBe('wrong-hash');
    expect(codeOf(() => openPack(PackSource.over(archive), { hash: 'sha1' }))).toBe('sound');
  });

  it('of our own archives is told wrongly', async () => {
    const archive = await write({ 'a.txt': { octets: file } }, { hash: 'sha512' });
    expect(codeOf(() => openPack(PackSource.over(archive), { hash: 'sha3-512' }))).toBe('wrong-hash');
    expect(codeOf(() => openPack(PackSource.over(archive), { hash: 'sha1' }))).toBe('wrong-hash');
    expect(codeOf(() => openPack(PackSource.over(archive), { hash: 'sha3-512', signature: 'sha512' }))).toBe(
      'wrong-hash',
    );
  });
});

describe('whatever is done to an archive, there is an error or the same files', () => {
  const site = {
    'a.html': { octets: prose(9_000, 1) },
    'b.html': { octets: prose(9_100, 1) },
    'c.bin': { octets: noise(3_000, 2) },
    'd/e.txt': { octets: file },
  };

  it('cut anywhere', async () => {
    for (const archive of [fixture('small.pack'), await write(site)]) {
      const whole = open(archive);
      for (let length = 0; length < whole.end + 20; length += 13) {
        expect(
          codeOf(() => open(archive.slice(0, length))),
          `${length} octets`,
        ).not.toBe('sound');
      }
    }
  });

  it('altered anywhere', async () => {
    for (const archive of [fixture('small.pack'), await write(site)]) {
      const { end } = open(archive);
      for (let at = 0; at < archive.length; at += 7) {
        const copy = Uint8Array.from(archive);
        copy[at]! ^= 1 << (at % 8);
        expect(
          codeOf(() => open(copy)),
          `at ${at} of ${end}`,
        ).not.toBe('sound');
      }
    }
  });

  it('altered, with a trailer that was made anew: no crash, and verify finds it or nothing changed (property)', async () => {
    const archive = await write(site);
    const { end } = open(archive);
    const ancestors = fixture('small.pack');
    const ancestorsEnd = open(ancestors).end;
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(1 << 20), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (ours, changes) => {
          const copy = Uint8Array.from(ours ? archive : ancestors);
          const trailer = ours ? end : ancestorsEnd;
          for (const [at, octet] of changes) copy[12 + (at % (trailer - 12))] = octet;
          copy.set(createHash('sha1').update(copy.subarray(0, trailer)).digest(), trailer);
          const before = open(ours ? archive : ancestors);
          if (codeOf(() => verifyPack(PackSource.over(copy))) === 'sound') {
            const after = open(copy);
            for (const entry of after.entries()) expect(before.find(entry.path)?.id).toBe(entry.id);
          }
          // Serving must not crash either, whatever is served.
          try {
            const after = open(copy);
            for (const entry of after.entries()) {
              const queue = new SliceQueue();
              after.appendPlain(queue, entry, 0, entry.length, 1e9, undefined);
              after.appendZlib(queue, entry, 0, 1e9, 1e9, undefined);
              try {
                const stream = after.inflateStream(entry);
                while (stream.left > 0 && stream.failure === undefined) stream.emit(queue, 1e9);
              } catch (error) {
                expect(error).toBeInstanceOf(PackError);
              }
            }
          } catch (error) {
            expect(error).toBeInstanceOf(PackError);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('no octets at all make it throw anything else (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (octets, headed) => {
        const archive = headed ? Uint8Array.of(0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2, 0, 0, 0, 1, ...octets) : octets;
        expect(codeOf(() => open(archive))).not.toBe('sound');
      }),
      { numRuns: 500 },
    );
  });
});
