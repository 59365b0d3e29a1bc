import { requests } from '../clients.js';
import { startNginx, startNodeHttp, startOurs } from '../servers.js';

/** A row of requests a second: the three servers in turn, one round after another. */
async function rates(bench, path, options) {
  const { network, sites, rounds, seconds } = bench;
  const servers = [
    startOurs(network, sites.smallPack),
    startNginx(network, sites.small, bench.folder),
    startNodeHttp(network, sites.small),
  ];
  try {
    for (const server of servers) {
      await server.ready(path);
      await requests(server, path, { ...options, seconds: Math.min(2, seconds) }); // warm
    }
    for (let round = 0; round < rounds; round++) {
      for (const server of servers) {
        const { rate, cpuMicroseconds } = await requests(server, path, { ...options, seconds });
        bench.add(server.name, rate, cpuMicroseconds);
      }
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

export const keepAlive = {
  name: 'keep-alive',
  title: '1 KB, keep-alive, 16 connections',
  unit: 'requests/s',
  beside: 'µs CPU a request',
  goals: [{ against: 'nginx', atLeast: 1.3 }],
  measure: (bench) => rates(bench, '/1k.bin', { connections: 16 }),
};

export const page = {
  name: 'page',
  title: 'a page of 10 KB that compresses to 3 KB, Accept-Encoding: gzip, 16 connections',
  unit: 'requests/s',
  beside: 'µs CPU a request',
  goals: [{ against: 'nginx', atLeast: 1.2 }],
  measure: (bench) => rates(bench, '/page.html', { connections: 16, headers: ['Accept-Encoding: gzip'] }),
};
