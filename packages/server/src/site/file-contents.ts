import { type Body, Coding, JoinedBody, OctetsBody, PartOfBody } from '@immuable-net/http';
import type { PackEntry } from '@immuable-net/pack';
import { InflatingBody, StoredBody, ZlibBody } from './archive-bodies.ts';
import { PlainBody, type PlainCache } from './plain-cache.ts';
import type { Content } from './representation.ts';
import type { ArchiveLease, SiteArchive } from './site-archive.ts';
import { WHOLE_OCTETS } from './site-options.ts';

/** A zlib stream is CMF and FLG, deflated octets, Adler-32 (RFC 1950 §2.2). */
const ZLIB_HEAD_OCTETS = 2;
const ZLIB_TRAILER_OCTETS = 4;

/** RFC 1952 §2.3: ID1, ID2, CM 8, no flags, no time, no extra flags, no operating system. */
const GZIP_HEAD: Body = new OctetsBody(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255));

/** Octets of which any run can be had at any time. */
class SharedContent implements Content {
  readonly coding: Coding;
  readonly length: number;
  readonly tag: string;
  readonly shared: boolean;
  readonly #body: Body;

  constructor(coding: Coding, tag: string, body: Body) {
    this.coding = coding;
    this.length = body.length;
    this.tag = tag;
    this.shared = true;
    this.#body = body;
  }

  open(from: number, to: number): Body | undefined {
    const body = this.#body;
    // Before a status is chosen: a file that does not inflate is a 500 and no broken 200.
    if (body instanceof PlainBody && !body.load()) return undefined;
    return from === 0 && to === body.length ? body : new PartOfBody(body, from, to);
  }
}

/** The plain octets of a large compressed file: each response inflates them for itself. */
class InflatedContent implements Content {
  readonly coding: Coding;
  readonly length: number;
  readonly tag: string;
  readonly shared: boolean;
  readonly #archive: SiteArchive;
  readonly #entry: PackEntry;
  readonly #lease: ArchiveLease | undefined;

  constructor(archive: SiteArchive, entry: PackEntry, tag: string, lease: ArchiveLease | undefined) {
    this.coding = Coding.Identity;
    this.length = entry.length;
    this.tag = tag;
    this.shared = false;
    this.#archive = archive;
    this.#entry = entry;
    this.#lease = lease;
  }

  open(from: number, to: number): Body | undefined {
    try {
      return new InflatingBody(this.#archive.inflateStream(this.#entry, from, to), this.#lease);
    } catch {
      return undefined;
    }
  }
}

/** A file's plain octets. */
export function identityContent(
  archive: SiteArchive,
  entry: PackEntry,
  cache: PlainCache,
  lease: ArchiveLease | undefined,
): Content {
  const tag = `"${entry.id}"`;
  if (entry.length === 0) return new SharedContent(Coding.Identity, tag, new OctetsBody(new Uint8Array(0)));
  if (entry.storage === 'stored') {
    return new SharedContent(Coding.Identity, tag, new StoredBody(archive, entry, lease));
  }
  if (entry.length <= WHOLE_OCTETS && entry.length <= cache.limit) {
    return new SharedContent(Coding.Identity, tag, new PlainBody(cache, entry));
  }
  return new InflatedContent(archive, entry, tag, lease);
}

/**
 * A deflated file's octets as they stand in the archive: as `deflate`, which is a zlib stream (RFC 9110 §8.4.1.2), or
 * framed as `gzip`. The entity tag names the coded octets too: another archive may hold the same file deflated
 * otherwise (§8.8.1).
 */
export function codedContent(
  archive: SiteArchive,
  entry: PackEntry,
  coding: typeof Coding.Gzip | typeof Coding.Deflate,
  lease: ArchiveLease | undefined,
): Content {
  const crc32 = entry.codedCrc32.toString(16).padStart(8, '0');
  const octets = entry.zlibEnd - entry.zlibStart;
  if (coding === Coding.Deflate) {
    const tag = `"${entry.id}-deflate-${crc32}"`;
    return new SharedContent(coding, tag, new ZlibBody(archive, entry, 0, octets, lease));
  }
  const deflated = new ZlibBody(archive, entry, ZLIB_HEAD_OCTETS, octets - ZLIB_TRAILER_OCTETS, lease);
  // RFC 1952 §2.3.1: CRC-32 and length modulo 2³², low octet first.
  const trailer = new Uint8Array(8);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, entry.crc32, true);
  view.setUint32(4, entry.length % 0x1_0000_0000, true);
  const tag = `"${entry.id}-gzip-${crc32}"`;
  return new SharedContent(coding, tag, new JoinedBody([GZIP_HEAD, deflated, new OctetsBody(trailer)]));
}
