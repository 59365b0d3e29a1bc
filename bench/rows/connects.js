import { fileURLToPath } from 'node:url';
import { runAsync } from '../processes.js';
import { startNginx, startNodeHttp, startOurs } from '../servers.js';

const PROGRAM = fileURLToPath(new URL('../connects.js', import.meta.url));
const COUNT = 1000;

export const connects = {
  name: 'connects',
  title: '1,000 connections opened at the same moment, one request each',
  unit: 'answered',
  beside: 'ms until all were accepted',
  goals: [{ atLeast: COUNT }],
  async measure(bench) {
    const { network, sites, rounds } = bench;
    const servers = [
      startOurs(network, sites.smallPack),
      startNginx(network, sites.small, bench.folder),
      startNodeHttp(network, sites.small),
    ];
    try {
      for (const server of servers) await server.ready('/1k.bin');
      for (let round = 0; round < rounds; round++) {
        for (const server of servers) {
          const { hostname, port } = new URL(server.url);
          const args = [PROGRAM, hostname, port || '80', '/1k.bin', String(COUNT)];
          const [command, line] = network.inside(network.client, process.execPath, ...args);
          const { accepted, answered, acceptedMs, errors } = JSON.parse(await runAsync(command, line));
          if (accepted !== COUNT) bench.note(`${server.name}: ${accepted} accepted, ${JSON.stringify(errors)}`);
          bench.add(server.name, answered, acceptedMs);
        }
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  },
};
