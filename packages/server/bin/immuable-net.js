#!/usr/bin/env node
// First of all: without a listener Node answers SIGUSR1 by opening a debugger port.
process.on('SIGUSR1', () => {});
const { existsSync } = await import('node:fs');
const { fileURLToPath } = await import('node:url');
const program = new URL('../dist/programs/immuable-net/main.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  const folder = fileURLToPath(new URL('../../..', import.meta.url));
  console.error(`immuable-net: not built yet; run: npm --prefix ${folder} run prepare`);
  process.exitCode = 69;
}
