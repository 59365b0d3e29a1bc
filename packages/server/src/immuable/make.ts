import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PackWriter, type WrittenFile, type WrittenObject } from '@immuable-net/pack';
import { ExitStatus } from '../exit-status.ts';
import { type Log, wantsColour } from '../logs/log.ts';
import { ProgramFailure } from '../program-failure.ts';
import { hostFailure } from './host-failure.ts';
import type { MakeOptions } from './options.ts';
import { OutputFile } from './output-file.ts';
import { type Progress, startProgress } from './progress.ts';
import { shown } from './shown.ts';
import { type WalkedFile, walkFolder } from './walk-folder.ts';

/** Content by which the type of a large file is told. */
const HEAD_OCTETS: number = 64 * 1024;
/** So many left-out names are printed unless more is asked for. */
const NAMED = 5;

type Recognise = (path: string, octets: Uint8Array, whole: boolean) => Promise<string | undefined>;

/** Lets signals and the progress bar have a turn. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** `immuable make`: writes an archive of a folder. */
export async function make(options: MakeOptions, log: Log): Promise<ExitStatus> {
  const given = options.output;
  if (given !== undefined && existsSync(given) && !options.force) {
    throw hostFailure(`cannot make ${shown(given)}`, { code: 'EEXIST' });
  }
  const place = dirname(resolve(given ?? 'x'));
  const walked = walkFolder(options.folder, options.include, given === undefined ? undefined : realOutput(given));
  sayLeftOut(walked.leftOut, options, log);
  const total = walked.files.reduce((sum, file) => sum + file.length, 0);
  const recognise: Recognise = options.recognition
    ? (await import('@immuable-net/pack/content-type')).contentTypeOf
    : async () => undefined;
  const output = new OutputFile(place);
  const progress = await startProgress(
    options.progress,
    options.width,
    total,
    wantsColour(options.color, process.stderr, process.env),
  );
  const stop = (): void => {
    progress.end();
    output.discard();
    log.error('stopped; nothing is left behind.');
    process.exit(ExitStatus.Interrupted);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  try {
    const writer = new PackWriter(output, {
      hash: options.algorithm,
      signature: options.signature,
      pageOctets: options.pageSize,
      deltas: options.deltas,
    });
    const files: WrittenFile[] = [];
    const large = new LargeFiles(writer, options.storeAbove);
    for (const file of walked.files) {
      files.push(await addFile(file, writer, large, recognise, progress));
      log.debug(shown(file.path));
    }
    const made = await writer.finish(files, walked.folders, turn);
    const path = given ?? join(place, `pack-${made.trailer}.pack`);
    output.keep(path, options.force);
    progress.end();
    log.info(
      `${shown(given ?? basename(path))}: ${files.length} files of ${total} octets in ${made.length}` +
        ` (${made.deflated} compressed, ${made.stored} stored, ${made.deltas} as deltas), trailer ${made.trailer}`,
    );
    if (given === undefined) process.stdout.write(`${basename(path)}\n`);
    return ExitStatus.Done;
  } catch (error) {
    progress.end();
    throw hostFailure(`cannot make ${shown(given ?? 'the archive')}`, error);
  } finally {
    output.discard();
    process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
  }
}

/** Where the archive will be, links resolved: it may be in the folder that is packed. */
function realOutput(output: string): string {
  try {
    return join(realpathSync(dirname(resolve(output))), basename(output));
  } catch (error) {
    throw hostFailure(`cannot write in ${shown(dirname(output))}`, error);
  }
}

function sayLeftOut(leftOut: readonly string[], options: MakeOptions, log: Log): void {
  if (leftOut.length === 0) return;
  const named = options.verbosity === 'debug' ? leftOut : leftOut.slice(0, NAMED);
  const more = leftOut.length - named.length;
  log.info(
    `left out: ${named.map(shown).join(', ')}${more > 0 ? ` and ${more} more` : ''} (--include PATTERN keeps what matches)`,
  );
}

async function addFile(
  file: WalkedFile,
  writer: PackWriter,
  large: LargeFiles,
  recognise: Recognise,
  progress: Progress,
): Promise<WrittenFile> {
  const { path, mode } = file;
  if (file.length > large.above) {
    const { object, head } = await large.add(file, progress);
    return { path, mode, object, contentType: await recognise(path, head, false) };
  }
  let octets: Uint8Array;
  try {
    octets = readFileSync(file.source);
  } catch (error) {
    throw hostFailure(`cannot read ${shown(file.source)}`, error);
  }
  const object = await writer.add(octets);
  progress.advance(octets.length);
  return { path, mode, object, contentType: await recognise(path, octets, true) };
}

/** Files that are stored as they are, a piece at a time. */
class LargeFiles {
  readonly above: number;
  readonly #writer: PackWriter;
  readonly #lengths: Set<number>;

  constructor(writer: PackWriter, above: number) {
    this.above = above;
    this.#writer = writer;
    this.#lengths = new Set();
  }

  async add(file: WalkedFile, progress: Progress): Promise<{ object: WrittenObject; head: Uint8Array }> {
    let fd: number;
    try {
      fd = openSync(file.source, 'r');
    } catch (error) {
      throw hostFailure(`cannot read ${shown(file.source)}`, error);
    }
    try {
      const { size } = fstatSync(fd);
      if (size !== file.length)
        throw new ProgramFailure(ExitStatus.Host, `${shown(file.source)} changes while it is read: run it again.`);
      const head = new Uint8Array(Math.min(HEAD_OCTETS, size));
      readSync(fd, head, 0, head.length, 0);
      const from = (advance: boolean): ((target: Uint8Array) => number) => {
        let position = 0;
        return (target) => {
          const count = readSync(fd, target, 0, target.length, position);
          position += count;
          if (advance) progress.advance(count);
          return count;
        };
      };
      // Read twice only where a file of the same length came before: equal files are stored once.
      const known = this.#lengths.has(size) ? await this.#writer.findLarge(size, from(false), turn) : undefined;
      this.#lengths.add(size);
      if (known !== undefined) progress.advance(size);
      return { object: known ?? (await this.#writer.addLarge(size, from(true), turn)), head };
    } finally {
      closeSync(fd);
    }
  }
}
