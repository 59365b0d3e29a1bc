import { download, handshakes, requests, requestsOverHttp2 } from '../clients.js';
import { startNginx, startOurs } from '../servers.js';

/** Ours and nginx with the same certificate, in turn: `once` measures one of them once. */
async function secure(bench, { folder, pack }, path, once) {
  const { network, sites, rounds } = bench;
  const certificate = sites.certificate();
  const servers = [
    startOurs(network, pack, '--tls-cert', certificate.chain, '--tls-key', certificate.key),
    startNginx(network, folder, bench.folder, certificate),
  ];
  try {
    for (const server of servers) {
      await server.ready(path);
      await once(server, true);
    }
    for (let round = 0; round < rounds; round++) {
      for (const server of servers) {
        const [value, beside] = await once(server, false);
        bench.add(server.name, value, beside);
      }
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

function small(bench, measure) {
  const { sites, seconds } = bench;
  const site = { folder: sites.small, pack: sites.smallPack };
  return secure(bench, site, '/1k.bin', async (server, warming) => {
    const { rate, cpuMicroseconds } = await measure(server, warming ? Math.min(2, seconds) : seconds);
    return [rate, cpuMicroseconds];
  });
}

export const fullHandshakes = {
  name: 'tls-full',
  title: 'TLS 1.3: full handshakes, one at a time, P-256 certificate, X25519, one request of 1 KB each',
  unit: 'handshakes/s',
  beside: 'µs CPU a handshake',
  goals: [{ of: 'beside', against: 'nginx', atMost: 1 }],
  measure: (bench) => small(bench, (server, seconds) => handshakes(server, '/1k.bin', { resumed: false, seconds })),
};

export const resumedHandshakes = {
  name: 'tls-resumed',
  title: 'TLS 1.3: handshakes resumed by a ticket, one at a time, one request of 1 KB each',
  unit: 'handshakes/s',
  beside: 'µs CPU a handshake',
  goals: [{ of: 'beside', against: 'nginx', atMost: 1 }],
  measure: (bench) => small(bench, (server, seconds) => handshakes(server, '/1k.bin', { resumed: true, seconds })),
};

export const http2 = {
  name: 'h2',
  title: '1 KB over HTTP/2 and TLS 1.3, 8 connections, 16 streams each',
  unit: 'requests/s',
  beside: 'µs CPU a request',
  goals: [{ against: 'nginx', atLeast: 1.2 }],
  measure: (bench) =>
    small(bench, (server, seconds) => requestsOverHttp2(server, '/1k.bin', { connections: 8, streams: 16, seconds })),
};

export const https = {
  name: 'https',
  title: '1 KB over HTTP/1.1 and TLS 1.3, keep-alive, 16 connections',
  unit: 'requests/s',
  beside: 'µs CPU a request',
  goals: [{ against: 'nginx', atLeast: 1.1 }],
  measure: (bench) =>
    small(bench, (server, seconds) => requests(server, '/1k.bin', { connections: 16, seconds, secure: true })),
};

export const secureDownload = {
  name: 'https-download',
  title: 'one download of 1 GB over HTTP/1.1 and TLS 1.3, one connection',
  unit: 'MB/s',
  beside: 's CPU a GiB',
  goals: [{ of: 'beside', against: 'nginx', atMost: 0.7 }],
  measure: (bench) =>
    secure(bench, bench.sites.large(), '/large.bin', async (server) => {
      const { rate, octets, cpuPerGiB } = await download(server, '/large.bin', true);
      if (octets !== bench.sites.largeOctets) throw new Error(`${server.name} sent ${octets} octets`);
      return [rate, cpuPerGiB];
    }),
};
