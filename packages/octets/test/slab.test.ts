import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromHex, Slab } from '../src/index.ts';
import { fc, naiveSum } from './naive.ts';

describe('Slab.sum', () => {
  it('is the example of RFC 1071 §3', () => {
    const octets = fromHex('0001 f203 f4f5 f6f7');
    expect(Slab.over(octets).sum(0, 8, 0)).toBe(0xddf2);
  });

  for (const kind of ['memory', 'borrowed'] as const) {
    it(`is the naive sum, over ${kind} octets, wherever it starts and ends`, () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 0, maxLength: 5000 }),
          fc.nat(40),
          fc.integer({ min: 0, max: 0xffffffff }),
          (octets, start, initial) => {
            const slab = kind === 'memory' ? Slab.allocate(8192) : Slab.over(new Uint8Array(8192));
            slab.octets.fill(0xff);
            slab.octets.set(octets, start);
            const sum = slab.sum(start, start + octets.length, initial);
            expect(sum).toBe(naiveSum(octets, initial));
          },
        ),
        { numRuns: 300 },
      );
    });

    it(`is exact over large ${kind} octets that are all ones`, () => {
      for (const size of [65_535, 65_536, 131_072, 131_073, 300_001, 1_000_000]) {
        const slab = kind === 'memory' ? Slab.allocate(size) : Slab.over(new Uint8Array(size));
        slab.octets.fill(0xff);
        slab.octets[7] = 0x12;
        expect(slab.sum(0, size, 5)).toBe(naiveSum(slab.octets, 5));
      }
    });
  }

  it('has views over the whole and nothing but the whole', () => {
    for (const size of [0, 100, 4096, 70_000]) {
      const slab = Slab.allocate(size);
      expect(slab.octets.length).toBe(size);
      expect(slab.view.byteLength).toBe(size);
      if (size > 0) {
        slab.view.setUint8(size - 1, 9);
        expect(slab.octets[size - 1]).toBe(9);
      }
    }
  });

  it('has a module that is what its generator makes', () => {
    const generator = fileURLToPath(new URL('../generate/slab-sum.js', import.meta.url));
    execFileSync(process.execPath, [generator, '--check']);
  });
});
