import koffi from 'koffi';

/*
 * OpenSSL in the Node binary itself, called through koffi. Pointers are numbers: addresses of user space fit 47
 * bits. An address keeps nothing alive: octets whose address is given must be held by whoever gives it until the
 * call returns, and a constant that no function mentions is collected with its memory. Hence `Pinned`.
 */

/** The null pointer. */
export const NULL = 0;

/** Octets and their address, which stays valid as long as this is held. */
export interface Pinned {
  readonly octets: Uint8Array;
  readonly address: number;
}

/** Octets apart from JavaScript's moving heap, with their address. */
export function pinned(size: number): Pinned {
  const octets = new Uint8Array(new ArrayBuffer(size));
  return { octets, address: addressOf(octets) };
}

/** Where octets stand. */
export function addressOf(octets: Uint8Array): number {
  return Number(koffi.address(octets));
}

/** Declares C functions; undefined if one of them is missing: then the caller uses `node:crypto`. */
export function opensslFunctions<T>(prototypes: Readonly<Record<keyof T & string, string>>): T | undefined {
  try {
    const library = koffi.load(null);
    const functions: Record<string, unknown> = {};
    for (const name of Object.keys(prototypes) as (keyof T & string)[]) {
      functions[name] = library.func(prototypes[name]);
    }
    return functions as T;
  } catch {
    return undefined;
  }
}
