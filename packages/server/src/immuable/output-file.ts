import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackSink } from '@immuable-net/pack';
import { hostFailure } from './host-failure.ts';
import { shown } from './shown.ts';

/** Writes are gathered: a small file is three of them. */
const GATHER_OCTETS: number = 1024 * 1024;

/**
 * An archive being written beside its place, under a name that begins with a dot, and put there when it is whole:
 * at no time is there half an archive under its name.
 */
export class OutputFile implements PackSink {
  readonly #temporary: string;
  readonly #gathered: Uint8Array;
  #held: number;
  #fd: number;

  /** `folder` is where the archive will be. */
  constructor(folder: string) {
    this.#temporary = join(folder, `.immuable-${process.pid}-${Date.now().toString(36)}.tmp`);
    this.#gathered = new Uint8Array(GATHER_OCTETS);
    this.#held = 0;
    try {
      this.#fd = openSync(this.#temporary, 'wx+', 0o666);
    } catch (error) {
      throw hostFailure(`cannot write in ${shown(folder)}`, error);
    }
  }

  write(octets: Uint8Array): void {
    if (this.#held + octets.length > this.#gathered.length) this.#flush();
    if (octets.length > this.#gathered.length) {
      this.#writeAll(octets, null);
      return;
    }
    this.#gathered.set(octets, this.#held);
    this.#held += octets.length;
  }

  writeAt(position: number, octets: Uint8Array): void {
    this.#flush();
    this.#writeAll(octets, position);
  }

  readAt(position: number, target: Uint8Array): number {
    this.#flush();
    return readSync(this.#fd, target, 0, target.length, position);
  }

  /** Puts the archive to its place. Without `replace`, fails where something is there. */
  keep(path: string, replace: boolean): void {
    try {
      this.#flush();
      // A name must not survive a power cut that the contents do not.
      fsyncSync(this.#fd);
      if (replace) renameSync(this.#temporary, path);
      else this.#link(path);
      closeSync(this.#fd);
      this.#fd = -1;
    } catch (error) {
      throw hostFailure(`cannot make ${shown(path)}`, error);
    }
    // The folder's own entry: some file systems refuse, and the archive is there all the same.
    try {
      const folder = openSync(dirname(path), 'r');
      fsyncSync(folder);
      closeSync(folder);
    } catch {}
  }

  /** Removes what was written. Harmless after {@link keep}. */
  discard(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
    unlinkSync(this.#temporary);
  }

  #link(path: string): void {
    try {
      // Unlike rename, link never replaces: not even what came while we were working.
      linkSync(this.#temporary, path);
      unlinkSync(this.#temporary);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
      // A file system without links.
      if (existsSync(path)) throw Object.assign(new Error(path), { code: 'EEXIST' });
      renameSync(this.#temporary, path);
    }
  }

  #flush(): void {
    const held = this.#held;
    this.#held = 0;
    if (held > 0) this.#writeAll(this.#gathered.subarray(0, held), null);
  }

  #writeAll(octets: Uint8Array, position: number | null): void {
    for (let at = 0; at < octets.length; ) {
      at += writeSync(this.#fd, octets, at, octets.length - at, position === null ? null : position + at);
    }
  }
}
