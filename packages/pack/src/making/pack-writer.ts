import { toHex } from '@immuable-net/octets';
import { commitOctets, writeCommit } from '../commit.ts';
import { EntryKind, writeEntryHeader } from '../entry-header.ts';
import { writeMimeTable } from '../mime-table.ts';
import { Hasher, type HashName, hashOctets } from '../node-crypto.ts';
import { crc32, deflate, deflateNow } from '../node-zlib.ts';
import { objectId, startObjectId } from '../object-id.ts';
import { PackEntry, type Storage } from '../pack-entry.ts';
import { PackError } from '../pack-error.ts';
import { writeIndex } from '../pack-index.ts';
import { MAXIMUM_OBJECTS } from '../parameters.ts';
import { compareBytewise } from '../tree.ts';
import { DeltaWindow } from './delta-window.ts';
import { addTrees } from './folder-tree.ts';
import type { PackSink } from './pack-sink.ts';
import {
  HARD_LEVEL,
  HARD_LEVEL_MOST_OCTETS,
  PAGE_OCTETS,
  PENDING_FILES,
  PENDING_OCTETS,
  STORE_RATIO,
  USUAL_LEVEL,
} from './parameters.ts';
import { StoredZlib, storedZlib } from './stored-zlib.ts';

/** How an archive is written. */
export interface PackWriterOptions {
  /** The hash of the ids: sha1 unless told. */
  readonly hash?: HashName | undefined;
  /** The hash of the trailer: that of the ids unless told. */
  readonly signature?: HashName | undefined;
  /** The archive is padded with zeros to a multiple of this power of two: 512 unless told. */
  readonly pageOctets?: number | undefined;
  /** False: no file is written as a delta. */
  readonly deltas?: boolean | undefined;
}

/** The contents of one or more files, once in the archive. Its fields are final when the writer has finished. */
export interface WrittenObject {
  readonly rawId: Uint8Array;
  readonly length: number;
  storage: Storage;
  start: number;
  zlibStart: number;
  zlibEnd: number;
  crc32: number;
  codedCrc32: number;
}

/** A file of the archive to be. */
export interface WrittenFile {
  /** `dir/file.html` */
  readonly path: string;
  readonly mode: number;
  readonly object: WrittenObject;
  readonly contentType: string | undefined;
}

/** What was made. */
export interface WrittenPack {
  /** The trailer in hexadecimal: what names an archive. */
  readonly trailer: string;
  /** Octets of the archive, padding included. */
  readonly length: number;
  readonly objects: number;
  readonly stored: number;
  readonly deflated: number;
  readonly deltas: number;
}

interface Pending {
  readonly object: WrittenObject;
  readonly octets: Uint8Array;
  readonly delta: { readonly delta: Uint8Array; readonly base: WrittenObject } | undefined;
  readonly coded: Promise<Uint8Array>;
}

const HEAD_OCTETS = 12;
const COPY_OCTETS: number = 4 * 1024 * 1024;

/**
 * Writes an archive: `add` or `addLarge` for each file's contents, in an order that is always the same, then
 * `finish`. Zlib streams are made by libuv's threads while the next files are read; they are written in the order
 * of the calls, so the same calls make the same octets.
 */
export class PackWriter {
  readonly #sink: PackSink;
  readonly #hash: HashName;
  readonly #signature: HashName;
  readonly #pageOctets: number;
  readonly #window: DeltaWindow<WrittenObject> | undefined;
  readonly #byId: Map<string, WrittenObject>;
  readonly #pending: Pending[];
  readonly #counts: Record<Storage, number>;
  #pendingOctets: number;
  #position: number;
  #objects: number;

  constructor(sink: PackSink, options: PackWriterOptions = {}) {
    const pageOctets = options.pageOctets ?? PAGE_OCTETS;
    if (!Number.isInteger(Math.log2(pageOctets)))
      throw new RangeError(`a page of ${pageOctets} octets is no power of two`);
    this.#sink = sink;
    this.#hash = options.hash ?? 'sha1';
    this.#signature = options.signature ?? this.#hash;
    this.#pageOctets = pageOctets;
    this.#window = options.deltas === false ? undefined : new DeltaWindow();
    this.#byId = new Map();
    this.#pending = [];
    this.#counts = { stored: 0, deflated: 0, delta: 0 };
    this.#pendingOctets = 0;
    this.#position = 0;
    this.#objects = 1;
    // The head and the commit are written over once everything is known: their lengths are.
    const idOctets = hashOctets(this.#hash);
    this.#write(new Uint8Array(HEAD_OCTETS));
    this.#write(commitEntry(new Uint8Array(commitOctets(idOctets))));
  }

  /**
   * Adds the contents of a file. `octets` must not change until {@link finish}. Resolves at once while few files
   * wait, else when fewer do: await it before the next call. The same contents twice are one object.
   */
  async add(octets: Uint8Array): Promise<WrittenObject> {
    const rawId = objectId(this.#hash, EntryKind.Blob, octets);
    const known = this.#byId.get(toHex(rawId));
    if (known !== undefined) return known;
    const object = newObject(rawId, octets.length);
    this.#byId.set(toHex(rawId), object);
    object.crc32 = crc32(octets);
    const delta = this.#window?.offer(octets, object);
    const plain = delta === undefined ? octets : delta.delta;
    const coded = deflate(plain, plain.length <= HARD_LEVEL_MOST_OCTETS ? HARD_LEVEL : USUAL_LEVEL);
    // An error is met where the stream is awaited, which may be several calls later.
    coded.catch(() => undefined);
    this.#pending.push({ object, octets, delta, coded });
    this.#pendingOctets += octets.length;
    while (this.#pending.length > PENDING_FILES || this.#pendingOctets > PENDING_OCTETS) await this.#writeFirst();
    return object;
  }

  /**
   * Adds the contents of a large file, stored. `read` fills an array from where it last ended and returns how many
   * octets, 0 at the end; `turn` is awaited between pieces.
   */
  async addLarge(
    length: number,
    read: (target: Uint8Array) => number,
    turn: () => Promise<void>,
  ): Promise<WrittenObject> {
    while (this.#pending.length > 0) await this.#writeFirst();
    const hasher = startObjectId(this.#hash, EntryKind.Blob, length);
    const zlib = new StoredZlib(length);
    const start = this.#position;
    const header = writeEntryHeader(EntryKind.Blob, length);
    this.#write(header);
    const buffer = new Uint8Array(COPY_OCTETS);
    let total = 0;
    let plainSum = 0;
    let codedSum = 0;
    const take = (piece: Uint8Array): void => {
      codedSum = crc32(piece, codedSum);
      this.#write(piece);
    };
    if (length === 0) zlib.write(buffer.subarray(0, 0), take);
    while (total < length) {
      const count = read(buffer);
      total += count;
      if (count === 0 || total > length) break;
      const octets = buffer.subarray(0, count);
      hasher.update(octets);
      plainSum = crc32(octets, plainSum);
      zlib.write(octets, take);
      await turn();
    }
    if (total !== length)
      throw new PackError('truncated', `a file changed its length while it was read: ${length} octets became ${total}`);
    const object = newObject(hasher.digest(), length);
    object.storage = 'stored';
    object.start = start;
    object.zlibStart = start + header.length;
    object.zlibEnd = this.#position;
    object.crc32 = plainSum;
    object.codedCrc32 = codedSum;
    this.#count('stored');
    this.#byId.set(toHex(object.rawId), object);
    return object;
  }

  /**
   * The object that has the same contents as a large file, if one was added: ask where lengths are equal, so that
   * they are stored once. `read` and `turn` are as for {@link addLarge}.
   */
  async findLarge(
    length: number,
    read: (target: Uint8Array) => number,
    turn: () => Promise<void>,
  ): Promise<WrittenObject | undefined> {
    const hasher = startObjectId(this.#hash, EntryKind.Blob, length);
    const buffer = new Uint8Array(COPY_OCTETS);
    for (let count = read(buffer); count > 0; count = read(buffer)) {
      hasher.update(buffer, 0, count);
      await turn();
    }
    return this.#byId.get(toHex(hasher.digest()));
  }

  /** Writes trees, MIME table, index and trailer. `folders` may name folders without files. Nothing may be added after it. */
  async finish(
    files: readonly WrittenFile[],
    folders: Iterable<string>,
    turn: () => Promise<void>,
  ): Promise<WrittenPack> {
    while (this.#pending.length > 0) await this.#writeFirst();
    const sorted = [...files].sort((a, b) => compareBytewise(a.path, b.path));
    const trees = new Map<string, Uint8Array>();
    const root = addTrees(
      sorted.map(({ path, mode, object }) => ({ path, mode, rawId: object.rawId })),
      folders,
      (kind, body) => {
        const id = objectId(this.#hash, kind, body);
        if (!trees.has(toHex(id))) this.#writeObject(kind, body);
        trees.set(toHex(id), id);
        return id;
      },
    );
    const types = writeMimeTable(
      sorted.flatMap(({ path, contentType }) => (contentType === undefined ? [] : [[path, contentType] as const])),
    );
    this.#writeObject(EntryKind.Tag, types);
    const index = this.#position;
    this.#writeObject(EntryKind.Blob, writeIndex(sorted.map(entryOf), hashOctets(this.#hash)));
    const commit = writeCommit(root, objectId(this.#hash, EntryKind.Tag, types), index);
    const head = new Uint8Array(HEAD_OCTETS);
    const view = new DataView(head.buffer);
    head.set([0x50, 0x41, 0x43, 0x4b]); // PACK
    view.setUint32(4, 2);
    view.setUint32(8, this.#objects);
    this.#sink.writeAt(0, head);
    this.#sink.writeAt(HEAD_OCTETS, commitEntry(commit));
    const trailer = await this.#hashAll(turn);
    this.#write(trailer);
    this.#write(new Uint8Array((this.#pageOctets - (this.#position % this.#pageOctets)) % this.#pageOctets));
    return {
      trailer: toHex(trailer),
      length: this.#position,
      objects: this.#objects,
      stored: this.#counts.stored,
      deflated: this.#counts.deflated,
      deltas: this.#counts.delta,
    };
  }

  #write(octets: Uint8Array): void {
    this.#sink.write(octets);
    this.#position += octets.length;
  }

  #count(storage: Storage): void {
    this.#counts[storage]++;
    this.#countObject();
  }

  #countObject(): void {
    this.#objects++;
    if (this.#objects > MAXIMUM_OBJECTS)
      throw new PackError('too-large', `there are more than ${MAXIMUM_OBJECTS} objects`);
  }

  /** A tree, the MIME table or the index. */
  #writeObject(kind: EntryKind, body: Uint8Array): void {
    this.#write(writeEntryHeader(kind, body.length));
    this.#write(deflateNow(body, HARD_LEVEL));
    this.#countObject();
  }

  async #writeFirst(): Promise<void> {
    const { object, octets, delta, coded } = this.#pending[0]!;
    let zlib = await coded;
    this.#pending.shift();
    this.#pendingOctets -= octets.length;
    object.start = this.#position;
    let header: Uint8Array;
    if (delta !== undefined) {
      object.storage = 'delta';
      header = writeEntryHeader(EntryKind.OffsetDelta, delta.delta.length, object.start - delta.base.start);
    } else {
      header = writeEntryHeader(EntryKind.Blob, octets.length);
      object.storage = 'deflated';
      if (zlib.length >= octets.length * STORE_RATIO) {
        object.storage = 'stored';
        zlib = storedZlib(octets);
      }
    }
    this.#write(header);
    this.#write(zlib);
    object.zlibStart = object.start + header.length;
    object.zlibEnd = this.#position;
    object.codedCrc32 = crc32(zlib);
    this.#count(object.storage);
  }

  /** The commit came last and stands first, so the trailer's hash is made by reading the archive again. */
  async #hashAll(turn: () => Promise<void>): Promise<Uint8Array> {
    const hasher = new Hasher(this.#signature);
    const buffer = new Uint8Array(COPY_OCTETS);
    let at = 0;
    while (at < this.#position) {
      const count = this.#sink.readAt(at, buffer);
      if (count === 0) throw new PackError('truncated', 'what was written cannot be read back');
      hasher.update(buffer, 0, count);
      at += count;
      await turn();
    }
    return hasher.digest();
  }
}

function newObject(rawId: Uint8Array, length: number): WrittenObject {
  return { rawId, length, storage: 'deflated', start: 0, zlibStart: 0, zlibEnd: 0, crc32: 0, codedCrc32: 0 };
}

function entryOf({ path, mode, object, contentType }: WrittenFile): PackEntry {
  const { storage, length, start, zlibStart, zlibEnd, rawId } = object;
  return new PackEntry(
    path,
    mode,
    storage,
    length,
    contentType,
    object.crc32,
    object.codedCrc32,
    start,
    zlibStart,
    zlibEnd,
    rawId,
  );
}

/** The commit is stored, so that its length does not depend on what is in it. */
function commitEntry(body: Uint8Array): Uint8Array {
  const header = writeEntryHeader(EntryKind.Commit, body.length);
  const zlib = storedZlib(body);
  const entry = new Uint8Array(header.length + zlib.length);
  entry.set(header);
  entry.set(zlib, header.length);
  return entry;
}
