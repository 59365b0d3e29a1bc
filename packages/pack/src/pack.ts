import { type SliceOwner, type SliceQueue, toHex } from '@immuable-net/octets';
import { type Commit, guessIdOctets, readCommit } from './commit.ts';
import { EntryKind } from './entry-header.ts';
import { EntryStream } from './entry-stream.ts';
import { HASH_NAMES, type HashName, hashOctets } from './node-crypto.ts';
import { crc32 } from './node-zlib.ts';
import { objectId } from './object-id.ts';
import { ObjectReader } from './object-reader.ts';
import { EntryCheck, type PackEntry } from './pack-entry.ts';
import { PackError } from './pack-error.ts';
import { readIndex } from './pack-index.ts';
import { PackScan } from './pack-scan.ts';
import type { PackSource } from './pack-source.ts';
import {
  MAXIMUM_DELTA_OCTETS,
  MAXIMUM_OBJECTS,
  MAXIMUM_STRUCTURE_OCTETS,
  STORED_RUN_OCTETS,
  VERIFY_OCTETS,
  WHOLE_OCTETS,
} from './parameters.ts';
import { checkTrailer, isPadded } from './trailer.ts';

/** How an archive is opened. */
export interface OpenPackOptions {
  /** The hash of ids and trailer; found by itself when absent. */
  readonly hash?: HashName | undefined;
  /** The hash of the trailer, where it is not that of the ids. */
  readonly signature?: HashName | undefined;
  /** Hash the whole archive whatever its length. Without it, an indexed archive of more than 256 MiB is not. */
  readonly verify?: boolean | undefined;
}

/** The least that can be an archive: head, an entry, a trailer. */
const HEAD_OCTETS = 12;

/**
 * Opens an archive. With an index nothing is inflated but that; without one, the whole is scanned, which takes
 * about a second for 200 MB. Throws `PackError` with one clear line when the archive is bad.
 */
export function openPack(source: PackSource, options: OpenPackOptions = {}): Pack {
  const opening = openHead(source, options);
  const { commit, reader, count } = opening;
  if (commit.index === undefined) return openByScan(source, options, opening);
  const index = commit.index;
  if (index + 9 > source.length) throw new PackError('truncated', 'the archive ends before its index begins');
  if (index < HEAD_OCTETS) throw new PackError('bad-index', 'the index is outside the archive');
  const header = reader.header(index);
  if (header.kind !== EntryKind.Blob) throw new PackError('bad-index', 'the index is no plain object');
  const { octets, consumed } = reader.inflate(header, MAXIMUM_STRUCTURE_OCTETS);
  const end = header.zlibStart + consumed;
  const told = options.signature ?? options.hash;
  let trailerHash = told;
  if (options.verify === true || source.length <= VERIFY_OCTETS) {
    trailerHash = checkTrailer(source, end, told);
  } else {
    const name = told ?? HASH_NAMES.find((name) => hashOctets(name) === reader.idOctets)!;
    if (!isPadded(source, end, name))
      throw new PackError('truncated', 'the archive does not end with a trailer and zeros');
  }
  reader.end = index;
  const entries = readIndex(octets, reader.idOctets, index);
  const startOfId = new Map<string, number>();
  reader.startOfId = (id) => {
    if (startOfId.size === 0) for (const entry of entries) startOfId.set(entry.id, entry.start);
    return startOfId.get(id);
  };
  const folders = new Set<string>(['']);
  for (const entry of entries) {
    // Entries are in order: the last folder seen is most often there already.
    for (let slash = entry.path.lastIndexOf('/'); slash > 0; slash = entry.path.lastIndexOf('/', slash - 1)) {
      const folder = entry.path.slice(0, slash);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  const pack = new Pack(source, reader, commit, entries, folders, count, end, trailerHash);
  pack.hash = findHashOfIndexed(pack, options.hash, trailerHash);
  return pack;
}

interface OpenHead {
  readonly reader: ObjectReader;
  readonly commit: Commit;
  readonly count: number;
}

function openHead(source: PackSource, options: OpenPackOptions): OpenHead {
  if (source.length < 4 || String.fromCharCode(...source.view(0, 4)) !== 'PACK') {
    throw new PackError('not-an-archive', 'this is no archive: it does not begin with PACK');
  }
  if (source.length < HEAD_OCTETS) throw new PackError('truncated', 'the archive ends inside its head');
  const version = u32(source, 4);
  if (version !== 2)
    throw new PackError('unsupported-version', `the archive has version ${version}, and 2 is what is read`);
  const count = u32(source, 8);
  if (count > MAXIMUM_OBJECTS)
    throw new PackError('too-large', `the archive announces ${count} objects, more than ${MAXIMUM_OBJECTS}`);
  if (count === 0) throw new PackError('bad-commit', 'the archive has no objects');
  // An entry has an octet of header and a zlib stream of 8 at least.
  if (HEAD_OCTETS + count * 9 > source.length)
    throw new PackError('truncated', `the archive announces ${count} objects and is too short for them`);
  const guess = new ObjectReader(source, source.length, 20);
  const header = guess.header(HEAD_OCTETS);
  if (header.kind !== EntryKind.Commit) throw new PackError('bad-commit', 'the first entry is no commit');
  const { octets } = guess.inflate(header, MAXIMUM_STRUCTURE_OCTETS);
  const guessed = guessIdOctets(octets);
  const told = options.hash === undefined ? undefined : hashOctets(options.hash);
  if (told !== undefined && guessed !== undefined && guessed !== told) {
    throw new PackError(
      'wrong-hash',
      `the archive's ids have ${guessed} octets, and those of ${options.hash} have ${told}`,
    );
  }
  const idOctets = told ?? guessed;
  if (idOctets === undefined) throw new PackError('bad-commit', 'the commit holds ids of no known hash');
  const reader = idOctets === 20 ? guess : new ObjectReader(source, source.length, idOctets);
  return { reader, commit: readCommit(octets, idOctets), count };
}

function openByScan(source: PackSource, options: OpenPackOptions, { reader, commit, count }: OpenHead): Pack {
  const scan = new PackScan(reader, count, options.hash);
  const trailerHash = checkTrailer(source, scan.end, options.signature ?? options.hash);
  const hash = scan.findHash(commit, options.hash, trailerHash);
  if (hashOctets(hash) !== reader.idOctets) {
    throw new PackError('wrong-hash', `the archive's ids have ${reader.idOctets} octets: say which hash made them`);
  }
  scan.identify(hash);
  const { entries, folders } = scan.walk(commit);
  const pack = new Pack(source, reader, commit, entries, folders, count, scan.end, trailerHash);
  pack.hash = hash;
  return pack;
}

/** The hash that gives a small file of the archive the id that the index names. */
function findHashOfIndexed(pack: Pack, told: HashName | undefined, likely: HashName | undefined): HashName {
  const idOctets = pack.idOctets;
  const fitting = HASH_NAMES.filter((name) => hashOctets(name) === idOctets);
  const candidates = likely !== undefined && fitting.includes(likely) ? [likely, ...fitting] : fitting;
  let smallest: PackEntry | undefined;
  for (const entry of pack.entries()) {
    if (entry.storage === 'delta') continue;
    if (smallest === undefined || entry.length < smallest.length) smallest = entry;
    if (entry.length < 1024) break;
  }
  if (smallest === undefined || smallest.length > WHOLE_OCTETS) return told ?? candidates[0]!;
  const body = pack.inflateWhole(smallest);
  const id = smallest.id;
  const found = candidates.find((name) => toHex(objectId(name, EntryKind.Blob, body)) === id);
  if (found === undefined)
    throw new PackError('bad-index', `the index gives ${JSON.stringify(smallest.path)} an id that is not its own`);
  if (told !== undefined && told !== found)
    throw new PackError('wrong-hash', `the archive's ids are made by ${found}, not ${told}`);
  return found;
}

function u32(source: PackSource, position: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + source.octetAt(position + i);
  return value;
}

/** An open archive: files by path, and their octets as slices of the archive wherever that is possible. */
export class Pack {
  readonly source: PackSource;
  /** Objects in the archive. */
  readonly objects: number;
  /** Where the trailer begins. */
  readonly end: number;
  /** The hash of the trailer; undefined when the archive is too large to be hashed when it is opened. */
  readonly trailerHash: HashName | undefined;
  /** The hash of the ids. */
  hash: HashName;
  readonly commit: Commit;
  readonly #reader: ObjectReader;
  readonly #entries: readonly PackEntry[];
  readonly #byPath: Map<string, PackEntry>;
  readonly #folders: ReadonlySet<string>;

  /** Used by {@link openPack}. */
  constructor(
    source: PackSource,
    reader: ObjectReader,
    commit: Commit,
    entries: readonly PackEntry[],
    folders: ReadonlySet<string>,
    objects: number,
    end: number,
    trailerHash: HashName | undefined,
  ) {
    this.source = source;
    this.objects = objects;
    this.end = end;
    this.trailerHash = trailerHash;
    this.hash = trailerHash ?? 'sha1';
    this.commit = commit;
    this.#reader = reader;
    this.#entries = entries;
    this.#byPath = new Map();
    this.#folders = folders;
    for (const entry of entries) {
      this.#byPath.set(entry.path, entry);
      if (folders.has(entry.path))
        throw new PackError('bad-index', `${JSON.stringify(entry.path)} is a file and a folder`);
    }
  }

  /** True when the archive brings its own index. */
  get indexed(): boolean {
    return this.commit.index !== undefined;
  }

  /** Octets of an id. */
  get idOctets(): number {
    return this.#reader.idOctets;
  }

  /** Files in the archive. */
  get files(): number {
    return this.#entries.length;
  }

  /** The file at `path` (`dir/file.html`, no leading slash). */
  find(path: string): PackEntry | undefined {
    return this.#byPath.get(path);
  }

  /** True when `path` (`dir`, no slash at either end; the root is empty) is a folder. */
  findDirectory(path: string): boolean {
    return this.#folders.has(path);
  }

  /** All files, in the order of their paths' octets. */
  entries(): Iterable<PackEntry> {
    return this.#entries;
  }

  /**
   * True when an entry's head in the archive is what is said of it. Looked at once; ask before serving octets of
   * the archive as they are. The other methods ask themselves.
   */
  isSound(entry: PackEntry): boolean {
    if (entry.check === EntryCheck.Unknown) entry.check = this.#look(entry) ? EntryCheck.Good : EntryCheck.Bad;
    return entry.check === EntryCheck.Good;
  }

  #look(entry: PackEntry): boolean {
    try {
      const header = this.#reader.header(entry.start);
      const delta = header.kind >= EntryKind.OffsetDelta;
      if (header.zlibStart !== entry.zlibStart || delta !== (entry.storage === 'delta')) return false;
      if (!delta && (header.kind !== EntryKind.Blob || header.length !== entry.length)) return false;
    } catch {
      return false;
    }
    // RFC 1950 §2.2, as in the inflater.
    const cmf = this.source.octetAt(entry.zlibStart);
    const flg = this.source.octetAt(entry.zlibStart + 1);
    return (cmf & 15) === 8 && cmf >> 4 <= 7 && (cmf * 256 + flg) % 31 === 0 && (flg & 0x20) === 0;
  }

  /**
   * Appends at most `room` of the plain octets `[from, to)` of a *stored* file to `queue`, by reference: the runs
   * inside its stored blocks. Returns how many, -1 when the archive is damaged there. `owner` is released once,
   * with the last octet appended; not at all when none is.
   */
  appendPlain(
    queue: SliceQueue,
    entry: PackEntry,
    from: number,
    to: number,
    room: number,
    owner: SliceOwner | undefined,
  ): number {
    if (entry.storage !== 'stored' || !this.isSound(entry)) return -1;
    let at = from;
    const stop = Math.min(to, entry.length, from + room);
    if (at >= stop) return 0;
    while (at < stop) {
      const run = Math.floor(at / STORED_RUN_OCTETS);
      const runFrom = run * STORED_RUN_OCTETS;
      const runTo = Math.min(runFrom + STORED_RUN_OCTETS, entry.length);
      const head = entry.zlibStart + 2 + run * (STORED_RUN_OCTETS + 5);
      if (!this.#isRun(head, runTo - runFrom, runTo === entry.length)) {
        entry.check = EntryCheck.Bad;
        return -1;
      }
      const start = head + 5 + (at - runFrom);
      const count = Math.min(runTo, stop) - at;
      this.source.append(queue, start, start + count, at + count === stop ? owner : undefined);
      at += count;
    }
    return stop - from;
  }

  /** RFC 1951 §3.2.4: BFINAL and BTYPE 00 in an octet, LEN, NLEN, low octet first. */
  #isRun(head: number, length: number, last: boolean): boolean {
    const source = this.source;
    if (source.octetAt(head) !== (last ? 1 : 0)) return false;
    const announced = source.octetAt(head + 1) | (source.octetAt(head + 2) << 8);
    const complement = source.octetAt(head + 3) | (source.octetAt(head + 4) << 8);
    return announced === length && complement === (length ^ 0xffff);
  }

  /**
   * Appends at most `room` octets of `[from, to)` of a file's zlib stream (stored or deflated, not delta) to
   * `queue`, by reference; positions count from the stream's first octet. Its length is `zlibEnd - zlibStart`; the
   * raw deflate octets that gzip frames are `[2, length - 4)`. Returns how many, -1 when the archive is damaged
   * there. `owner` is released once, with the last octet appended; not at all when none is.
   */
  appendZlib(
    queue: SliceQueue,
    entry: PackEntry,
    from: number,
    to: number,
    room: number,
    owner: SliceOwner | undefined,
  ): number {
    if (entry.storage === 'delta' || !this.isSound(entry)) return -1;
    const start = entry.zlibStart + from;
    const end = Math.min(entry.zlibStart + to, entry.zlibEnd, start + room);
    if (start >= end) return 0;
    this.source.append(queue, start, end, owner);
    return end - start;
  }

  /**
   * The plain octets of a file, whole and checked against length and CRC-32. Throws `PackError` when the archive
   * is damaged there, `too-large` when the file has more than `limit` octets.
   */
  inflateWhole(entry: PackEntry, limit: number = MAXIMUM_DELTA_OCTETS): Uint8Array {
    if (entry.length > limit)
      throw new PackError('too-large', `${JSON.stringify(entry.path)} has ${entry.length} octets, more than ${limit}`);
    if (!this.isSound(entry))
      throw new PackError('bad-entry', `${JSON.stringify(entry.path)} is damaged in the archive`);
    const { kind, body } = this.#reader.read(entry.start, limit);
    if (kind !== EntryKind.Blob || body.length !== entry.length || crc32(body) !== entry.crc32) {
      entry.check = EntryCheck.Bad;
      throw new PackError('bad-entry', `${JSON.stringify(entry.path)} is damaged in the archive`);
    }
    return body;
  }

  /**
   * The plain octets `[from, to)` of a file as a stream that inflates at most 64 KiB a turn. A delta is resolved
   * whole at once (up to 64 MiB). Throws `PackError` when the archive is damaged there.
   */
  inflateStream(entry: PackEntry, from: number = 0, to: number = entry.length): EntryStream {
    if (!this.isSound(entry))
      throw new PackError('bad-entry', `${JSON.stringify(entry.path)} is damaged in the archive`);
    if (from < 0 || to > entry.length || from > to)
      throw new RangeError(`no such range: ${from} to ${to} of ${entry.length}`);
    const whole = entry.storage === 'delta' ? this.inflateWhole(entry) : undefined;
    return new EntryStream(this.source, entry, whole, from, to);
  }
}
