import { BODY_FAILED, type Body } from '@immuable-net/http';
import type { SliceQueue } from '@immuable-net/octets';
import type { PackEntry } from '@immuable-net/pack';
import type { SiteArchive } from './site-archive.ts';

/** Inflated small files, up to a limit of octets together; the ones not asked for lately make room (second chance). */
export class PlainCache {
  /** Octets held. */
  octets: number;
  /** Files inflated so far. */
  misses: number;
  /** Files that could not be inflated: the archive is damaged there. */
  failures: number;
  readonly limit: number;
  readonly #archive: SiteArchive;
  readonly #held: Set<PlainBody>;

  constructor(archive: SiteArchive, limit: number) {
    this.octets = 0;
    this.misses = 0;
    this.failures = 0;
    this.limit = limit;
    this.#archive = archive;
    this.#held = new Set();
  }

  /** Inflates a file and keeps it. `undefined` when the archive is damaged there. */
  load(body: PlainBody): Uint8Array | undefined {
    this.misses++;
    let octets: Uint8Array;
    try {
      octets = this.#archive.inflateWhole(body.entry);
    } catch {
      this.failures++;
      return undefined;
    }
    this.#makeRoom(octets.length);
    this.#held.add(body);
    this.octets += octets.length;
    return octets;
  }

  #makeRoom(count: number): void {
    // Two rounds at most: the first takes every second chance away.
    for (let rounds = this.#held.size * 2; rounds > 0 && this.octets + count > this.limit; rounds--) {
      const [oldest] = this.#held;
      this.#held.delete(oldest!);
      if (oldest!.takeChance()) this.#held.add(oldest!);
      else this.octets -= oldest!.length;
    }
  }
}

/** The plain octets of a small compressed file: in the cache, or inflated again when they are asked for. */
export class PlainBody implements Body {
  readonly length: number;
  readonly entry: PackEntry;
  readonly #cache: PlainCache;
  #octets: Uint8Array | undefined;
  #used: boolean;

  constructor(cache: PlainCache, entry: PackEntry) {
    this.length = entry.length;
    this.entry = entry;
    this.#cache = cache;
    this.#octets = undefined;
    this.#used = false;
  }

  retain(): void {}

  release(): void {}

  /** Called by the cache: whether it was used since the last call. If not, it has let go of its octets. */
  takeChance(): boolean {
    if (!this.#used) this.#octets = undefined;
    const used = this.#used;
    this.#used = false;
    return used;
  }

  /** Makes sure that the octets are at hand; false when the archive is damaged there. */
  load(): boolean {
    this.#octets ??= this.#cache.load(this);
    return this.#octets !== undefined;
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    if (this.#octets === undefined && !this.load()) return BODY_FAILED;
    this.#used = true;
    const count = Math.min(room, this.length - from);
    queue.append(this.#octets!, from, from + count, undefined);
    return count;
  }
}
