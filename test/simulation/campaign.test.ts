import { runScenario } from '@immuable-net/harness';
import { describe, expect, it } from 'vitest';

// A fixed slice of what `npm run simulate` draws: topologies, weather, sizes and behaviour from the seed alone. What
// fails is replayed by `npm run simulate -- --seed SEED`, which writes a capture.
const SEEDS = 2000;
const SLICE = 200;

describe('the campaign', () => {
  for (let from = 1; from <= SEEDS; from += SLICE) {
    it(`finds nothing in seeds ${from} to ${from + SLICE - 1}`, () => {
      const bad: string[] = [];
      for (let seed = from; seed < from + SLICE; seed++) {
        const { wrong } = runScenario(seed);
        if (wrong.length > 0) bad.push(`seed ${seed}: ${wrong[0]}`);
      }
      expect(bad).toEqual([]);
    }, 300_000);
  }
});
