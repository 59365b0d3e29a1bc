/** A 48-bit MAC address as two numbers: compared and written without an allocation. */
export class MacAddress {
  /** The first 16 bits, 0 to 65535. */
  readonly high: number;
  /** The last 32 bits, 0 to 2³² - 1. */
  readonly low: number;

  constructor(high: number, low: number) {
    this.high = high & 0xffff;
    this.low = low >>> 0;
  }
}
