import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Octets that do not compress and are the same on every run: a 32-bit xorshift from `seed`. */
export function noise(length: number, seed: number): Buffer {
  const octets = Buffer.alloc(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    octets[i] = state;
  }
  return octets;
}

/** Text that compresses to about a third. */
export function prose(length: number, seed: number): string {
  const words = noise(length, seed);
  let text = '';
  for (let i = 0; text.length < length; i++)
    text += `${(words[i % length]! * 2654435761 + i).toString(36).slice(0, 4)} the wire `;
  return text.slice(0, length);
}

/** A site with files of every kind that matters: empty, tiny, a segment, many segments, compressible or not, odd names. */
export function makeSite(folder: string): void {
  const write = (path: string, content: string | Buffer): void => {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
  };
  write('index.html', '<!doctype html><title>Site</title><p>Hello from the archive.</p>\n');
  write('404.html', '<!doctype html><title>Not found</title><p>Nothing here.</p>\n');
  write('empty.txt', '');
  write('one.bin', noise(1, 1));
  write('1k.html', prose(1024, 2));
  write('10k.html', prose(10_240, 3));
  write('mss.bin', noise(1460, 4));
  write('page.css', prose(40_000, 5));
  write('blog/index.html', prose(5000, 6));
  write('blog/2026/one.html', prose(8000, 7));
  write('blog/2026/two.html', `${prose(8000, 7)}<!-- a little different -->`);
  write('with space.txt', 'a space\n');
  write('café.txt', 'an accent\n');
  write('100%.txt', 'a percent sign\n');
  write('.well-known/security.txt', 'Contact: mailto:security@example.org\n');
  write('img/photo.raw', noise(300_000, 8));
  write('big.bin', noise(9_000_000, 9));
}

/** Every file of a folder, by its path from there. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** A path as it stands in a URL. */
export function urlPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
