import { toHex } from '@immuable-net/octets';
import { applyDelta, deltaResultLength } from './delta.ts';
import { DeltaCache } from './delta-cache.ts';
import { type EntryHeader, EntryKind, readEntryHeader } from './entry-header.ts';
import { Inflater } from './inflater.ts';
import { type Inflated, inflateWhole } from './node-zlib.ts';
import { PackError } from './pack-error.ts';
import type { PackSource } from './pack-source.ts';
import { BASE_CACHE_OCTETS, MAXIMUM_DEFLATE_RATIO, MAXIMUM_DELTA_DEPTH, MAXIMUM_DELTA_OCTETS } from './parameters.ts';

/** An object, its deltas resolved. */
export interface PackObject {
  readonly kind: EntryKind;
  readonly body: Uint8Array;
}

/** Reads objects by where their entries begin. Every method throws `PackError` on what is malformed. */
export class ObjectReader {
  readonly source: PackSource;
  /** Where entries end: the trailer's first octet, or the latest place where it can be. */
  end: number;
  readonly idOctets: number;
  /** Where the entry of an object with this id (hexadecimal) begins: for reference deltas. */
  startOfId: (id: string) => number | undefined;
  readonly #bases: DeltaCache;

  constructor(source: PackSource, end: number, idOctets: number) {
    this.source = source;
    this.end = end;
    this.idOctets = idOctets;
    this.startOfId = () => undefined;
    this.#bases = new DeltaCache(BASE_CACHE_OCTETS);
  }

  header(start: number): EntryHeader {
    return readEntryHeader(this.source, start, this.end, this.idOctets);
  }

  /** Inflates an entry's zlib stream whole: the object, or delta instructions. */
  inflate(header: EntryHeader, limit: number): Inflated {
    const { zlibStart, length } = header;
    if (length > limit)
      throw new PackError('too-large', `the object at ${header.start} has ${length} octets, more than ${limit}`);
    const left = this.end - zlibStart;
    if (length > left * MAXIMUM_DEFLATE_RATIO) {
      throw new PackError('truncated', `the entry at ${header.start} announces more octets than the archive can hold`);
    }
    const window = zlibStart < this.source.length ? this.source.windowAt(zlibStart) : new Uint8Array(0);
    const offset = this.source.offsetOf(zlibStart);
    const here = Math.min(window.length - offset, left);
    // Deflated octets are a little more than the plain ones at worst; what may straddle two windows takes the slow way.
    if (here === left || here > length + (length >> 6) + 1024)
      return inflateWhole(window, offset, offset + here, length);
    const inflater = new Inflater(this.source, zlibStart, this.end);
    const octets = new Uint8Array(length + 1);
    const made = inflater.read(octets, 0, length + 1);
    checkEnd(inflater, header, made);
    return { octets: octets.subarray(0, length), consumed: inflater.position - zlibStart };
  }

  /** Inflates an entry's zlib stream a piece at a time into `take`; returns where it ends in the archive. */
  stream(header: EntryHeader, take: (octets: Uint8Array, start: number, end: number) => void): number {
    const inflater = new Inflater(this.source, header.zlibStart, this.end);
    const piece = new Uint8Array(65536);
    let total = 0;
    for (;;) {
      const count = inflater.read(piece, 0, piece.length);
      total += count;
      if (count === 0 || total > header.length) break;
      take(piece, 0, count);
    }
    checkEnd(inflater, header, total);
    return inflater.position;
  }

  /** The kind of an entry's object: that of the last base for a delta. */
  kindOf(start: number): EntryKind {
    let header = this.header(start);
    for (let depth = 0; ; depth++) {
      if (header.kind < EntryKind.OffsetDelta) return header.kind;
      if (depth === MAXIMUM_DELTA_DEPTH)
        throw new PackError('bad-delta', `the delta at ${start} stands on too many others, or on itself`);
      header = this.header(this.baseOf(header));
    }
  }

  /** Where the base of a delta begins. */
  baseOf(header: EntryHeader): number {
    if (header.kind === EntryKind.OffsetDelta) return header.baseStart;
    const id = toHex(this.source.view(header.baseId, header.baseId + this.idOctets));
    const start = this.startOfId(id);
    if (start === undefined)
      throw new PackError(
        'missing-object',
        `the delta at ${header.start} is made for ${id}, which the archive has not`,
      );
    return start;
  }

  /** Reads an object whole, deltas resolved. `limit` bounds its octets. */
  read(start: number, limit: number): PackObject {
    const chain: EntryHeader[] = [];
    let header = this.header(start);
    let body: Uint8Array | undefined;
    let from = start;
    while (header.kind >= EntryKind.OffsetDelta) {
      body = chain.length === 0 ? undefined : this.#bases.get(header.start);
      if (body !== undefined) break;
      // A reference delta may name itself or a later one: depth bounds cycles too.
      if (chain.length === MAXIMUM_DELTA_DEPTH) {
        throw new PackError('bad-delta', `the delta at ${start} stands on too many others, or on itself`);
      }
      chain.push(header);
      from = this.baseOf(header);
      header = this.header(from);
    }
    const kind = header.kind < EntryKind.OffsetDelta ? header.kind : this.kindOf(header.start);
    if (body === undefined) {
      body = chain.length > 0 ? this.#bases.get(from) : undefined;
      if (body === undefined) {
        body = this.inflate(header, chain.length > 0 ? Math.min(limit, MAXIMUM_DELTA_OCTETS) : limit).octets;
        if (chain.length > 0) this.#bases.set(from, body);
      }
    }
    for (let i = chain.length - 1; i >= 0; i--) {
      const instructions = this.inflate(chain[i]!, MAXIMUM_DELTA_OCTETS).octets;
      const length = deltaResultLength(instructions);
      if (length > limit && i === 0)
        throw new PackError('too-large', `the object at ${start} has ${length} octets, more than ${limit}`);
      body = applyDelta(body, instructions);
      this.#bases.set(chain[i]!.start, body);
    }
    return { kind, body };
  }
}

function checkEnd(inflater: Inflater, header: EntryHeader, made: number): void {
  if (inflater.failure !== undefined) {
    throw new PackError('bad-zlib', `the entry at ${header.start} does not inflate: ${inflater.failure}`);
  }
  if (made !== header.length || !inflater.done) {
    throw new PackError(
      'bad-zlib',
      `the entry at ${header.start} does not inflate to the ${header.length} octets that it announces`,
    );
  }
}
