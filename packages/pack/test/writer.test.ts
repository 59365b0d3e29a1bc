import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as crc32OfNode, gunzipSync, inflateSync } from 'node:zlib';
import { SliceQueue } from '@immuable-net/octets';
import { HASH_NAMES, openPack, PackSource, verifyPack } from '@immuable-net/pack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noise, open, prose, type SiteFile, write } from './site.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function taken(queue: SliceQueue): Uint8Array {
  const octets = new Uint8Array(queue.length);
  queue.copy(0, queue.length, octets, 0);
  return octets;
}

const site: Record<string, SiteFile> = {
  '.well-known/security.txt': {
    octets: text('Contact: mailto:a@example.com\n'),
    contentType: 'text/plain; charset=utf-8',
  },
  'a/b/c.html': { octets: prose(40_000, 3), contentType: 'text/html; charset=utf-8' },
  'a/b/d.html': {
    octets: Uint8Array.from([
      ...prose(40_000, 3).subarray(0, 20_000),
      ...text('changed'),
      ...prose(40_000, 3).subarray(20_000),
    ]),
  },
  'empty.txt': { octets: new Uint8Array(0) },
  'noise.bin': { octets: noise(200_000, 7), mode: 0o100755 },
  'noise-again.bin': { octets: noise(200_000, 7) },
  'large.bin': { octets: noise(300_001, 9), piece: 77_777 },
  'run.bin': { octets: noise(65_535 * 2, 11), piece: 65_535 },
  'nothing.bin': { octets: new Uint8Array(0), piece: 10 },
};

describe('PackWriter', () => {
  for (const hash of HASH_NAMES) {
    it(`makes an archive with ${hash} that is read back`, async () => {
      const archive = await write(site, { hash }, ['hollow/inner']);
      const pack = verifyPack(PackSource.over(archive));
      expect(pack.indexed).toBe(true);
      expect(pack.hash).toBe(hash);
      expect(pack.trailerHash).toBe(hash);
      expect(archive.length % 512).toBe(0);
      expect(pack.files).toBe(Object.keys(site).length);
      for (const [path, { octets, mode, contentType }] of Object.entries(site)) {
        const entry = pack.find(path)!;
        expect(Buffer.compare(pack.inflateWhole(entry), octets), path).toBe(0);
        expect(entry.mode).toBe(mode ?? 0o100644);
        expect(entry.contentType).toBe(contentType);
        expect(entry.crc32).toBe(crc32OfNode(octets));
      }
    });
  }

  it('ids and trailer may be of two hashes', async () => {
    const archive = await write(site, { hash: 'sha256', signature: 'blake2b', pageOctets: 4096 });
    const pack = openPack(PackSource.over(archive));
    expect([pack.hash, pack.trailerHash]).toEqual(['sha256', 'blake2b']);
    expect(archive.length % 4096).toBe(0);
    expect(openPack(PackSource.over(archive), { hash: 'sha256', signature: 'blake2b' }).files).toBe(pack.files);
    expect(() => openPack(PackSource.over(archive), { hash: 'sha256' })).toThrow(/made by blake2b, not sha256/);
  });

  it('chooses the storage: stored, deflated, delta; equal files once', async () => {
    const pack = open(await write(site));
    const storages = Object.keys(site).map((path) => [path, pack.find(path)!.storage]);
    expect(Object.fromEntries(storages)).toEqual({
      '.well-known/security.txt': 'stored',
      'a/b/c.html': 'deflated',
      'a/b/d.html': 'delta',
      'empty.txt': 'stored',
      'noise.bin': 'stored',
      'noise-again.bin': 'stored',
      'large.bin': 'stored',
      'run.bin': 'stored',
      'nothing.bin': 'stored',
    });
    expect(pack.find('noise.bin')!.start).toBe(pack.find('noise-again.bin')!.start);
    const plain = open(await write(site, { deltas: false }));
    expect(plain.find('a/b/d.html')!.storage).toBe('deflated');
  });

  it('deltas pay for what does not compress, and for text only where next to nothing changed', async () => {
    const page = prose(40_000, 5);
    const picture = noise(40_000, 6);
    const changed = (base: Uint8Array, length: number): Uint8Array =>
      Uint8Array.from([...base.subarray(0, 20_000), ...noise(length, 99), ...base.subarray(20_000)]);
    const pack = open(
      await write({
        'a.html': { octets: page },
        'b.html': { octets: changed(page, 300) },
        'c.html': { octets: changed(page, 3_000) },
        'd.png': { octets: picture },
        'e.png': { octets: changed(picture, 3_000) },
        'f.png': { octets: changed(picture, 30_000) },
      }),
    );
    const storages = [...pack.entries()].map((entry) => entry.storage);
    expect(storages).toEqual(['deflated', 'delta', 'deflated', 'stored', 'delta', 'stored']);
  });

  it('the same calls make the same octets', async () => {
    expect(Buffer.compare(await write(site), await write(site))).toBe(0);
  });

  it('stored files are slices of the archive, whatever the windows', async () => {
    const archive = await write(site);
    for (const windowOctets of [archive.length, 100_000, 4_099]) {
      const windows: Uint8Array[] = [];
      for (let at = 0; at < archive.length; at += windowOctets) windows.push(archive.slice(at, at + windowOctets));
      const pack = openPack(new PackSource(windows, windowOctets));
      for (const path of ['noise.bin', 'large.bin', 'run.bin', 'empty.txt']) {
        const entry = pack.find(path)!;
        const octets = site[path]!.octets;
        for (const [from, to, room] of [
          [0, octets.length, Number.MAX_SAFE_INTEGER],
          [65_530, 65_540, 100],
          [65_535, 131_070, 70_000],
          [10, 150_000, 131_000],
        ] as const) {
          const queue = new SliceQueue();
          let released = 0;
          const count = pack.appendPlain(queue, entry, from, to, room, { release: () => released++ });
          const wanted = octets.subarray(from, Math.min(to, from + room));
          expect(count).toBe(wanted.length);
          expect(Buffer.compare(taken(queue), wanted)).toBe(0);
          for (let i = 0; i < queue.slices; i++) expect(windows.includes(queue.octetsAt(i))).toBe(true);
          queue.clear();
          expect(released).toBe(count > 0 ? 1 : 0);
        }
      }
    }
  });

  it('zlib octets are HTTP deflate, and gzip between a head and CRC-32 and length', async () => {
    const pack = open(await write(site));
    for (const path of ['a/b/c.html', 'noise.bin', 'empty.txt', '.well-known/security.txt']) {
      const entry = pack.find(path)!;
      const length = entry.zlibEnd - entry.zlibStart;
      const queue = new SliceQueue();
      expect(pack.appendZlib(queue, entry, 0, length, length, undefined)).toBe(length);
      const coded = taken(queue);
      expect(Buffer.compare(inflateSync(coded), site[path]!.octets)).toBe(0);
      expect(crc32OfNode(coded)).toBe(entry.codedCrc32);
      queue.clear();
      pack.appendZlib(queue, entry, 2, length - 4, length, undefined);
      const tail = Buffer.alloc(8);
      tail.writeUInt32LE(entry.crc32, 0);
      tail.writeUInt32LE(entry.length, 4);
      const gzip = Buffer.concat([Buffer.from([31, 139, 8, 0, 0, 0, 0, 0, 0, 255]), taken(queue), tail]);
      expect(Buffer.compare(gunzipSync(gzip), site[path]!.octets)).toBe(0);
    }
  });

  it('a compressed file is inflated at most 64 KiB a turn, from anywhere', async () => {
    const octets = prose(1_500_000, 5);
    const pack = open(await write({ 'page.html': { octets } }));
    const entry = pack.find('page.html')!;
    expect(entry.storage).toBe('deflated');
    const stream = pack.inflateStream(entry, 700_001, 1_400_002);
    const queue = new SliceQueue();
    while (stream.left > 0) {
      const count = stream.emit(queue, 1_000_000);
      expect(stream.failure).toBeUndefined();
      expect(count).toBeLessThanOrEqual(65_536);
    }
    expect(Buffer.compare(taken(queue), octets.subarray(700_001, 1_400_002))).toBe(0);
  });

  it('any site comes back (property)', async () => {
    const name = fc.stringMatching(/^[a-zé .-]{1,8}$/).filter((value) => value !== '.' && value !== '..');
    const file = fc.record({
      octets: fc.uint8Array({ maxLength: 300 }),
      mode: fc.constantFrom(0o100644, 0o100664, 0o100755),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.dictionary(name, file, { maxKeys: 4 }), { maxKeys: 4 }),
        async (folders) => {
          const files: Record<string, SiteFile> = Object.create(null);
          for (const [folder, inner] of Object.entries(folders))
            for (const [key, value] of Object.entries(inner)) files[`${folder}/${key}`] = value;
          const pack = verifyPack(PackSource.over(await write(files, {}, Object.keys(folders))));
          expect([...pack.entries()].length).toBe(Object.keys(files).length);
          for (const [path, { octets, mode }] of Object.entries(files)) {
            const entry = pack.find(path)!;
            expect(Buffer.compare(pack.inflateWhole(entry), octets)).toBe(0);
            expect(entry.mode).toBe(mode);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('git itself reads the objects and resolves the deltas', async () => {
    // `add` never writes the same object twice; Git takes no archive that does.
    const { 'nothing.bin': _, ...files } = site;
    const archive = await write(files);
    const pack = open(archive);
    const folder = mkdtempSync(join(tmpdir(), 'immuable-git-'));
    try {
      execFileSync('git', ['init', '-q', '--bare', folder]);
      // Git wants nothing behind the trailer.
      writeFileSync(join(folder, 'site.pack'), archive.subarray(0, pack.end + 20));
      execFileSync('git', ['-C', folder, 'index-pack', 'site.pack'], { stdio: 'pipe' });
      const shown = execFileSync('git', ['-C', folder, 'verify-pack', '-v', 'site.idx'], { encoding: 'utf8' });
      for (const entry of pack.entries()) {
        expect(shown).toMatch(new RegExp(`^${entry.id} blob +`, 'm'));
      }
      expect(shown).toMatch(/chain length = 1: 1 object/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
