import { cubicGoodput, measureTransfer, Random } from '@immuable-net/harness';
import { describe, expect, it } from 'vitest';

// 100 Mbit/s counted in Ethernet frames, 40 ms there and back, a queue of one bandwidth-delay product.
const RATE = 100e6;
const RTT_MS = 40;
const QUEUE = (RATE / 8000) * RTT_MS;
const OCTETS = 64e6;
const SEEDS = 40;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function goodput(seed: number, loss: number): number {
  const { ms, wrong } = measureTransfer({
    seed,
    octets: OCTETS,
    forth: { rate: RATE, delayMs: RTT_MS / 2, queueOctets: QUEUE, loss },
    back: { rate: RATE, delayMs: RTT_MS / 2, queueOctets: QUEUE },
  });
  expect(wrong).toBeUndefined();
  return (OCTETS * 8000) / ms / RATE;
}

function model(seed: number, loss: number): number {
  const random = new Random(seed);
  const frames = { segmentOctets: 1448, frameOctets: 1514 };
  return cubicGoodput({ octets: OCTETS, ...frames, rate: RATE, rttMs: RTT_MS, queueOctets: QUEUE, loss, random });
}

describe('CUBIC on a path of 100 Mbit/s and 40 ms', () => {
  for (const [loss, least] of [
    [0, 0.9],
    [0.001, 0.14],
    [0.01, 0.04],
  ] as const) {
    it(`gets at least ${least * 100} % of the line with ${loss * 100} % lost, as RFC 9438 lets it`, () => {
      const seeds = Array.from({ length: loss === 0 ? 3 : SEEDS }, (_, seed) => seed + 1);
      const got = median(seeds.map((seed) => goodput(seed, loss)));
      const allowed = median(seeds.map((seed) => model(seed, loss)));
      console.log(
        `loss ${loss}: ${(got * 100).toFixed(2)} % of the line, the model of RFC 9438 ${(allowed * 100).toFixed(2)} %`,
      );
      expect(got).toBeGreaterThanOrEqual(least);
      expect(got / allowed).toBeGreaterThan(0.9);
      // Much more than the model would be another algorithm.
      expect(got / allowed).toBeLessThan(1.25);
    }, 300_000);
  }

  it('shares a line between two flows', () => {
    const { shares, wrong } = measureTransfer({
      seed: 5,
      octets: 20e6,
      flows: 2,
      forth: { rate: RATE, delayMs: RTT_MS / 2, queueOctets: QUEUE },
      back: { rate: RATE, delayMs: RTT_MS / 2 },
    });
    expect(wrong).toBeUndefined();
    // Jain's index of two shares: 1 when they are equal, 0.5 when one has all.
    const [a, b] = shares as [number, number];
    expect((a + b) ** 2 / (2 * (a * a + b * b))).toBeGreaterThan(0.8);
  });

  it('loses less than 5 % to reordering by three packets', () => {
    const path = { rate: RATE, delayMs: RTT_MS / 2, queueOctets: QUEUE };
    const threePackets = (3 * 1514 * 8000) / RATE;
    const run = (reorder: number): number =>
      median(
        [1, 2, 3].map((seed) => {
          const forth = { ...path, reorder, reorderMs: threePackets };
          return measureTransfer({ seed, octets: 20e6, forth, back: path }).ms;
        }),
      );
    expect(run(0.01)).toBeLessThan(run(0) * 1.05);
  });
});
