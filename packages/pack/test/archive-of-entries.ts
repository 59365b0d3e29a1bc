import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** An archive put together by hand, by other code than the package's own: what tests damage. */
export class ArchiveOfEntries {
  readonly #parts: Buffer[];
  #position: number;
  #count: number;

  constructor() {
    this.#parts = [];
    this.#position = 12;
    this.#count = 0;
  }

  static id(noun: string, body: Uint8Array): Buffer {
    return createHash('sha1').update(`${noun} ${body.length}\0`).update(body).digest();
  }

  /** Where the next entry begins. */
  get position(): number {
    return this.#position;
  }

  /** Adds an entry; `length` is what its header announces. Returns where it begins. */
  add(kind: number, body: Uint8Array, between: Uint8Array = new Uint8Array(0), length: number = body.length): number {
    return this.addRaw(kind, length, between, deflateSync(body));
  }

  addRaw(kind: number, length: number, between: Uint8Array, zlib: Uint8Array): number {
    const start = this.#position;
    const head: number[] = [];
    let octet = (kind << 4) | (length & 15);
    for (let rest = length >>> 4; rest > 0; rest >>>= 7) {
      head.push(octet | 128);
      octet = rest & 127;
    }
    head.push(octet);
    const entry = Buffer.concat([Buffer.from(head), between, zlib]);
    this.#parts.push(entry);
    this.#position += entry.length;
    this.#count++;
    return start;
  }

  /** `gitformat-pack`: the distance of an offset delta. */
  static distance(distance: number): Buffer {
    const octets = [distance & 127];
    for (let rest = distance >> 7; rest > 0; rest >>= 7) octets.unshift(128 | (--rest & 127));
    return Buffer.from(octets);
  }

  finish(options: { count?: number; trailer?: Buffer; padding?: Buffer; version?: number } = {}): Buffer {
    const head = Buffer.from('PACK00000000');
    head.writeUInt32BE(options.version ?? 2, 4);
    head.writeUInt32BE(options.count ?? this.#count, 8);
    const all = Buffer.concat([head, ...this.#parts]);
    const trailer = options.trailer ?? createHash('sha1').update(all).digest();
    return Buffer.concat([all, trailer, options.padding ?? Buffer.alloc(7)]);
  }
}

/** A tree of `[mode, name, raw id]`. */
export function tree(...entries: [string, string, Uint8Array][]): Buffer {
  return Buffer.concat(entries.map(([mode, name, id]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), id])));
}
