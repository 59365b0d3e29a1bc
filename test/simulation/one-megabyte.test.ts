import { Random, runScenario, type Scenario } from '@immuable-net/harness';
import { describe, expect, it } from 'vitest';

const MEGABYTE = 1_000_000;

/** Two stacks and a wire that loses, delays, reorders and repeats, all drawn from the seed. */
function weather(seed: number): Scenario {
  const random = new Random(seed).fork('weather');
  const draw = (): Scenario['toHost'][number] => ({
    rate: random.magnitude(5e6, 1e9),
    delayMs: random.magnitude(0.1, 60),
    jitterMs: random.between(0, 5),
    queueOctets: random.magnitude(30e3, 1e6),
    loss: random.chance(0.8) ? random.magnitude(0.0005, 0.05) : 0,
    reorder: random.between(0, 0.1),
    reorderMs: random.magnitude(0.1, 30),
    duplicate: random.between(0, 0.05),
  });
  const sends = { sends: 'at-once', slow: undefined, abortAfter: undefined } as const;
  return {
    seed,
    hosts: 2,
    mtu: 1500,
    toHost: [draw(), draw()],
    fromHost: [draw(), draw()],
    incidents: [],
    flows: [
      {
        client: 0,
        server: 1,
        port: 7000,
        startMs: 0,
        up: { ...sends, octets: seed % 2 === 0 ? MEGABYTE : 100 },
        down: { ...sends, octets: seed % 2 === 0 ? 100 : MEGABYTE },
      },
    ],
    mayFail: false,
  };
}

describe('two stacks on a seeded wire', () => {
  // One test a hundred seeds: what fails is found again by its seed alone.
  for (let from = 1; from <= 1000; from += 100) {
    it(`1 MB intact, seeds ${from} to ${from + 99}`, () => {
      const bad: string[] = [];
      for (let seed = from; seed < from + 100; seed++) {
        const outcome = runScenario(seed, { scenario: weather(seed) });
        if (outcome.wrong.length > 0) bad.push(`seed ${seed}: ${outcome.wrong[0]}`);
        else if (outcome.complete !== 1) bad.push(`seed ${seed}: not whole`);
      }
      expect(bad).toEqual([]);
    });
  }
});
