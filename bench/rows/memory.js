import { requests } from '../clients.js';
import { residentMiB } from '../processes.js';
import { startNginx, startNodeHttp, startOurs } from '../servers.js';

export const memory = {
  name: 'memory',
  title: 'resident memory after serving an archive of 30 MB, less the mapped archive',
  unit: 'MiB',
  beside: 'MiB of it mapped',
  goals: [{ atMost: 90 }],
  async measure(bench) {
    const { network } = bench;
    const { folder, pack } = bench.sites.medium();
    const start = [
      () => startOurs(network, pack),
      () => startNginx(network, folder, bench.folder),
      () => startNodeHttp(network, folder),
    ];
    for (let round = 0; round < Math.min(3, bench.rounds); round++) {
      for (const begin of start) {
        const server = begin();
        try {
          await server.ready('/page.html');
          const { seconds } = bench;
          await requests(server, '/page.html', { connections: 64, seconds, headers: ['Accept-Encoding: gzip'] });
          for (const path of ['/0.bin', '/150.bin', '/299.bin']) {
            await requests(server, path, { connections: 64, seconds: Math.ceil(seconds / 3) });
          }
          let all = 0;
          let mapped = 0;
          for (const pid of server.members()) {
            // The archive is a memfd or the file itself.
            const resident = residentMiB(pid, /memfd:|\.pack/);
            all += resident.all;
            mapped += resident.matched;
          }
          bench.add(server.name, all - mapped, mapped);
        } finally {
          await server.stop();
        }
      }
    }
  },
};
