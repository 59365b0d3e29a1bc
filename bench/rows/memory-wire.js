import { fileURLToPath } from 'node:url';
import { runAsync } from '../processes.js';

const PROGRAM = fileURLToPath(new URL('../memory-stream.js', import.meta.url));

export const memoryWire = {
  name: 'memory-wire',
  title: 'two stacks on a wire in memory, one process, MTU 1500, no offload, one stream of 4 GB',
  unit: 'MB/s',
  beside: 'MiB grown',
  goals: [{ atLeast: 800 }, { of: 'beside', atMost: 64 }],
  async measure(bench) {
    const gigabytes = bench.quick ? 1 : 4;
    for (let round = 0; round < bench.rounds; round++) {
      const text = await runAsync(process.execPath, ['--expose-gc', PROGRAM, String(gigabytes)]);
      const { rate, grownMiB } = JSON.parse(text);
      bench.add('immuable-net', rate, grownMiB);
    }
  },
};
