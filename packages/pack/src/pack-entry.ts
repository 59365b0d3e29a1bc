import { toHex } from '@immuable-net/octets';

/** How the plain octets of a file stand in the archive. */
export type Storage = 'stored' | 'deflated' | 'delta';

/** Results of the look at an entry at its first use. */
export const EntryCheck = { Unknown: 0, Good: 1, Bad: 2 } as const;

/** One file of an archive. */
export class PackEntry {
  /** `dir/file.html`: no leading slash. */
  readonly path: string;
  /** 0o100644, 0o100664, 0o100755 or 0o120000. */
  readonly mode: number;
  /**
   * `stored`: the plain octets stand in the archive in runs of up to 65,535; `deflated`: a zlib stream of them;
   * `delta`: instructions that make them from another object.
   */
  readonly storage: Storage;
  /** Octets of the file. */
  readonly length: number;
  /** What the archive's MIME table says; undefined where it says nothing. */
  readonly contentType: string | undefined;
  /** CRC-32 of the plain octets: what ends a gzip member (RFC 1952). */
  readonly crc32: number;
  /** CRC-32 of the zlib octets: tells apart two codings of the same file. */
  readonly codedCrc32: number;
  /** Where the entry begins in the archive. */
  readonly start: number;
  /** Where its zlib stream (RFC 1950) begins in the archive. Of a delta, this stream makes the instructions. */
  readonly zlibStart: number;
  /** Where its zlib stream ends in the archive. */
  readonly zlibEnd: number;
  /** One of {@link EntryCheck}: kept by the pack. */
  check: number;
  readonly #rawId: Uint8Array;
  #id: string | undefined;

  constructor(
    path: string,
    mode: number,
    storage: Storage,
    length: number,
    contentType: string | undefined,
    crc32: number,
    codedCrc32: number,
    start: number,
    zlibStart: number,
    zlibEnd: number,
    rawId: Uint8Array,
  ) {
    this.path = path;
    this.mode = mode;
    this.storage = storage;
    this.length = length;
    this.contentType = contentType;
    this.crc32 = crc32;
    this.codedCrc32 = codedCrc32;
    this.start = start;
    this.zlibStart = zlibStart;
    this.zlibEnd = zlibEnd;
    this.check = EntryCheck.Unknown;
    this.#rawId = rawId;
    this.#id = undefined;
  }

  /** The object's id in hexadecimal: HASH("blob LENGTH\0" + octets). */
  get id(): string {
    this.#id ??= toHex(this.#rawId);
    return this.#id;
  }

  /** The object's raw id. */
  get rawId(): Uint8Array {
    return this.#rawId;
  }
}
