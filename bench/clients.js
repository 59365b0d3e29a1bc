/** wrk and curl, in the client's namespace. */
import { cpuSeconds, runAsync } from './processes.js';

/**
 * Requests a second of one path, and the server's CPU microseconds a request. Any failed or refused request throws.
 * @param {import('./servers.js').Server} server
 */
export async function requests(server, path, { connections, seconds, headers = [] }) {
  const { network } = server;
  const fields = headers.flatMap((header) => ['-H', header]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, ...fields, `${server.url}${path}`];
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
export async function download(server, path) {
  const { network } = server;
  const [command, args] = network.inside(
    network.client,
    'curl',
    ...[
      '-s',
      '-f',
      '-o',
      '/dev/null',
      '-m',
      '120',
      '-w',
      '%{time_starttransfer} %{time_total} %{size_download}',
      `${server.url}${path}`,
    ],
  );
  const before = cpuSeconds(server.pid);
  const [, total, octets] = (await runAsync(command, args)).trim().split(' ').map(Number);
  const cpu = cpuSeconds(server.pid) - before;
  return { rate: octets / total / 1e6, octets, cpuPerGiB: (cpu * 2 ** 30) / octets };
}
