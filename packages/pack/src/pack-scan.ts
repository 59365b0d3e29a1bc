import { toHex } from '@immuable-net/octets';
import type { Commit } from './commit.ts';
import { type EntryHeader, EntryKind } from './entry-header.ts';
import { readMimeTable } from './mime-table.ts';
import { HASH_NAMES, type HashName, hashOctets } from './node-crypto.ts';
import { crc32 } from './node-zlib.ts';
import { objectId, startObjectId } from './object-id.ts';
import type { ObjectReader } from './object-reader.ts';
import { PackEntry } from './pack-entry.ts';
import { PackError } from './pack-error.ts';
import {
  MAXIMUM_DELTA_OCTETS,
  MAXIMUM_PATH_OCTETS,
  MAXIMUM_PATHS,
  MAXIMUM_STRUCTURE_OCTETS,
  MAXIMUM_TREE_DEPTH,
  WHOLE_OCTETS,
} from './parameters.ts';
import { compareBytewise, FOLDER_MODE, readTree, type TreeEntry } from './tree.ts';

/** What a scan knows of one object. */
export interface ScannedObject {
  readonly header: EntryHeader;
  readonly zlibEnd: number;
  readonly codedCrc32: number;
  /** The object's own kind: a delta has that of its base. */
  kind: EntryKind;
  length: number;
  crc32: number;
  id: string;
}

/** Files and folders of an archive. */
export interface ScannedPaths {
  readonly entries: PackEntry[];
  readonly folders: Set<string>;
}

/**
 * Reads all objects of an archive that has no index, or whose index is to be verified: each is inflated, its
 * deltas resolved, its id made. Every method throws `PackError`.
 */
export class PackScan {
  readonly objects: ScannedObject[];
  /** Where entries end. */
  readonly end: number;
  readonly #reader: ObjectReader;
  readonly #byId: Map<string, ScannedObject>;
  readonly #byStart: Map<number, ScannedObject>;

  /** Inflates every entry and finds where they end. With `hash`, ids of what is no delta are made at once. */
  constructor(reader: ObjectReader, count: number, hash: HashName | undefined) {
    this.#reader = reader;
    this.#byId = new Map();
    this.#byStart = new Map();
    this.objects = [];
    reader.startOfId = (id) => this.#byId.get(id)?.header.start;
    let at = 12;
    for (let i = 0; i < count; i++) {
      const object = this.#entry(at, hash);
      this.objects.push(object);
      this.#byStart.set(at, object);
      if (object.id !== '' && !this.#byId.has(object.id)) this.#byId.set(object.id, object);
      at = object.zlibEnd;
    }
    this.end = at;
    reader.end = at;
  }

  /** The object whose entry begins at `start`. */
  objectAt(start: number): ScannedObject | undefined {
    return this.#byStart.get(start);
  }

  #entry(start: number, hash: HashName | undefined): ScannedObject {
    const reader = this.#reader;
    const header = reader.header(start);
    const delta = header.kind >= EntryKind.OffsetDelta;
    let zlibEnd: number;
    let crc = 0;
    let id = '';
    if (delta || header.length <= WHOLE_OCTETS) {
      const { octets, consumed } = reader.inflate(header, delta ? MAXIMUM_DELTA_OCTETS : WHOLE_OCTETS);
      zlibEnd = header.zlibStart + consumed;
      if (!delta) {
        crc = crc32(octets);
        if (hash !== undefined) id = toHex(objectId(hash, header.kind, octets));
      }
    } else {
      if (header.kind !== EntryKind.Blob && header.length > MAXIMUM_STRUCTURE_OCTETS) {
        throw new PackError(
          'too-large',
          `the object at ${start} has ${header.length} octets, more than ${MAXIMUM_STRUCTURE_OCTETS}`,
        );
      }
      const hasher = hash === undefined ? undefined : startObjectId(hash, header.kind, header.length);
      zlibEnd = reader.stream(header, (octets, from, to) => {
        crc = crc32(octets.subarray(from, to), crc);
        hasher?.update(octets, from, to);
      });
      if (hasher !== undefined) id = toHex(hasher.digest());
    }
    let codedCrc32 = 0;
    reader.source.each(header.zlibStart, zlibEnd, (octets, from, to) => {
      codedCrc32 = crc32(octets.subarray(from, to), codedCrc32);
    });
    return { header, zlibEnd, codedCrc32, kind: header.kind, length: delta ? -1 : header.length, crc32: crc, id };
  }

  /**
   * The hash that makes the ids: the one that gives the MIME table the id that the commit names. `told` is tried
   * alone, `likely` first.
   */
  findHash(commit: Commit, told: HashName | undefined, likely: HashName): HashName {
    const wanted = toHex(commit.mimeTable);
    const candidates = [likely, ...HASH_NAMES].filter((name) => hashOctets(name) === commit.mimeTable.length);
    for (const { header } of this.objects) {
      if (header.kind !== EntryKind.Tag && header.kind < EntryKind.OffsetDelta) continue;
      // A reference delta's base is found by id, and ids are not known yet: a table written so is not looked at here.
      if (header.kind === EntryKind.ReferenceDelta) continue;
      if (header.kind === EntryKind.OffsetDelta && this.#byStart.get(header.baseStart)?.header.kind !== EntryKind.Tag)
        continue;
      const { body } = this.#reader.read(header.start, MAXIMUM_STRUCTURE_OCTETS);
      const found = candidates.find((name) => toHex(objectId(name, EntryKind.Tag, body)) === wanted);
      if (found === undefined) continue;
      if (told !== undefined && told !== found)
        throw new PackError('wrong-hash', `the archive's ids are made by ${found}, not ${told}`);
      return found;
    }
    return told ?? likely;
  }

  /** Makes the ids that are still missing: of deltas, and of everything if the hash was not known at first. */
  identify(hash: HashName): void {
    let pending = this.objects.filter((object) => object.id === '');
    while (pending.length > 0) {
      const later: ScannedObject[] = [];
      for (const object of pending) {
        if (!this.#isResolvable(object)) later.push(object);
        else this.#identify(object, hash);
      }
      if (later.length === pending.length) {
        throw new PackError(
          'missing-object',
          `the delta at ${later[0]!.header.start} is made for an object that the archive has not`,
        );
      }
      pending = later;
    }
  }

  #isResolvable(object: ScannedObject): boolean {
    const { header } = object;
    if (header.kind < EntryKind.OffsetDelta) return true;
    if (header.kind === EntryKind.OffsetDelta) {
      const base = this.#byStart.get(header.baseStart);
      if (base === undefined) throw new PackError('bad-delta', `the base of the delta at ${header.start} is no entry`);
      return base.id !== '';
    }
    return this.#byId.has(toHex(this.#reader.source.view(header.baseId, header.baseId + this.#reader.idOctets)));
  }

  #identify(object: ScannedObject, hash: HashName): void {
    const { header } = object;
    if (header.kind < EntryKind.OffsetDelta && header.length > WHOLE_OCTETS) {
      const hasher = startObjectId(hash, header.kind, header.length);
      this.#reader.stream(header, (octets, from, to) => hasher.update(octets, from, to));
      object.id = toHex(hasher.digest());
    } else {
      const { kind, body } = this.#reader.read(header.start, MAXIMUM_DELTA_OCTETS);
      object.kind = kind;
      object.length = body.length;
      object.crc32 = crc32(body);
      object.id = toHex(objectId(hash, kind, body));
    }
    if (!this.#byId.has(object.id)) this.#byId.set(object.id, object);
  }

  #find(rawId: Uint8Array, kind: EntryKind, what: string): ScannedObject {
    const id = toHex(rawId);
    const object = this.#byId.get(id);
    if (object === undefined) throw new PackError('missing-object', `${what} is ${id}, which the archive has not`);
    if (object.kind !== kind) throw new PackError('bad-tree', `${what} is ${id}, which is of another kind`);
    return object;
  }

  /**
   * Reads every tree under `id` once into `trees`, and counts the paths that they make: few small trees that name
   * each other can make more than any memory holds.
   */
  #countPaths(
    id: Uint8Array,
    path: string,
    depth: number,
    trees: Map<string, readonly TreeEntry[]>,
    counts: Map<string, number>,
  ): number {
    const key = toHex(id);
    const known = counts.get(key);
    if (known !== undefined) return known;
    if (depth > MAXIMUM_TREE_DEPTH) throw new PackError('too-large', `folders are deeper than ${MAXIMUM_TREE_DEPTH}`);
    const tree = this.#find(id, EntryKind.Tree, path === '' ? 'the root folder' : `the folder ${JSON.stringify(path)}`);
    const { body } = this.#reader.read(tree.header.start, MAXIMUM_STRUCTURE_OCTETS);
    const entries = readTree(body, this.#reader.idOctets);
    trees.set(key, entries);
    let count = entries.length;
    for (const { mode, name, id: inner } of entries) {
      if (mode === FOLDER_MODE) count += this.#countPaths(inner, `${path}/${name}`, depth + 1, trees, counts);
    }
    if (count > MAXIMUM_PATHS) throw new PackError('too-large', `the archive has more than ${MAXIMUM_PATHS} paths`);
    counts.set(key, count);
    return count;
  }

  /** Walks the trees from the root: every file with its path, in the order of the paths' octets. */
  walk(commit: Commit): ScannedPaths {
    const reader = this.#reader;
    const table = this.#find(commit.mimeTable, EntryKind.Tag, 'the MIME table');
    const types = readMimeTable(reader.read(table.header.start, MAXIMUM_STRUCTURE_OCTETS).body);
    const trees = new Map<string, readonly TreeEntry[]>();
    this.#countPaths(commit.tree, '', 0, trees, new Map());
    const entries: PackEntry[] = [];
    const folders = new Set<string>(['']);
    const waiting: { id: Uint8Array; prefix: string }[] = [{ id: commit.tree, prefix: '' }];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      const { prefix } = folder;
      for (const { mode, name, id } of trees.get(toHex(folder.id))!) {
        const path = prefix + name;
        if (path.length > MAXIMUM_PATH_OCTETS)
          throw new PackError('too-large', `a path is longer than ${MAXIMUM_PATH_OCTETS} octets`);
        if (mode === FOLDER_MODE) {
          folders.add(path);
          waiting.push({ id, prefix: `${path}/` });
          continue;
        }
        const object = this.#find(id, EntryKind.Blob, `the file ${JSON.stringify(path)}`);
        const { header } = object;
        entries.push(
          new PackEntry(
            path,
            mode,
            header.kind >= EntryKind.OffsetDelta ? 'delta' : 'deflated',
            object.length,
            types.get(path),
            object.crc32,
            object.codedCrc32,
            header.start,
            header.zlibStart,
            object.zlibEnd,
            id,
          ),
        );
      }
    }
    entries.sort((a, b) => compareBytewise(a.path, b.path));
    return { entries, folders };
  }
}
