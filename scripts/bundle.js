/**
 * Bundles each program to one file: Node needs 100 ms more to load 250 small modules. What is imported
 * dynamically (TLS, certificates, MIME recognition) becomes a file of its own beside it, loaded when it is used.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './set-up.js';

/** Program → further entries: worker threads are files of their own. */
const entries = {
  'immuable-net': ['main.ts'],
  immuable: ['main.ts'],
};

for (const [program, files] of Object.entries(entries)) {
  const source = join(root, 'packages/server/src', program);
  const outdir = join(root, 'packages/server/dist/programs', program);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: files.map((file) => join(source, file)).filter((file) => existsSync(file)),
    outdir,
    entryNames: '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['immuable-source'],
    // koffi finds its native library beside its own files.
    external: ['koffi'],
    // CommonJS dependencies ask for `require`, which a module does not have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
  });
}
