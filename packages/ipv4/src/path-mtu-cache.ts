import { MAXIMUM_PATH_MTUS, MINIMUM_PATH_MTU, MTU_PLATEAUS, PATH_MTU_MS } from './parameters.ts';

/** A path MTU below the link's, learnt from a router, and until when it is believed. */
interface PathMtu {
  readonly mtu: number;
  /** The router wanted less than we believe: packets of `mtu` go without DF, for routers to cut. */
  readonly fragmentable: boolean;
  readonly expiresAt: number;
}

/** Path MTUs by destination (RFC 1191): bounded, and forgotten in time. */
export class PathMtuCache {
  readonly #entries: Map<number, PathMtu>;
  #deadline: number;

  constructor() {
    this.#entries = new Map();
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The path MTU to this address (int32); `linkMtu` where nothing is known. */
  mtu(destination: number, linkMtu: number): number {
    const entry = this.#entries.get(destination);
    return entry === undefined || entry.mtu > linkMtu ? linkMtu : entry.mtu;
  }

  /** Whether packets to this address go without DF. */
  fragmentable(destination: number): boolean {
    return this.#entries.get(destination)?.fragmentable ?? false;
  }

  /**
   * A router said that packets of at most `mtu` octets pass (0: it does not say; RFC 1191 §5 guesses from what
   * it is now). Only ever lowers (§3: an estimate is never increased by a message). Returns whether it did.
   */
  lower(destination: number, mtu: number, linkMtu: number, now: number): boolean {
    const current = this.mtu(destination, linkMtu);
    const told = mtu === 0 ? (MTU_PLATEAUS.find((plateau) => plateau < current) ?? current) : mtu;
    if (told >= current) return false;
    const lowered = Math.max(told, Math.min(MINIMUM_PATH_MTU, current));
    if (this.#entries.size >= MAXIMUM_PATH_MTUS && !this.#entries.has(destination)) {
      // The oldest goes: entries stand in the order they were made.
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    const expiresAt = now + PATH_MTU_MS;
    this.#entries.delete(destination);
    this.#entries.set(destination, { mtu: lowered, fragmentable: told < lowered, expiresAt });
    if (expiresAt < this.#deadline) this.#deadline = expiresAt;
    return true;
  }

  /** Forgets what is older than ten minutes. Returns whether anything was. */
  timeoutsExpire(now: number): boolean {
    if (now < this.#deadline) return false;
    let forgotten = false;
    this.#deadline = Number.POSITIVE_INFINITY;
    for (const [destination, entry] of this.#entries) {
      if (entry.expiresAt <= now) {
        this.#entries.delete(destination);
        forgotten = true;
      } else if (entry.expiresAt < this.#deadline) {
        this.#deadline = entry.expiresAt;
      }
    }
    return forgotten;
  }

  nextTimeout(): number {
    return this.#deadline;
  }
}
