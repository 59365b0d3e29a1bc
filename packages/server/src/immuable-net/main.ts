import { readFileSync } from 'node:fs';
import type { ExitStatus } from '../exit-status.ts';
import { Log, wantsColour } from '../logs/log.ts';
import { failureOf } from '../program-failure.ts';
import { InProcessResources } from '../resources/in-process.ts';
import { parseServeOptions } from './options.ts';
import { runServer } from './run-server.ts';

/** Runs `immuable-net`: resolves with the status to end with. */
async function main(argv: readonly string[]): Promise<ExitStatus> {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const invocation = parseServeOptions(argv, version, {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(`immuable-net: ${text}\n`),
  });
  if (invocation.kind === 'ended') return invocation.status;
  const { options } = invocation;
  const colour = wantsColour(options.color, process.stderr, process.env);
  const log = new Log('immuable-net', options.verbosity, colour, (line) => process.stderr.write(line));
  try {
    return await runServer(options, new InProcessResources(), log);
  } catch (error) {
    const { line, status } = failureOf(error);
    log.error(line);
    return status;
  }
}

process.exitCode = await main(process.argv.slice(2));
