import type { Prefix } from '@immuable-net/ip';

/** What addresses (int32) packets may be sent to for us to take them. */
export class LocalAddresses {
  readonly #own: number[];
  readonly #broadcasts: number[];
  readonly #groups: Set<number>;

  constructor() {
    this.#own = [];
    this.#broadcasts = [];
    this.#groups = new Set();
  }

  /** Our own ones, in the order they were given. */
  get own(): readonly number[] {
    return this.#own;
  }

  /** Takes over our addresses and the prefixes they lie in. */
  replace(prefixes: readonly Prefix[]): void {
    this.#own.length = 0;
    this.#broadcasts.length = 0;
    for (const prefix of prefixes) {
      this.#own.push(prefix.address.word3);
      const broadcast = prefix.broadcast;
      // RFC 1122 §3.3.6: the old form, all zeros, too.
      if (broadcast !== undefined) this.#broadcasts.push(broadcast.word3, prefix.network.word3);
    }
  }

  isOwn(address: number): boolean {
    const own = this.#own;
    for (let i = 0; i < own.length; i++) {
      if (own[i] === address) return true;
    }
    return false;
  }

  /** Whether an address is all hosts', of any network or of one of ours. */
  isBroadcast(address: number): boolean {
    if (address === -1) return true;
    const broadcasts = this.#broadcasts;
    for (let i = 0; i < broadcasts.length; i++) {
      if (broadcasts[i] === address) return true;
    }
    return false;
  }

  /** Whether an address is that of a multicast group that we joined. */
  isGroup(address: number): boolean {
    return this.#groups.has(address);
  }

  /** Joins a group; false when it was joined before. */
  join(group: number): boolean {
    if (this.#groups.has(group)) return false;
    this.#groups.add(group);
    return true;
  }

  /** Leaves a group; false when it was not joined. */
  leave(group: number): boolean {
    return this.#groups.delete(group);
  }
}
