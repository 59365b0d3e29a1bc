import { deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import { PackSource } from '@immuable-net/pack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inflater } from '../src/inflater.ts';
import { noise, prose } from './site.ts';

/** Cut in windows of `windowOctets`. */
function windowed(octets: Uint8Array, windowOctets: number): PackSource {
  const windows: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += windowOctets) windows.push(octets.slice(at, at + windowOctets));
  return new PackSource(windows, windowOctets);
}

function inflate(source: PackSource, room: number): { octets: Uint8Array; inflater: Inflater } {
  const inflater = new Inflater(source, 0, source.length);
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = new Uint8Array(room);
    const count = inflater.read(part, 0, room);
    if (count === 0) break;
    parts.push(part.subarray(0, count));
  }
  return { octets: Buffer.concat(parts), inflater };
}

describe('Inflater', () => {
  const inputs: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['one octet', Uint8Array.of(65)],
    ['zeros', new Uint8Array(300_000)],
    ['prose', prose(300_000, 1)],
    ['noise', noise(200_000, 2)],
    ['both', Buffer.concat([prose(90_000, 3), noise(90_000, 4), prose(90_000, 3)])],
  ];
  for (const [name, plain] of inputs) {
    it(`${name}: every level and strategy, whatever the room and the windows`, () => {
      for (const options of [
        { level: 0 },
        { level: 1 },
        { level: 9 },
        { strategy: 4 },
        { strategy: 2 },
        { level: 9, windowBits: 9 },
      ]) {
        const coded = deflateSync(plain, options);
        for (const [room, windowOctets] of [
          [65_536, 1 << 20],
          [1_000, 777],
          [100_000, 65_537],
        ] as const) {
          const { octets, inflater } = inflate(windowed(Buffer.concat([coded, noise(50, 5)]), windowOctets), room);
          expect(inflater.failure).toBeUndefined();
          expect(inflater.done).toBe(true);
          expect(Buffer.compare(octets, plain)).toBe(0);
          expect(inflater.position).toBe(coded.length);
        }
      }
    });
  }

  it('is done as soon as the last octet was made', () => {
    for (const plain of [prose(5_000, 1), noise(70_000, 2)]) {
      const coded = deflateSync(plain);
      const inflater = new Inflater(PackSource.over(coded), 0, coded.length);
      expect(inflater.read(new Uint8Array(plain.length), 0, plain.length)).toBe(plain.length);
      expect(inflater.done).toBe(true);
    }
  });

  it('ends as zlib does on octets that were altered, cut or made up (property)', () => {
    const coded = deflateSync(Buffer.concat([prose(2_000, 1), noise(100, 2)]));
    const altered = fc
      .array(fc.tuple(fc.nat(coded.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map((changes) => {
        const copy = Uint8Array.from(coded);
        for (const [at, octet] of changes) copy[at] = octet;
        return copy;
      });
    const cut = fc.nat(coded.length - 1).map((length) => coded.subarray(0, length));
    const madeUp = fc.uint8Array({ maxLength: 60 }).map((octets) => Uint8Array.of(0x78, 0x9c, ...octets));
    fc.assert(
      fc.property(fc.oneof(altered, cut, madeUp), (octets) => {
        let wanted: Uint8Array | undefined;
        try {
          wanted = inflateSync(octets);
        } catch {}
        const { octets: found, inflater } = inflate(PackSource.over(Uint8Array.from(octets)), 4_096);
        expect(inflater.done).toBe(wanted !== undefined);
        expect(inflater.failure !== undefined).toBe(wanted === undefined);
        if (wanted !== undefined) expect(Buffer.compare(found, wanted)).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a match that reaches back before the beginning', () => {
    // A last block of fixed codes: the literal A, a match of 3 octets 4 back, end of block; then the Adler-32 that
    // would be right if zeros stood before the beginning.
    const bits = '1' + '10' + '01110001' + '0000001' + '00011' + '0000000';
    const block = Buffer.alloc(4);
    for (let i = 0; i < bits.length; i++) block[i >> 3]! |= Number(bits[i]) << (i & 7);
    const adler = Buffer.from([0x01, 0x08, 0x00, 0x42]);
    const stream = Buffer.concat([Buffer.of(0x78, 0x9c), block, adler]);
    expect(() => inflateSync(stream)).toThrow(/too far back/);
    expect(inflate(PackSource.over(stream), 100).inflater.failure).toMatch(/before its beginning/);
  });

  it('refuses what is no zlib stream', () => {
    for (const octets of [
      deflateRawSync(Buffer.from('text')),
      Buffer.from('no stream'),
      Buffer.of(0x78, 0xbb, 0, 0, 0, 0, 3, 0),
    ]) {
      expect(inflate(PackSource.over(octets), 100).inflater.failure).toBe('no zlib header');
    }
  });
});
