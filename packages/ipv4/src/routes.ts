import { type IpAddress, Prefix } from '@immuable-net/ip';

/** One way out: packets for `prefix` go to `gateway`, or to their destination itself where there is none. */
export interface Route {
  readonly prefix: Prefix;
  readonly gateway: IpAddress | undefined;
  /** Our address that such packets come from. */
  readonly source: IpAddress;
}

/** Our addresses and the routes from them, the longest prefix first. */
export class RouteTable {
  readonly #addresses: Prefix[];
  readonly #configured: { readonly prefix: Prefix; readonly gateway: IpAddress }[];
  #routes: readonly Route[];

  constructor() {
    this.#addresses = [];
    this.#configured = [];
    this.#routes = [];
  }

  /** Our addresses with their prefixes, in the order they were added. */
  get addresses(): readonly Prefix[] {
    return this.#addresses;
  }

  get routes(): readonly Route[] {
    return this.#routes;
  }

  addAddress(prefix: Prefix): void {
    if (prefix.family !== 4) throw new RangeError(`${prefix} is no IPv4 prefix`);
    const address = prefix.address;
    if (address.isMulticast || address.isUnspecified || address.isLoopback || address.word3 === -1) {
      throw new RangeError(`${address} cannot be a host's address`);
    }
    if (prefix.length < 31 && (address.equals(prefix.network) || address.equals(prefix.broadcast!))) {
      throw new RangeError(`${prefix} is the network or the broadcast address of its prefix, not a host's`);
    }
    if (this.#addresses.some((known) => known.address.equals(address))) {
      throw new RangeError(`${address} is given twice`);
    }
    this.#addresses.push(prefix);
    this.#rebuild();
  }

  removeAddress(address: IpAddress): void {
    const index = this.#addresses.findIndex((known) => known.address.equals(address));
    if (index >= 0) this.#addresses.splice(index, 1);
    this.#rebuild();
  }

  /** A route through a gateway; `0.0.0.0/0` is the default. Replaces one with the same prefix. */
  addRoute(prefix: Prefix, gateway: IpAddress): void {
    if (prefix.family !== 4 || gateway.family !== 4) throw new RangeError(`${prefix} by ${gateway} is no IPv4 route`);
    if (!this.#addresses.some((own) => reaches(own, gateway))) {
      throw new RangeError(`the gateway ${gateway} is in none of the prefixes ${this.#addresses.join(', ')}`);
    }
    const network = new Prefix(prefix.network, prefix.length);
    this.removeRoute(network);
    this.#configured.push({ prefix: network, gateway });
    this.#rebuild();
  }

  removeRoute(prefix: Prefix): void {
    const network = prefix.network;
    const index = this.#configured.findIndex(
      (known) => known.prefix.length === prefix.length && known.prefix.address.equals(network),
    );
    if (index >= 0) this.#configured.splice(index, 1);
    this.#rebuild();
  }

  /** The route with the longest prefix that holds this address. */
  find(destination: IpAddress): Route | undefined {
    return this.#routes.find((route) => route.prefix.contains(destination));
  }

  #rebuild(): void {
    const routes: Route[] = [];
    for (const own of this.#addresses) {
      routes.push({ prefix: new Prefix(own.network, own.length), gateway: undefined, source: own.address });
    }
    for (const { prefix, gateway } of this.#configured) {
      const own = this.#addresses.find((known) => reaches(known, gateway));
      if (own !== undefined) routes.push({ prefix, gateway, source: own.address });
    }
    // The sort is stable: of equal lengths the first given wins, connected before configured.
    routes.sort((a, b) => b.prefix.length - a.prefix.length);
    this.#routes = routes;
  }
}

/** Whether a gateway is on the link of this address. A host with a prefix of its own alone (/32) takes any gateway for that. */
function reaches(own: Prefix, gateway: IpAddress): boolean {
  return own.length === 32 || own.contains(gateway);
}
