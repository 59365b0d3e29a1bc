import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScenario, type ScenarioOutcome } from '../simulation/run-scenario.ts';

const USAGE = `npm run simulate -- [--seeds N] [--from SEED] [--minutes M] [--seed SEED [--pcap FILE]]

  --seeds N     how many scenarios to run (2000)
  --from SEED   the first of them (1)
  --minutes M   stop after so many minutes though seeds are left
  --seed SEED   run this one, print it and write a capture
  --pcap FILE   where that capture goes (simulation-SEED.pcap)
  --out DIR     where captures of failures go (the current folder)`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    pcap: { type: 'string' },
    out: { type: 'string', default: '.' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.seed !== undefined) process.exitCode = one(whole('seed', values.seed));
else process.exitCode = campaign(whole('from', values.from), whole('seeds', values.seeds), values.minutes);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`simulate: --${name} takes a whole number, not ${text}`);
  process.exit(2);
}

/** Replays one seed in the open. */
function one(seed: number): number {
  const outcome = runScenario(seed, { capture: true });
  const file = values.pcap ?? join(values.out, `simulation-${seed}.pcap`);
  writeFileSync(file, outcome.capture!);
  console.log(JSON.stringify(outcome.scenario, undefined, 2));
  console.log(
    `${outcome.segments} segments in ${(outcome.virtualMs / 1000).toFixed(1)} virtual seconds; capture: ${file}`,
  );
  for (const line of outcome.wrong) console.log(line);
  console.log(outcome.wrong.length === 0 ? 'all well' : 'FAILED');
  return outcome.wrong.length === 0 ? 0 : 1;
}

/** Runs seeds in order until there are enough or the time is over. */
function campaign(from: number, seeds: number, minutes: string | undefined): number {
  const began = performance.now();
  const until = minutes === undefined ? Number.POSITIVE_INFINITY : began + Number(minutes) * 60_000;
  let runs = 0;
  let virtualMs = 0;
  let segments = 0;
  let complete = 0;
  let failed = 0;
  let aborted = 0;
  const bad: number[] = [];
  for (let seed = from; seed < from + seeds && performance.now() < until; seed++) {
    const outcome = runScenario(seed);
    runs++;
    virtualMs += outcome.virtualMs;
    segments += outcome.segments;
    complete += outcome.complete;
    failed += outcome.failed;
    aborted += outcome.aborted;
    if (outcome.wrong.length === 0) continue;
    bad.push(seed);
    report(seed, outcome);
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${runs} seeds, ${segments} segments, flows: ${complete} whole, ${aborted} aborted by plan, ${failed} ended by an error; ` +
      `${(virtualMs / 1000).toFixed(0)} virtual seconds in ${seconds.toFixed(1)} s: ${(virtualMs / 1000 / seconds).toFixed(0)} a second`,
  );
  if (bad.length > 0) console.log(`FAILED: ${bad.length} seeds: ${bad.slice(0, 50).join(' ')}`);
  return bad.length === 0 ? 0 : 1;
}

function report(seed: number, outcome: ScenarioOutcome): void {
  const again = runScenario(seed, { capture: true });
  mkdirSync(values.out, { recursive: true });
  const file = join(values.out, `simulation-${seed}.pcap`);
  writeFileSync(file, again.capture!);
  console.log(`seed ${seed}: ${outcome.wrong[0]}`);
  console.log(`  replay: npm run simulate -- --seed ${seed}    capture: ${file}`);
}
