import { Slab } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldSum, pseudoSum4, updateChecksum, wordSum } from '../src/index.ts';

describe('checksums', () => {
  it('are updated as if made anew (RFC 1624)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.nat(9), fc.nat(0xffff), (octets, word, value) => {
        const slab = Slab.over(octets.slice());
        slab.view.setUint16(0, 0);
        const before = ~slab.sum(0, octets.length, 0) & 0xffff;
        const at = 2 * word + (word === 0 ? 2 : 0);
        const old = slab.view.getUint16(at);
        slab.view.setUint16(at, value);
        slab.view.setUint16(0, updateChecksum(before, old, value));
        // Whatever form of zero it has: the whole sums to all ones (all zero octets aside).
        expect([0xffff, 0]).toContain(slab.sum(0, octets.length, 0));
      }),
    );
  });

  it('are not the 0xffff that RFC 1141 would give (RFC 1624 §4)', () => {
    // Its example: HC = 0xDD2F, m = 0x5555, m' = 0x3285.
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('of addresses are those of their halves', () => {
    expect(pseudoSum4(0x0a000001, 0xc0a80102 | 0)).toBe(foldSum(0x0a00 + 0x0001 + 0xc0a8 + 0x0102));
    expect(wordSum(-1)).toBe(0x1fffe);
    expect(foldSum(0xffffffff)).toBe(0xffff);
    expect(foldSum(0x1ffff)).toBe(1);
  });
});
