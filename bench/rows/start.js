import { fileURLToPath } from 'node:url';
import { runAsync } from '../processes.js';
import { nginxCommand, nodeHttpCommand, oursCommand } from '../servers.js';

const PROGRAM = fileURLToPath(new URL('../first-response.js', import.meta.url));

export const firstResponse = {
  name: 'start',
  title: 'from exec to the first response (an indexed archive; the tap is created)',
  unit: 'ms',
  goals: [{ atMost: 300 }],
  async measure(bench) {
    const { network, sites } = bench;
    const servers = [
      ['immuable-net', network.ours, '80', oursCommand(network, sites.smallPack)],
      ['nginx', network.kernels, '80', nginxCommand(network, sites.small, bench.folder)],
      ['node:http', network.kernels, '81', nodeHttpCommand(network, sites.small)],
    ];
    for (let round = 0; round < Math.max(5, bench.rounds); round++) {
      for (const [name, host, port, [command, args]] of servers) {
        const asking = [PROGRAM, host, port, '/1k.bin', command, ...args];
        const [asker, line] = network.inside(network.client, process.execPath, ...asking);
        bench.add(name, Number(await runAsync(asker, line)));
      }
    }
  },
};
