/**
 * `npm run test:nodes [-- 22 24 26]`: runs the tests under other releases of Node, from the npm package `node`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, root } from './set-up.js';

install();
build();
const releases = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];
let failed = 0;
for (const release of releases) {
  const folder = mkdtempSync(join(tmpdir(), `node-${release}-`));
  const added = spawnSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder, `node@${release}`],
    {
      stdio: 'inherit',
    },
  );
  const node = join(folder, 'node_modules/node/bin/node');
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim();
  console.log(`\n=== Node ${version ?? release}`);
  const tested =
    added.status === 0
      ? spawnSync(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot'], {
          cwd: root,
          stdio: 'inherit',
        })
      : added;
  if (tested.status !== 0) failed++;
  console.log(`=== Node ${version ?? release}: ${tested.status === 0 ? 'passed' : 'FAILED'}`);
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
