import { copyOctets } from './slice-queue.ts';

/** Writes big-endian fields into octets that grow as needed. */
export class OctetWriter {
  octets: Uint8Array;
  /** Where the next field goes: how many octets are written. */
  at: number;

  constructor(capacity: number = 256) {
    this.octets = new Uint8Array(capacity);
    this.at = 0;
  }

  u8(value: number): void {
    this.reserve(1);
    this.octets[this.at++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.octets[this.at++] = value >>> 8;
    this.octets[this.at++] = value;
  }

  u24(value: number): void {
    this.reserve(3);
    this.octets[this.at++] = value >>> 16;
    this.octets[this.at++] = value >>> 8;
    this.octets[this.at++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.octets[this.at++] = value >>> 24;
    this.octets[this.at++] = value >>> 16;
    this.octets[this.at++] = value >>> 8;
    this.octets[this.at++] = value;
  }

  /** 0 to 2⁵³ - 1. */
  u64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  write(octets: Uint8Array, start: number = 0, end: number = octets.length): void {
    this.reserve(end - start);
    copyOctets(octets, start, end, this.octets, this.at);
    this.at += end - start;
  }

  /** Writes text whose characters are octets (U+0000 to U+00FF). */
  latin1(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.octets[this.at++] = text.charCodeAt(i);
  }

  /** Makes room for `count` more octets. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.octets.length) return;
    const grown = new Uint8Array(Math.max(needed, this.octets.length * 2));
    grown.set(this.octets.subarray(0, this.at));
    this.octets = grown;
  }

  /** A copy of what is written. */
  finish(): Uint8Array {
    return this.octets.slice(0, this.at);
  }

  /** Forgets what is written and keeps the room. */
  clear(): void {
    this.at = 0;
  }
}
