import type { RandomSource } from '@immuable-net/octets';

/** A 48-bit MAC address as two numbers: compared and written without an allocation. */
export class MacAddress {
  /** The first 16 bits, 0 to 65535. */
  readonly high: number;
  /** The last 32 bits, 0 to 2³² - 1. */
  readonly low: number;

  static readonly BROADCAST: MacAddress = new MacAddress(0xffff, 0xffffffff);

  constructor(high: number, low: number) {
    this.high = high & 0xffff;
    this.low = low >>> 0;
  }

  /** Reads six octets separated by colons or dashes; throws `SyntaxError` on anything else. */
  static parse(text: string): MacAddress {
    const match = /^([0-9a-f]{2})([:-])([0-9a-f]{2})(?:\2[0-9a-f]{2}){4}$/i.exec(text);
    if (match === null) throw new SyntaxError(`not a MAC address: ${text}`);
    const digits = text.replaceAll(match[2]!, '');
    return new MacAddress(Number.parseInt(digits.slice(0, 4), 16), Number.parseInt(digits.slice(4), 16));
  }

  /** A random address: locally administered, unicast (IEEE 802 §8.2: bit 1 of the first octet set, bit 0 clear). */
  static random(random: RandomSource): MacAddress {
    const o = new Uint8Array(6);
    random(o, 0, 6);
    const first = (o[0]! & 0xfc) | 0x02;
    return new MacAddress((first << 8) | o[1]!, ((o[2]! << 24) | (o[3]! << 16) | (o[4]! << 8) | o[5]!) >>> 0);
  }

  get isBroadcast(): boolean {
    return this.high === 0xffff && this.low === 0xffffffff;
  }

  /** Group addresses, broadcast included. */
  get isMulticast(): boolean {
    return (this.high & 0x0100) !== 0;
  }

  equals(other: MacAddress): boolean {
    return this.high === other.high && this.low === other.low;
  }

  /** As `02:00:5e:10:00:01`. */
  toString(): string {
    const digits = this.high.toString(16).padStart(4, '0') + this.low.toString(16).padStart(8, '0');
    return digits.replace(/..(?!$)/g, '$&:');
  }
}
