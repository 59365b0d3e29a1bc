import { download } from '../clients.js';
import { startNginx, startNodeHttp, startOurs } from '../servers.js';

export const largeDownload = {
  name: 'download',
  title: 'one download of 1 GB, one connection, the kernel under CUBIC',
  unit: 'MB/s',
  beside: 's CPU a GiB',
  goals: [{ against: 'nginx', atLeast: 0.8 }],
  async measure(bench) {
    const { network, rounds } = bench;
    const { folder, pack } = bench.sites.large();
    const servers = [
      startOurs(network, pack),
      startNginx(network, folder, bench.folder),
      startNodeHttp(network, folder),
    ];
    try {
      for (const server of servers) {
        await server.ready('/large.bin');
        await download(server, '/large.bin'); // warm
      }
      for (let round = 0; round < rounds; round++) {
        for (const server of servers) {
          const running = download(server, '/large.bin');
          if (round === 0 && server.name === 'nginx') bench.note(await congestion(network));
          const { rate, octets, cpuPerGiB } = await running;
          if (octets !== bench.sites.largeOctets) throw new Error(`${server.name} sent ${octets} octets`);
          bench.add(server.name, rate, cpuPerGiB);
        }
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  },
};

/** What `ss -ti` says of nginx's connection while it runs: the congestion control in force. */
async function congestion(network) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const line = network
      .sockets()
      .split('\n')
      .find((candidate) => /\b(cubic|bbr|reno)\b/.test(candidate));
    if (line !== undefined) return `\`ss -ti\` on nginx's side: \`${line.trim().split(' ').slice(0, 8).join(' ')}\``;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return "`ss -ti` saw no connection on nginx's side";
}
