/** wrk, h2load, curl and openssl, in the client's namespace. */
import { cpuSeconds, runAsync } from './processes.js';

/**
 * Requests a second of one path, and the server's CPU microseconds a request. Any failed or refused request throws.
 * @param {import('./servers.js').Server} server
 */
export async function requests(server, path, { connections, seconds, headers = [], secure = false }) {
  const { network } = server;
  const fields = headers.flatMap((header) => ['-H', header]);
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    ...fields,
    `${secure ? server.secureUrl : server.url}${path}`,
  ];
  const [command, line] = network.inside(network.client, 'wrk', ...args);
  const before = cpuSeconds(server.pid);
  const text = await runAsync(command, line);
  const cpu = cpuSeconds(server.pid) - before;
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(text);
  const count = /(\d+) requests in/.exec(text);
  if (rate === null || count === null) throw new Error(`wrk against ${server.name}: ${text}`);
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${server.name} failed requests:\n${text}`);
  return { rate: Number(rate[1]), cpuMicroseconds: (cpu * 1e6) / Number(count[1]) };
}

/** Downloads one file once: MB/s, the octets that came, and the server's CPU seconds a GiB. */
export async function download(server, path, secure = false) {
  const { network } = server;
  const [command, args] = network.inside(
    network.client,
    'curl',
    ...(secure ? ['-k', '--http1.1'] : []),
    ...[
      '-s',
      '-f',
      '-o',
      '/dev/null',
      '-m',
      '120',
      '-w',
      '%{time_starttransfer} %{time_total} %{size_download}',
      `${secure ? server.secureUrl : server.url}${path}`,
    ],
  );
  const before = cpuSeconds(server.pid);
  const [, total, octets] = (await runAsync(command, args)).trim().split(' ').map(Number);
  const cpu = cpuSeconds(server.pid) - before;
  return { rate: octets / total / 1e6, octets, cpuPerGiB: (cpu * 2 ** 30) / octets };
}

/** Downloads one file and throws unless it is what lies at `original`, octet for octet. */
export async function compare(server, path, original) {
  const { network } = server;
  const script = 'curl -s -f -m 120 "$1" | cmp - "$2"';
  const [command, args] = network.inside(network.client, 'sh', '-c', script, 'sh', `${server.url}${path}`, original);
  await runAsync(command, args);
}

/** Requests a second over HTTP/2: `streams` at a time on each of `connections`. */
export async function requestsOverHttp2(server, path, { connections, streams, seconds }) {
  const { network } = server;
  const args = ['-t1', `-c${connections}`, `-m${streams}`, '-D', String(seconds), `${server.secureUrl}${path}`];
  const [command, line] = network.inside(network.client, 'h2load', ...args);
  const before = cpuSeconds(server.pid);
  const text = await runAsync(command, line);
  const cpu = cpuSeconds(server.pid) - before;
  const rate = /finished in [\d.]+s, ([\d.]+) req\/s/.exec(text);
  const count = /requests: (\d+) total.* (\d+) succeeded, (\d+) failed, (\d+) errored/.exec(text);
  if (rate === null || count === null) throw new Error(`h2load against ${server.name}: ${text}`);
  if (count[3] !== '0' || count[4] !== '0') throw new Error(`${server.name} failed requests:\n${text}`);
  return { rate: Number(rate[1]), cpuMicroseconds: (cpu * 1e6) / Number(count[2]) };
}

/** TLS handshakes a second, one at a time, each with one request: full ones, or resumed by a ticket. */
export async function handshakes(server, path, { resumed, seconds }) {
  const { network } = server;
  const { hostname } = new URL(server.url);
  const how = resumed ? '-reuse' : '-new';
  const args = ['s_time', '-connect', `${hostname}:443`, '-www', path, how, '-tls1_3', '-time', String(seconds)];
  const [command, line] = network.inside(network.client, 'openssl', ...args);
  const before = cpuSeconds(server.pid);
  const text = await runAsync(command, line);
  const cpu = cpuSeconds(server.pid) - before;
  const result = /(\d+) connections in (\d+) real seconds, (\d+) bytes read per connection/.exec(text);
  if (result === null || result[3] === '0') throw new Error(`openssl s_time against ${server.name}: ${text}`);
  const [, count, real] = result.map(Number);
  return { rate: count / real, cpuMicroseconds: (cpu * 1e6) / count };
}
