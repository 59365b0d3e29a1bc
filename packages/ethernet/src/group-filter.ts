import type { MacAddress } from './mac-address.ts';

/** The multicast groups whose frames are taken: a few, compared one by one. */
export class GroupFilter {
  readonly #groups: { readonly address: MacAddress; members: number }[];

  constructor() {
    this.#groups = [];
  }

  /** Joins once more. Throws `RangeError` when the address is no group's. */
  join(address: MacAddress): void {
    if (!address.isMulticast) throw new RangeError(`${address} is no group address`);
    const known = this.#groups.find((group) => group.address.equals(address));
    if (known === undefined) this.#groups.push({ address, members: 1 });
    else known.members++;
  }

  /** Leaves once: the group is dropped when everybody who joined has left. */
  leave(address: MacAddress): void {
    const index = this.#groups.findIndex((group) => group.address.equals(address));
    if (index >= 0 && --this.#groups[index]!.members === 0) this.#groups.splice(index, 1);
  }

  has(high: number, low: number): boolean {
    const groups = this.#groups;
    for (let i = 0; i < groups.length; i++) {
      const address = groups[i]!.address;
      if (address.low === low && address.high === high) return true;
    }
    return false;
  }
}
