import { BODY_FAILED, type Body } from '@immuable-net/http';
import type { SliceQueue } from '@immuable-net/octets';
import type { EntryStream, PackEntry } from '@immuable-net/pack';
import type { ArchiveLease, SiteArchive } from './site-archive.ts';

/** The plain octets of a stored file: slices of the archive. */
export class StoredBody implements Body {
  readonly length: number;
  readonly #archive: SiteArchive;
  readonly #entry: PackEntry;
  readonly #lease: ArchiveLease | undefined;

  constructor(archive: SiteArchive, entry: PackEntry, lease: ArchiveLease | undefined) {
    this.length = entry.length;
    this.#archive = archive;
    this.#entry = entry;
    this.#lease = lease;
  }

  retain(): void {
    this.#lease?.retain();
  }

  release(): void {
    this.#lease?.release();
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    const lease = this.#lease;
    lease?.retain();
    const count = this.#archive.appendPlain(queue, this.#entry, from, this.length, room, lease);
    if (count <= 0) lease?.release();
    return count < 0 ? BODY_FAILED : count;
  }
}

/** Octets `[from, to)` of a file's zlib stream: slices of the archive. */
export class ZlibBody implements Body {
  readonly length: number;
  readonly #archive: SiteArchive;
  readonly #entry: PackEntry;
  readonly #from: number;
  readonly #lease: ArchiveLease | undefined;

  constructor(archive: SiteArchive, entry: PackEntry, from: number, to: number, lease: ArchiveLease | undefined) {
    this.length = to - from;
    this.#archive = archive;
    this.#entry = entry;
    this.#from = from;
    this.#lease = lease;
  }

  retain(): void {
    this.#lease?.retain();
  }

  release(): void {
    this.#lease?.release();
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    const lease = this.#lease;
    lease?.retain();
    const start = this.#from + from;
    const count = this.#archive.appendZlib(queue, this.#entry, start, this.#from + this.length, room, lease);
    if (count <= 0) lease?.release();
    return count < 0 ? BODY_FAILED : count;
  }
}

/** The plain octets of a compressed file, inflated as there is room for them: for one response, read in order. */
export class InflatingBody implements Body {
  readonly length: number;
  readonly #stream: EntryStream;
  readonly #lease: ArchiveLease | undefined;

  constructor(stream: EntryStream, lease: ArchiveLease | undefined) {
    this.length = stream.left;
    this.#stream = stream;
    this.#lease = lease;
  }

  retain(): void {
    this.#lease?.retain();
  }

  release(): void {
    this.#lease?.release();
  }

  emit(queue: SliceQueue, _from: number, room: number): number {
    const count = this.#stream.emit(queue, room);
    return count === 0 && this.#stream.failure !== undefined ? BODY_FAILED : count;
  }
}
