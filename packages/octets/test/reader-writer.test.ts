import { describe, expect, it } from 'vitest';
import { fromHex, OctetReader, OctetWriter, toHex } from '../src/index.ts';
import { fc } from './naive.ts';

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u24' | 'u32' | 'u64'; readonly value: number }
  | { readonly kind: 'octets'; readonly value: Uint8Array }
  | { readonly kind: 'latin1'; readonly value: string };

const limits = { u8: 0xff, u16: 0xffff, u24: 0xffffff, u32: 0xffffffff, u64: Number.MAX_SAFE_INTEGER };
const integers = Object.entries(limits).map(([kind, max]) =>
  fc
    .oneof(
      fc.maxSafeNat().map((n) => n % (max + 1)),
      fc.constantFrom(0, max),
    )
    .map((value) => ({ kind, value }) as Field),
);
const field: fc.Arbitrary<Field> = fc.oneof(
  ...integers,
  fc.uint8Array({ maxLength: 300 }).map((value) => ({ kind: 'octets', value }) as const),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((value) => ({ kind: 'latin1', value }) as const),
);

describe('OctetWriter and OctetReader', () => {
  it('read what was written, however it grew, and fail at its end', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 30 }), fc.integer({ min: 1, max: 64 }), (fields, capacity) => {
        const writer = new OctetWriter(capacity);
        for (const { kind, value } of fields) {
          if (kind === 'octets') writer.write(value);
          else if (kind === 'latin1') writer.latin1(value);
          else writer[kind](value);
        }
        const octets = writer.finish();
        const reader = new OctetReader(octets);
        for (const { kind, value } of fields) {
          if (kind === 'octets') expect(reader.take(value.length)).toEqual(value);
          else if (kind === 'latin1') expect(String.fromCharCode(...reader.take(value.length))).toBe(value);
          else expect(reader[kind]()).toBe(value);
        }
        expect([reader.left, reader.failed]).toEqual([0, false]);
        expect(reader.u8()).toBe(0);
        expect(reader.failed).toBe(true);
      }),
    );
  });

  it('are big-endian', () => {
    const writer = new OctetWriter(1);
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u24(0x040506);
    writer.u32(0x8708090a);
    writer.u64(0x000b0c0d0e0f1011);
    expect(toHex(writer.finish())).toBe('0102030405068708090a000b0c0d0e0f1011');
    writer.clear();
    expect(writer.finish().length).toBe(0);
  });

  it('fail for good at the first field that is not there, and never throw', () => {
    const reader = new OctetReader(new Uint8Array([1, 2, 3]), 1, 3);
    expect(reader.u24()).toBe(0);
    expect(reader.failed).toBe(true);
    expect(reader.u8()).toBe(0);
    expect(reader.take(1).length).toBe(0);
    reader.skip(1);
    expect(reader.at).toBe(1);
    const large = new OctetReader(fromHex('0020000000000000'));
    expect(large.u64()).toBe(0);
    expect(large.failed).toBe(true);
    const negative = new OctetReader(new Uint8Array(4));
    negative.take(-1);
    expect(negative.failed).toBe(true);
  });
});

describe('hexadecimal', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        expect(fromHex(toHex(octets))).toEqual(octets);
      }),
    );
    expect(fromHex('de AD\nbe EF')).toEqual(new Uint8Array([0xde, 0xad, 0xbe, 0xef]));
    expect(() => fromHex('abc')).toThrow(SyntaxError);
    expect(() => fromHex('zz')).toThrow(SyntaxError);
  });
});
