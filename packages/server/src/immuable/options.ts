import { HASH_NAMES, type HashName, PAGE_OCTETS, STORE_ABOVE_OCTETS } from '@immuable-net/pack';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ExitStatus } from '../exit-status.ts';
import { LOG_LEVELS, type LogLevel } from '../logs/log.ts';

interface CommonOptions {
  readonly color: 'auto' | 'always' | 'never';
  readonly verbosity: LogLevel;
}

/** `immuable make FOLDER` */
export interface MakeOptions extends CommonOptions {
  readonly folder: string;
  /** Undefined: `pack-<trailer>.pack` in the working directory. */
  readonly output: string | undefined;
  readonly force: boolean;
  readonly algorithm: HashName;
  readonly signature: HashName | undefined;
  readonly pageSize: number;
  readonly width: number;
  readonly progress: boolean;
  readonly recognition: boolean;
  readonly deltas: boolean;
  /** Files of more octets are stored. */
  readonly storeAbove: number;
  readonly include: readonly string[];
}

/** `immuable mime FILE` */
export interface MimeOptions extends CommonOptions {
  readonly file: string;
}

/** `immuable list PACK`, `immuable verify PACK` */
export interface ReadOptions extends CommonOptions {
  readonly pack: string;
  readonly algorithm: HashName | undefined;
  readonly signature: HashName | undefined;
}

/** `immuable cat PACK PATH` */
export interface CatOptions extends ReadOptions {
  readonly path: string;
}

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'make'; readonly options: MakeOptions }
  | { readonly kind: 'mime'; readonly options: MimeOptions }
  | { readonly kind: 'list'; readonly options: ReadOptions }
  | { readonly kind: 'cat'; readonly options: CatOptions }
  | { readonly kind: 'verify'; readonly options: ReadOptions }
  /** Help, a version or a complaint was printed: end with this status. */
  | { readonly kind: 'ended'; readonly status: ExitStatus };

const MAXIMUM_PAGE = 1 << 20;
/** What is not stored is compressed in memory. */
const MAXIMUM_STORE_ABOVE: number = 1 << 29;

function pageSize(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MAXIMUM_PAGE || !Number.isInteger(Math.log2(value))) {
    throw new InvalidArgumentError(`"${text}" is no page size: give a power of two up to ${MAXIMUM_PAGE}.`);
  }
  return value;
}

function width(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000)
    throw new InvalidArgumentError(`"${text}" is no width: give a number from 1 to 1000.`);
  return value;
}

function size(text: string): number {
  const match = /^(\d+)([KMG]?)i?B?$/i.exec(text);
  const value =
    match === null
      ? Number.POSITIVE_INFINITY
      : Number(match[1]) * 1024 ** ' KMG'.indexOf(match[2]!.toUpperCase() || ' ');
  if (value > MAXIMUM_STORE_ABOVE) throw new InvalidArgumentError(`"${text}" is no size up to 512M: write it as 8M.`);
  return value;
}

function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

function common(command: Command): Command {
  return command
    .addOption(new Option('--color <when>', 'colour messages').choices(['auto', 'always', 'never']).default('auto'))
    .addOption(new Option('-v, --verbose', 'say more; twice for everything'))
    .addOption(new Option('-q, --quiet', 'say nothing but failures'))
    .addOption(new Option('--verbosity <level>', 'how much to say').choices(LOG_LEVELS).default('info'))
    .helpOption('-h, --help', 'print this and end');
}

function reading(command: Command): Command {
  return common(command)
    .addOption(
      new Option('-a, --algorithm <hash>', 'the hash that made the archive (default: found by its trailer)').choices(
        HASH_NAMES,
      ),
    )
    .addOption(new Option('--signature <hash>', 'the hash of its trailer, where it differs').choices(HASH_NAMES));
}

/** The argument table of `immuable`. `take` is called with what is asked for. */
export function immuableCommand(
  version: string,
  take: (kind: string, words: readonly string[], given: Record<string, unknown>) => void,
): Command {
  const program = new Command('immuable')
    .description('Makes immutable archives of folders, and reads them.')
    .version(version, '--version', 'print the version and end')
    .helpOption('-h, --help', 'print this and end')
    .helpCommand(false);
  common(
    program
      .command('make', { isDefault: true })
      .description('make an archive of a folder (the default command)')
      .argument('<folder>', 'the folder, or one file'),
  )
    .addOption(new Option('-o, --output <file>', 'the archive to make; must not exist (default: pack-<trailer>.pack)'))
    .addOption(new Option('-f, --force', 'replace the archive where it exists, by renaming'))
    .addOption(new Option('-a, --algorithm <hash>', 'the hash of ids and trailer').choices(HASH_NAMES).default('sha1'))
    .addOption(new Option('--signature <hash>', 'the hash of the trailer alone').choices(HASH_NAMES))
    .addOption(
      new Option('--pagesize <octets>', 'pad the archive to a multiple of this power of two')
        .argParser(pageSize)
        .default(PAGE_OCTETS),
    )
    .addOption(
      new Option('--include <pattern>', 'keep what would be left out (as in .gitignore); repeatable').argParser(
        repeated,
      ),
    )
    .addOption(
      new Option('--store-above <size>', 'larger files are stored, not compressed')
        .argParser(size)
        .default(STORE_ABOVE_OCTETS, '8M'),
    )
    .addOption(new Option('--without-deltas', 'write no file as a difference from another'))
    .addOption(new Option('--without-recognition', 'record no content types'))
    .addOption(new Option('--without-progress', 'show no progress bar'))
    .addOption(new Option('--width <columns>', 'the width of the progress bar').argParser(width).default(40))
    .action((folder: string, given: Record<string, unknown>) => take('make', [folder], given));
  common(program.command('mime').description("print a file's content type").argument('<file>')).action(
    (file: string, given: Record<string, unknown>) => take('mime', [file], given),
  );
  reading(program.command('list').description('list the files of an archive').argument('<pack>')).action(
    (pack: string, given: Record<string, unknown>) => take('list', [pack], given),
  );
  reading(
    program.command('cat').description('print a file of an archive').argument('<pack>').argument('<path>'),
  ).action((pack: string, path: string, given: Record<string, unknown>) => take('cat', [pack, path], given));
  reading(program.command('verify').description('check every object of an archive').argument('<pack>')).action(
    (pack: string, given: Record<string, unknown>) => take('verify', [pack], given),
  );
  return program;
}

/** Reads the command line. Whatever has to be said about it is written by `write`. */
export function parseImmuable(
  argv: readonly string[],
  version: string,
  write: { out(text: string): void; error(text: string): void },
): Invocation {
  let invocation: Invocation = { kind: 'ended', status: ExitStatus.Usage };
  const command = immuableCommand(version, (kind, words, given) => {
    invocation = invocationOf(kind, words, given, argv);
  });
  for (const each of [command, ...command.commands]) {
    each
      .exitOverride()
      .allowExcessArguments(false)
      .showSuggestionAfterError(true)
      .configureOutput({ writeOut: (text) => write.out(text), writeErr: () => undefined });
  }
  try {
    command.parse([...argv], { from: 'user' });
    return invocation;
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error && 'code' in error) {
      if (error.exitCode === 0) return { kind: 'ended', status: ExitStatus.Done };
      write.error(
        `${error.message.replace(/^error: /, '').replace(/\n+/g, ' ')} (immuable --help lists commands, immuable make --help the flags)`,
      );
      return { kind: 'ended', status: ExitStatus.Usage };
    }
    throw error;
  }
}

function invocationOf(
  kind: string,
  words: readonly string[],
  given: Record<string, unknown>,
  argv: readonly string[],
): Invocation {
  const shared: CommonOptions = { color: given.color as CommonOptions['color'], verbosity: verbosity(given, argv) };
  const hash = (name: string): HashName | undefined => given[name] as HashName | undefined;
  const read: ReadOptions = { ...shared, pack: words[0]!, algorithm: hash('algorithm'), signature: hash('signature') };
  switch (kind) {
    case 'mime':
      return { kind, options: { ...shared, file: words[0]! } };
    case 'list':
      return { kind, options: read };
    case 'verify':
      return { kind, options: read };
    case 'cat':
      return { kind, options: { ...read, path: words[1]! } };
    default:
      return {
        kind: 'make',
        options: {
          ...shared,
          folder: words[0]!,
          output: given.output as string | undefined,
          force: given.force === true,
          algorithm: given.algorithm as HashName,
          signature: hash('signature'),
          pageSize: given.pagesize as number,
          width: given.width as number,
          progress: given.withoutProgress !== true && given.quiet !== true,
          recognition: given.withoutRecognition !== true,
          deltas: given.withoutDeltas !== true,
          storeAbove: given.storeAbove as number,
          include: (given.include as readonly string[] | undefined) ?? [],
        },
      };
  }
}

/** `-v` counts from `--verbosity`: each one step more; `-q` is failures alone. */
function verbosity(given: Record<string, unknown>, argv: readonly string[]): LogLevel {
  if (given.quiet === true) return 'error';
  let level = LOG_LEVELS.indexOf(given.verbosity as LogLevel);
  for (const word of argv) level += word === '--verbose' ? 1 : /^-v+$/.test(word) ? word.length - 1 : 0;
  return LOG_LEVELS[Math.min(level, LOG_LEVELS.length - 1)]!;
}
