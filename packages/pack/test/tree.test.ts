import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDelta } from '../src/delta.ts';
import { EntryKind, readEntryHeader, writeEntryHeader } from '../src/entry-header.ts';
import { makeDelta } from '../src/making/make-delta.ts';
import { PackSource } from '../src/pack-source.ts';
import { compareBytewise, readTree, writeTree } from '../src/tree.ts';
import { noise, prose } from './site.ts';

describe('compareBytewise', () => {
  it('is the order of UTF-8 octets (property)', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '/', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}'),
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytewise(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe('a tree', () => {
  it('is written sorted, with the octal modes that the ancestor writes', () => {
    const id = new Uint8Array(20).fill(7);
    const body = writeTree([
      { mode: 0o100755, name: 'b', id },
      { mode: 0o40000, name: 'a', id },
      { mode: 0o100664, name: 'B', id },
    ]);
    const seven = '\x07'.repeat(20);
    expect(Buffer.from(body).toString('latin1')).toBe(`100664 B\0${seven}400000 a\0${seven}100755 b\0${seven}`);
    expect(readTree(body, 20).map((entry) => entry.name)).toEqual(['B', 'a', 'b']);
  });

  it("is read with Git's spellings of a folder", () => {
    for (const mode of ['400000', '40000', '040000']) {
      expect(readTree(Buffer.concat([Buffer.from(`${mode} a\0`), Buffer.alloc(20)]), 20)[0]!.mode).toBe(0o40000);
    }
  });
});

describe('an entry header', () => {
  it('comes back (property)', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 31),
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.integer({ min: 0, max: 2 ** 50 }),
        (_, distance, length) => {
          const plain = readEntryHeader(PackSource.over(writeEntryHeader(EntryKind.Blob, length)), 0, 100, 20);
          expect([plain.kind, plain.length]).toEqual([3, length]);
          // The base is counted from the entry, which stands `distance` + 12 octets into an archive.
          const written = writeEntryHeader(EntryKind.OffsetDelta, 5, distance);
          let read = 0;
          let at = 1;
          read = written[at]! & 127;
          while (written[at++]! & 128) read = (read + 1) * 128 + (written[at]! & 127);
          expect([read, at]).toEqual([distance, written.length]);
        },
      ),
    );
  });
});

describe('makeDelta', () => {
  it('makes the target from the base (property)', () => {
    const piece = fc.oneof(fc.record({ from: fc.nat(4_000), length: fc.nat(900) }), fc.uint8Array({ maxLength: 200 }));
    const base = prose(4_000, 8);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
        const target = Buffer.concat(
          parts.map((part) => (part instanceof Uint8Array ? part : base.subarray(part.from, part.from + part.length))),
        );
        const delta = makeDelta(base, target, 100_000)!;
        expect(Buffer.compare(applyDelta(base, delta), target)).toBe(0);
        expect(makeDelta(base, target, delta.length - 1)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is short where little changed, and copies more than 64 KiB', () => {
    const base = noise(200_000, 3);
    const target = Buffer.concat([base.subarray(0, 100_000), Buffer.from('new'), base.subarray(100_000)]);
    const delta = makeDelta(base, target, 1_000)!;
    expect(delta.length).toBeLessThan(60);
    expect(Buffer.compare(applyDelta(base, delta), target)).toBe(0);
    expect(makeDelta(base, noise(200_000, 4), 12_500)).toBeUndefined();
  });

  it('takes runs of one octet in linear time', () => {
    const zeros = new Uint8Array(1_000_000);
    expect(applyDelta(zeros, makeDelta(zeros, zeros, 1_000)!).length).toBe(zeros.length);
  });
});
