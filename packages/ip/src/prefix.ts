import { IpAddress } from './ip-address.ts';

/**
 * An address and the length of the prefix it lies in, as `10.0.0.2/24`: an interface's address with its network,
 * or, with the host bits zero, the network alone (a route).
 */
export class Prefix {
  /** As given, host bits and all. */
  readonly address: IpAddress;
  /** Bits of the prefix, 0 to 32 or 0 to 128. */
  readonly length: number;
  readonly #mask: readonly [number, number, number, number];

  constructor(address: IpAddress, length: number) {
    const bits = address.family === 4 ? 32 : 128;
    if (!Number.isInteger(length) || length < 0 || length > bits) {
      throw new RangeError(`a prefix of ${address} has 0 to ${bits} bits, not ${length}`);
    }
    this.address = address;
    this.length = length;
    const whole = address.family === 4 ? length + 96 : length;
    this.#mask = [maskWord(whole), maskWord(whole - 32), maskWord(whole - 64), maskWord(whole - 96)];
  }

  /** Reads `address/length`; an address alone is a prefix of that one host. Throws `SyntaxError` on anything else. */
  static parse(text: string): Prefix {
    const slash = text.indexOf('/');
    const address = IpAddress.tryParse(slash < 0 ? text : text.slice(0, slash));
    if (address === undefined) throw new SyntaxError(`not an IP prefix: ${text}`);
    const bits = address.family === 4 ? 32 : 128;
    if (slash < 0) return new Prefix(address, bits);
    const length = text.slice(slash + 1);
    if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits) throw new SyntaxError(`not an IP prefix: ${text}`);
    return new Prefix(address, Number(length));
  }

  get family(): 4 | 6 {
    return this.address.family;
  }

  /** The last word of the mask, int32: the whole netmask of an IPv4 prefix. */
  get mask3(): number {
    return this.#mask[3];
  }

  /** The address with the host bits zero. */
  get network(): IpAddress {
    const a = this.address;
    const m = this.#mask;
    if (a.family === 4) return IpAddress.v4(a.word3 & m[3]);
    return IpAddress.v6(a.word0 & m[0], a.word1 & m[1], a.word2 & m[2], a.word3 & m[3]);
  }

  /** The directed broadcast address: undefined for IPv6 and for IPv4 prefixes of 31 (RFC 3021) and 32 bits. */
  get broadcast(): IpAddress | undefined {
    if (this.family === 6 || this.length > 30) return undefined;
    return IpAddress.v4(this.address.word3 | ~this.#mask[3]);
  }

  contains(address: IpAddress): boolean {
    const a = this.address;
    const m = this.#mask;
    return (
      address.family === a.family &&
      ((address.word3 ^ a.word3) & m[3]) === 0 &&
      ((address.word2 ^ a.word2) & m[2]) === 0 &&
      ((address.word1 ^ a.word1) & m[1]) === 0 &&
      ((address.word0 ^ a.word0) & m[0]) === 0
    );
  }

  equals(other: Prefix): boolean {
    return this.length === other.length && this.address.equals(other.address);
  }

  /** As `10.0.0.2/24`. */
  toString(): string {
    return `${this.address}/${this.length}`;
  }
}

/** The mask word that `bits` of a prefix reach into: all ones from 32 up, zero from 0 down. */
function maskWord(bits: number): number {
  if (bits >= 32) return -1;
  if (bits <= 0) return 0;
  return -1 << (32 - bits);
}
