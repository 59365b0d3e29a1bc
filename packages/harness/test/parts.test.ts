import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawScenario, FramePool, Intervals, Pattern, Random } from '../src/index.ts';
import { FrameHeap } from '../src/simulation/simulated-frame.ts';

describe('Random', () => {
  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 8 }, () => random.word());
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('forks by name: what one part draws moves no other', () => {
    const random = new Random(9);
    const before = random.fork('wire').word();
    random.word();
    expect(random.fork('wire').word()).toBe(before);
    expect(random.fork('host').word()).not.toBe(before);
  });

  it('is even', () => {
    const random = new Random(3);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[random.integer(0, 10)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('Intervals', () => {
  it('holds what a set of numbers holds', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30 }), span, (spans, [from, length]) => {
        const intervals = new Intervals();
        const twin = new Set<number>();
        for (const [start, count] of spans) {
          intervals.add(start, start + count);
          for (let i = start; i < start + count; i++) twin.add(i);
        }
        let contiguous = 0;
        while (twin.has(contiguous)) contiguous++;
        expect(intervals.contiguous).toBe(contiguous);
        const wanted = Array.from({ length: length + 1 }, (_, i) => from + i);
        expect(intervals.covers(from, from + length + 1)).toBe(wanted.every((i) => twin.has(i)));
      }),
    );
  });
});

describe('FrameHeap', () => {
  it('gives frames in the order of time, then of sending', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const heap = new FrameHeap();
        const pool = new FramePool();
        times.forEach((at, order) => {
          const frame = pool.take(60);
          frame.at = at;
          frame.order = order;
          heap.push(frame);
        });
        const wanted = times.map((at, order) => ({ at, order })).sort((a, b) => a.at - b.at || a.order - b.order);
        const got = wanted.map(() => {
          expect(heap.nextAt).toBe(wanted[heap.size === 0 ? 0 : wanted.length - heap.size]!.at);
          const frame = heap.pop();
          return { at: frame.at, order: frame.order };
        });
        expect(got).toEqual(wanted);
        expect(heap.nextAt).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });
});

describe('Pattern', () => {
  it('finds the octet that differs', () => {
    const pattern = new Pattern(new Random(1));
    const octets = new Uint8Array(100_000);
    for (let i = 0; i < octets.length; i++) octets[i] = pattern.octets[pattern.startOf(i + 5)]!;
    expect(pattern.mismatch(octets, 0, octets.length, 5)).toBe(-1);
    octets[70_000]! ^= 1;
    expect(pattern.mismatch(octets, 0, octets.length, 5)).toBe(70_000);
    expect(pattern.mismatch(octets, 0, octets.length, 4)).toBeLessThan(10);
  });
});

describe('drawScenario', () => {
  it('draws the same for the same seed, and flows between different hosts', () => {
    for (let seed = 0; seed < 200; seed++) {
      const scenario = drawScenario(new Random(seed));
      expect(drawScenario(new Random(seed))).toEqual(scenario);
      for (const flow of scenario.flows) {
        expect(flow.client).not.toBe(flow.server);
        expect(Math.max(flow.client, flow.server)).toBeLessThan(scenario.hosts);
      }
    }
  });
});
