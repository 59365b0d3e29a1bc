/**
 * `npm start`: on a fresh machine, without root or a tap. Sets everything up, packs examples/site, and serves it
 * on http://127.0.0.1:8080 through both of our stacks on a wire in memory. Arguments after `--` go to
 * `immuable-net` (`npm start -- --forward 9000`).
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, programs, root, run } from './set-up.js';

install();
build();
const folder = join(root, 'node_modules/.cache/immuable-net');
mkdirSync(folder, { recursive: true });
const pack = join(folder, 'site.pack');
run(process.execPath, [programs.make, 'make', '--force', '--quiet', '-o', pack, join(root, 'examples/site')]);
const given = process.argv.slice(2);
const forward = given.some(
  (word) => word === '--forward' || word.startsWith('--forward=') || word === '--tap' || word.startsWith('--tap='),
);
const args = [programs.serve, ...(forward ? [] : ['--forward', '127.0.0.1:8080']), '--pack', pack, ...given];
const child = spawn(process.execPath, args, { stdio: 'inherit' });
// The terminal sends a signal to the whole group; what is sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (status, signal) => {
  process.exitCode = signal ? 1 : (status ?? 1);
});
