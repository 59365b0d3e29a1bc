import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { PackSource } from '@immuable-net/pack';
import { createSealedMemory, MappedWindows, sealMemory } from './memory-map.ts';

/** Archives up to here are copied, so that one that is overwritten or cut does no harm (DESIGN.md §3). */
export const COPY_OCTETS: number = 256 * 1024 * 1024;

/** One view beyond 4 GiB aborts Node 20; windows of 1 GiB stay far from it. */
const WINDOW_OCTETS: number = 1024 * 1024 * 1024;

const PIECE_OCTETS: number = 4 * 1024 * 1024;

/** An archive's octets, until it is closed. */
export interface ArchiveFile {
  readonly source: PackSource;
  /** Gives the memory back. Nothing may read the source, or a slice of it, after that: the process would end. */
  close(): void;
}

/** What can be told apart in tests. */
export interface OpenArchiveOptions {
  /** Up to here the archive is copied: 256 MiB. */
  readonly copyOctets?: number;
  /** Octets of a window, a multiple of the page size: 1 GiB. */
  readonly windowOctets?: number;
}

/**
 * Opens an archive. Up to 256 MiB are copied into a `memfd` that is sealed: whatever becomes of the file, what is
 * served stays as it was. Larger ones are mapped in windows: such a file must be replaced by renaming (as
 * `immuable make --force` does), since a mapping of a file that is cut ends the process. Where there is no `memfd`
 * (not Linux), the archive is read into memory. Throws what `node:fs` throws.
 */
export function openArchiveFile(path: string, options: OpenArchiveOptions = {}): ArchiveFile {
  const windowOctets = options.windowOctets ?? WINDOW_OCTETS;
  const fd = openSync(path, 'r');
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error(`EISDIR: ${path} is a folder`), { code: 'EISDIR' });
    if (process.platform !== 'linux') return readIntoMemory(fd, stat.size, windowOctets);
    // A pipe or a device tells no length: it is read to its end.
    if (stat.isFile() && stat.size > (options.copyOctets ?? COPY_OCTETS)) return mapped(fd, stat.size, windowOctets);
    const memory = createSealedMemory('immuable archive');
    try {
      const length = copy(fd, memory);
      sealMemory(memory);
      return mapped(memory, length, windowOctets);
    } finally {
      closeSync(memory);
    }
  } finally {
    closeSync(fd);
  }
}

function mapped(fd: number, length: number, windowOctets: number): ArchiveFile {
  const map = new MappedWindows(fd, length, windowOctets);
  return { source: new PackSource(map.windows, windowOctets), close: () => map.close() };
}

function copy(from: number, to: number): number {
  const piece = new Uint8Array(PIECE_OCTETS);
  let length = 0;
  for (;;) {
    const count = readSync(from, piece, 0, piece.length, null);
    if (count === 0) return length;
    for (let at = 0; at < count; ) at += writeSync(to, piece, at, count - at);
    length += count;
  }
}

/** For systems without `memfd`: the programs that only read archives run there too. */
export function readIntoMemory(fd: number, length: number, windowOctets: number): ArchiveFile {
  const windows: Uint8Array[] = [];
  for (let start = 0; start < length; start += windowOctets) {
    const window = new Uint8Array(Math.min(windowOctets, length - start));
    let at = 0;
    while (at < window.length) {
      const count = readSync(fd, window, at, window.length - at, null);
      if (count === 0) break;
      at += count;
    }
    windows.push(window.subarray(0, at));
    if (at < window.length) break;
  }
  return { source: new PackSource(windows, windowOctets), close: () => undefined };
}
