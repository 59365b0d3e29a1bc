/**
 * What `npm start`, `npm test` and `prepare` need first: dependencies installed and sources built, each only
 * when that is not so already.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the bundled programs lie. */
export const programs = {
  serve: join(root, 'packages/server/dist/programs/immuable-net/main.js'),
  make: join(root, 'packages/server/dist/programs/immuable/main.js'),
};

/** Runs a command with our standard streams; ends the process with its status when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Installs exactly what package-lock.json names, unless that is what stands in node_modules already. */
export function install() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('immuable-net: installing dependencies (npm ci) …');
  // `npm install -g .` runs us with its own settings in the environment: this install is not global.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
}

function newest(folder, match) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path, match));
    else if (match.test(entry.name)) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

/** Builds every package and both programs, unless they are newer than all sources. */
export function build() {
  const built = Object.values(programs).map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0));
  let sources = Math.max(
    statSync(join(root, 'tsconfig.base.json')).mtimeMs,
    statSync(join(root, 'scripts/bundle.js')).mtimeMs,
  );
  for (const name of readdirSync(join(root, 'packages'))) {
    sources = Math.max(sources, newest(join(root, 'packages', name, 'src'), /\.ts$/));
  }
  if (Math.min(...built) >= sources) return;
  console.error('immuable-net: building …');
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  run(process.execPath, [join(root, 'scripts/bundle.js')]);
}
