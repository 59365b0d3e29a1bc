import type { SingleBar } from 'cli-progress';

/** How far a command is. */
export interface Progress {
  /** So many octets more are done. */
  advance(octets: number): void;
  end(): void;
}

const NONE: Progress = { advance: () => undefined, end: () => undefined };

/** A bar on standard error when that is a terminal, else nothing. `total` is in octets. */
export async function startProgress(wanted: boolean, width: number, total: number, colour: boolean): Promise<Progress> {
  if (!wanted || process.stderr.isTTY !== true) return NONE;
  const { default: cliProgress } = await import('cli-progress');
  const bar: SingleBar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: colour
      ? '\u001b[36m{bar}\u001b[0m {percentage} % | {eta_formatted}'
      : '{bar} {percentage} % | {eta_formatted}',
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: width,
    clearOnComplete: true,
    hideCursor: true,
    // Signals are ours: the half archive goes first.
    gracefulExit: false,
  });
  bar.start(Math.max(total, 1), 0);
  return { advance: (octets) => bar.increment(octets), end: () => bar.stop() };
}
