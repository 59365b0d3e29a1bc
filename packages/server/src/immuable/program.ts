import { existsSync, readFileSync } from 'node:fs';
import { PackError } from '@immuable-net/pack';
import { ExitStatus } from '../exit-status.ts';
import { Log, wantsColour } from '../logs/log.ts';
import { failureOf, ProgramFailure } from '../program-failure.ts';
import { parseImmuable } from './options.ts';

/** The version in the package's own manifest, above the bundle or above the sources. */
function version(): string {
  let folder = new URL('.', import.meta.url);
  for (;;) {
    const manifest = new URL('package.json', folder);
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
    folder = new URL('..', folder);
  }
}

/** Runs `immuable`: resolves with the status to end with. Says what is wrong in one line on standard error. */
export async function runImmuable(argv: readonly string[]): Promise<ExitStatus> {
  const invocation = parseImmuable(argv, version(), {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(`immuable: ${text}\n`),
  });
  if (invocation.kind === 'ended') return invocation.status;
  const { options } = invocation;
  const log = new Log('immuable', options.verbosity, wantsColour(options.color, process.stderr, process.env), (line) =>
    process.stderr.write(line),
  );
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? ExitStatus.Done : ExitStatus.Host),
  );
  try {
    // Each command is loaded when it is asked for: recognition alone takes longer than Node takes to start.
    switch (invocation.kind) {
      case 'make':
        return await (await import('./make.ts')).make(invocation.options, log);
      case 'mime':
        return await (await import('./mime.ts')).mime(invocation.options.file);
      case 'list':
        return await (await import('./list.ts')).list(invocation.options);
      case 'cat':
        return await (await import('./cat.ts')).cat(invocation.options);
      case 'verify':
        return await (await import('./verify.ts')).verify(invocation.options, log);
    }
  } catch (error) {
    const known = error instanceof PackError ? new ProgramFailure(ExitStatus.Archive, `${error.message}.`) : error;
    const { line, status } = failureOf(known);
    log.error(line);
    return status;
  }
}
