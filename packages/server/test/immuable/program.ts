import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** The program, bundled from the sources for one test file, and a folder to work in. */
export interface Program {
  readonly main: string;
  readonly folder: string;
  /** Runs the program to its end. */
  run(argv: readonly string[], options?: { cwd?: string; env?: NodeJS.ProcessEnv }): Ran;
  /** Starts the program. */
  start(argv: readonly string[]): ChildProcess;
  remove(): void;
}

/** How a run ended. */
export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** Bundles `immuable` beside the packages' modules, as scripts/bundle.js does. */
export async function bundleProgram(): Promise<Program> {
  // Below packages/server, so that koffi is found as it is in an installation.
  const outdir = mkdtempSync(join(import.meta.dirname, '../../.test-program-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/immuable/main.ts')],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['immuable-source'],
    external: ['koffi'],
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const main = join(outdir, 'main.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'immuable-cli-'));
  return {
    main,
    folder,
    run(argv, options = {}) {
      const ran = spawnSync(process.execPath, [main, ...argv], {
        cwd: options.cwd ?? folder,
        env: { ...process.env, ...options.env },
        maxBuffer: 1 << 28,
        encoding: 'latin1',
      });
      return { status: ran.status, out: ran.stdout, error: Buffer.from(ran.stderr, 'latin1').toString() };
    },
    start: (argv) => spawn(process.execPath, [main, ...argv], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
    remove() {
      rmSync(outdir, { recursive: true });
      rmSync(folder, { recursive: true });
    },
  };
}
