import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SliceQueue } from '@immuable-net/octets';
import { openPack, type Pack, PackSource } from '@immuable-net/pack';
import { describe, expect, it } from 'vitest';

const fixtures = join(import.meta.dirname, 'fixtures');

function read(name: string): Pack {
  return openPack(PackSource.over(readFileSync(join(fixtures, name))));
}

/** Files of a folder as `path → octets`, without dotfiles: the ancestor leaves those out. */
function filesOf(folder: string, prefix = ''): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory())
      for (const [key, value] of filesOf(path, `${prefix}${name}/`)) files.set(key, value);
    else files.set(prefix + name, readFileSync(path));
  }
  return files;
}

function streamed(pack: Pack, path: string): Uint8Array {
  const entry = pack.find(path)!;
  const stream = pack.inflateStream(entry);
  const queue = new SliceQueue();
  while (stream.left > 0 && stream.failure === undefined) stream.emit(queue, 7);
  expect(stream.failure).toBeUndefined();
  const octets = new Uint8Array(queue.length);
  queue.copy(0, queue.length, octets, 0);
  return octets;
}

describe("the ancestor's archives", () => {
  for (const [name, site] of [
    ['small.pack', 'small'],
    ['small-norec.pack', 'small'],
    ['small-pg4096.pack', 'small'],
    ['small-sha256.pack', 'small'],
    ['single.pack', 'single'],
  ] as const) {
    it(`${name} is read octet for octet`, () => {
      const pack = read(name);
      const files = filesOf(join(fixtures, 'sites', site));
      expect([...pack.entries()].map((entry) => entry.path)).toEqual(
        [...files.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      for (const [path, octets] of files) {
        const entry = pack.find(path)!;
        expect(Buffer.compare(pack.inflateWhole(entry), octets), path).toBe(0);
        expect(Buffer.compare(streamed(pack, path), octets), path).toBe(0);
        expect(entry.mode).toBe(0o100644);
      }
    });
  }

  it('small.pack has the ids, types and deltas that its maker gave it', () => {
    const pack = read('small.pack');
    expect(pack.objects).toBe(26);
    expect(pack.hash).toBe('sha1');
    expect(pack.trailerHash).toBe('sha1');
    expect(pack.indexed).toBe(false);
    expect(pack.find('index.html')!.contentType).toBe('text/html');
    expect(pack.find('css/style.css')!.contentType).toBeUndefined();
    expect(pack.find('img/dup.png')!.id).toBe(pack.find('img/logo.png')!.id);
    expect(pack.find('blog/2026/two.html')!.storage).toBe('delta');
    expect(pack.find('index.html')!.storage).toBe('deflated');
    expect(pack.findDirectory('blog/2026')).toBe(true);
    expect(pack.findDirectory('')).toBe(true);
    expect(pack.findDirectory('index.html')).toBe(false);
    expect(pack.find('blog')).toBeUndefined();
  });

  it('small-sha256.pack is recognised by its trailer', () => {
    const pack = read('small-sha256.pack');
    expect(pack.hash).toBe('sha256');
    expect(pack.find('index.html')!.id).toHaveLength(64);
  });

  it('perm.pack has modes, an empty folder, followed links and a delta between trees', () => {
    const pack = read('perm.pack');
    const text = (path: string): string => new TextDecoder().decode(pack.inflateWhole(pack.find(path)!));
    expect(pack.find('a.sh')!.mode).toBe(0o100755);
    expect(pack.find('b.txt')!.mode).toBe(0o100664);
    expect(pack.find('c.txt')!.mode).toBe(0o100644);
    expect(pack.findDirectory('emptydir')).toBe(true);
    expect(text('d/e.txt')).toBe('e\n');
    expect(text('dlink/e.txt')).toBe('e\n');
    expect(text('link.txt')).toBe(text('c.txt'));
  });
});
