/**
 * Measures ours on a tap against nginx and node:http on the kernel's stack, in one run, in network namespaces made
 * for it, and writes RESULTS.md. Needs root, nginx, wrk, h2load, openssl and curl.
 *
 *   npm run bench                      every row, five rounds
 *   npm run bench -- keep-alive start  these rows
 *   npm run bench -- loss              the rows of a group
 *   npm run bench -- --write https h2  these rows, written to RESULTS.md in place of all
 *   npm run bench -- --quick           short: to try it, not to quote it (writes no file)
 *   npm run bench -- --rounds 9 --seconds 5 --list
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, root } from '../scripts/set-up.js';
import { Network } from './network.js';
import { run, stopAll } from './processes.js';
import { machine, table } from './report.js';
import { connects } from './rows/connects.js';
import { largeDownload } from './rows/download.js';
import { lossRows } from './rows/loss.js';
import { memory } from './rows/memory.js';
import { memoryWire } from './rows/memory-wire.js';
import { keepAlive, page } from './rows/requests.js';
import { firstResponse } from './rows/start.js';
import { fullHandshakes, http2, https, resumedHandshakes, secureDownload } from './rows/tls.js';
import { Sites } from './sites.js';

const ROWS = [
  ...[keepAlive, page, largeDownload, memoryWire, connects, firstResponse, memory],
  ...[fullHandshakes, resumedHandshakes, http2, https, secureDownload],
  ...lossRows,
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});
if (options.list) {
  for (const row of ROWS) console.log(`${row.name.padEnd(16)}${row.title}`);
  process.exit(0);
}
const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name || row.group === name));
if (unknown.length > 0) {
  console.error(`bench: no row is called ${unknown.join(', ')}; --list names them.`);
  process.exit(2);
}
if (process.platform !== 'linux' || process.getuid() !== 0) {
  console.error('bench: network namespaces need Linux and root: sudo npm run bench');
  process.exit(2);
}
if (!options['no-build']) build();

const rows =
  positionals.length === 0
    ? ROWS
    : ROWS.filter((row) => positionals.includes(row.name) || positionals.includes(row.group));
const folder = mkdtempSync(join(tmpdir(), 'immuable-bench-'));
const network = new Network();
let status = 0;
const sections = [];

/** One row's measurements, and what all rows share. */
class Bench {
  constructor(sites) {
    this.network = network;
    this.sites = sites;
    this.folder = folder;
    this.quick = options.quick;
    this.rounds = Number(options.rounds ?? (options.quick ? 2 : 5));
    this.seconds = Number(options.seconds ?? (options.quick ? 1 : 4));
    this.series = new Map();
    this.notes = [];
  }

  /** @param {string} name @param {number} value @param {number} [beside] */
  add(name, value, beside) {
    if (!this.series.has(name)) this.series.set(name, { values: [], besides: [] });
    const series = this.series.get(name);
    series.values.push(value);
    if (beside !== undefined) series.besides.push(beside);
  }

  note(text) {
    this.notes.push(text);
  }
}

function end() {
  stopAll();
  network.close();
  rmSync(folder, { recursive: true, force: true });
}
process.on('SIGINT', () => {
  end();
  process.exit(130);
});

try {
  const sites = new Sites(folder, { largeOctets: options.quick ? 1 << 28 : 1 << 30 });
  for (const row of rows) {
    const bench = new Bench(sites);
    console.log(`\n${row.title} …`);
    try {
      await row.measure(bench);
      const lines = table(row, bench.series, bench.notes);
      console.log(lines.slice(2).join('\n'));
      sections.push(lines.join('\n'));
    } catch (error) {
      status = 1;
      console.error(`FAILED: ${error.stack}`);
      sections.push(`### ${row.title}\n\nFailed: ${error.message.split('\n')[0]}`);
    }
  }
} finally {
  end();
}

const version = (command, args, pattern) =>
  pattern.exec(run('sh', ['-c', `${command} ${args} 2>&1 || true`]))?.[0] ?? '';
const about = machine([
  version('nginx', '-v', /nginx\/\S+/),
  version('wrk', '-v', /wrk \S+/),
  version('curl', '--version', /curl \S+/),
]);
if (!options.quick && (positionals.length === 0 || options.write)) {
  const text = `# Results

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}. Medians, with the lowest and the highest of
${options.rounds ?? 5} rounds in which the servers took turns. Client and server are hosts of their own (network
namespaces): ours on a tap, nginx and node:http over veth, nginx with one worker. CPU is the server's, user and system
of all its processes.

${about.map((line) => `- ${line}`).join('\n')}

${sections.join('\n\n')}
`;
  writeFileSync(join(root, 'bench/RESULTS.md'), text);
  console.log(`\nwritten to bench/RESULTS.md`);
}
process.exit(status);
