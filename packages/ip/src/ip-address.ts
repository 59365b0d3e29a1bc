import { formatIpv6, parseIpv4, parseIpv6 } from './ip-address-text.ts';

/** How many IPv4 addresses are kept to be handed out again: a power of two. */
const INTERNED = 1024;

/**
 * An immutable IP address of either family, held as four 32-bit words (int32). An IPv4 address is held as
 * ::ffff:a.b.c.d, so that {@link word3} is the whole of it; {@link family} tells it from the mapped IPv6 address.
 */
export class IpAddress {
  readonly family: 4 | 6;
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;

  private constructor(family: 4 | 6, word0: number, word1: number, word2: number, word3: number) {
    this.family = family;
    this.word0 = word0 | 0;
    this.word1 = word1 | 0;
    this.word2 = word2 | 0;
    this.word3 = word3 | 0;
  }

  /** The IPv4 address with this 32-bit word (signed or unsigned). Recently used ones are handed out again. */
  static v4(word: number): IpAddress {
    const value = word | 0;
    const slot = (Math.imul(value, 0x9e3779b1) >>> 22) & (INTERNED - 1);
    const known = interned[slot];
    if (known !== undefined && known.word3 === value) return known;
    const made = new IpAddress(4, 0, 0, 0xffff, value);
    interned[slot] = made;
    return made;
  }

  /** The IPv6 address with these four 32-bit words (signed or unsigned). */
  static v6(word0: number, word1: number, word2: number, word3: number): IpAddress {
    return new IpAddress(6, word0, word1, word2, word3);
  }

  /**
   * Reads dotted decimal (four parts, no leading zeros) or the forms of RFC 4291 §2.2; throws `SyntaxError` on
   * anything else.
   */
  static parse(text: string): IpAddress {
    const address = IpAddress.tryParse(text);
    if (address === undefined) throw new SyntaxError(`not an IP address: ${text}`);
    return address;
  }

  /** As {@link IpAddress.parse}, but undefined where that throws. */
  static tryParse(text: string): IpAddress | undefined {
    if (!text.includes(':')) {
      const word = parseIpv4(text);
      return word === undefined ? undefined : IpAddress.v4(word);
    }
    const words = parseIpv6(text);
    return words === undefined ? undefined : IpAddress.v6(words[0]!, words[1]!, words[2]!, words[3]!);
  }

  /** 0.0.0.0 or ::. */
  get isUnspecified(): boolean {
    return this.family === 4 ? this.word3 === 0 : (this.word0 | this.word1 | this.word2 | this.word3) === 0;
  }

  /** 127.0.0.0/8 or ::1. */
  get isLoopback(): boolean {
    if (this.family === 4) return this.word3 >>> 24 === 127;
    return (this.word0 | this.word1 | this.word2) === 0 && this.word3 === 1;
  }

  /** 224.0.0.0/4 or ff00::/8. */
  get isMulticast(): boolean {
    return this.family === 4 ? this.word3 >>> 28 === 14 : this.word0 >>> 24 === 0xff;
  }

  equals(other: IpAddress): boolean {
    return (
      this === other ||
      (this.word3 === other.word3 &&
        this.word2 === other.word2 &&
        this.word1 === other.word1 &&
        this.word0 === other.word0 &&
        this.family === other.family)
    );
  }

  /** Dotted decimal, or the canonical form of RFC 5952. */
  toString(): string {
    if (this.family === 6) return formatIpv6(this.word0, this.word1, this.word2, this.word3);
    const w = this.word3;
    return `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`;
  }
}

const interned: (IpAddress | undefined)[] = new Array<IpAddress | undefined>(INTERNED).fill(undefined);
