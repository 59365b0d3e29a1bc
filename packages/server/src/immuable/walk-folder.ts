import { lstatSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { ExitStatus } from '../exit-status.ts';
import { ProgramFailure } from '../program-failure.ts';
import { hostFailure } from './host-failure.ts';
import { LeftOut } from './left-out.ts';
import { shown } from './shown.ts';

/** A file that is to be in the archive. */
export interface WalkedFile {
  /** In the archive: `dir/file.html`. */
  readonly path: string;
  /** On the disk. */
  readonly source: string;
  readonly mode: number;
  readonly length: number;
}

/** What a folder holds. */
export interface WalkedFolder {
  /** In an order that depends on names alone. */
  readonly files: readonly WalkedFile[];
  readonly folders: readonly string[];
  /** What is left out, folders with a slash at their ends. */
  readonly leftOut: readonly string[];
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The mode that the archive records: who may execute, and whether the group may write. */
function modeOf(stat: Stats): number {
  if ((stat.mode & 0o100) !== 0) return 0o100755;
  return (stat.mode & 0o020) !== 0 ? 0o100664 : 0o100644;
}

class FolderWalk {
  readonly files: WalkedFile[];
  readonly folders: string[];
  readonly leftOut: string[];
  readonly #root: string;
  readonly #rules: LeftOut;
  readonly #output: string | undefined;

  constructor(root: string, rules: LeftOut, output: string | undefined) {
    this.files = [];
    this.folders = [];
    this.leftOut = [];
    this.#root = root;
    this.#rules = rules;
    this.#output = output;
  }

  /** Walks `folder`; `ancestors` are the real paths of the folders that it is in, for links that lead in a circle. */
  walk(folder: string, prefix: string, ancestors: readonly string[], keep: boolean): void {
    let names: Buffer[];
    try {
      names = readdirSync(folder, { encoding: 'buffer' });
    } catch (error) {
      throw hostFailure(`cannot read the folder ${shown(folder)}`, error);
    }
    names.sort(Buffer.compare);
    for (const octets of names) {
      let name: string;
      try {
        name = decoder.decode(octets);
      } catch {
        throw new ProgramFailure(
          ExitStatus.Host,
          `${shown(join(folder, octets.toString('latin1')))} has a name that is not UTF-8: rename it.`,
        );
      }
      try {
        this.#visit(join(folder, name), prefix + name, ancestors, keep);
      } catch (error) {
        throw hostFailure(`cannot read ${shown(join(folder, name))}`, error);
      }
    }
  }

  #visit(source: string, path: string, ancestors: readonly string[], keep: boolean): void {
    let stat = lstatSync(source);
    let real = join(ancestors.at(-1)!, basename(source));
    let out = false;
    if (stat.isSymbolicLink()) {
      try {
        real = realpathSync(source);
      } catch (error) {
        // A link that is left out may lead nowhere.
        if (this.#rules.has(path, false)) {
          this.leftOut.push(path);
          return;
        }
        throw hostFailure(`the link ${shown(source)} leads nowhere`, error);
      }
      stat = statSync(real);
      const target = relative(this.#root, real);
      if (target === '..' || target.startsWith(`..${sep}`)) {
        if (this.#rules.has(path, stat.isDirectory())) {
          this.leftOut.push(stat.isDirectory() ? `${path}/` : path);
          return;
        }
        throw new ProgramFailure(
          ExitStatus.Host,
          `the link ${shown(source)} leads out of the folder, to ${shown(real)}: copy what it leads to, or leave it out by .immuableignore.`,
        );
      }
      // What is left out is left out by another name too.
      out = target !== '' && this.#rules.has(target, stat.isDirectory());
    }
    const folder = stat.isDirectory();
    out ||= this.#rules.has(path, folder) || real === this.#output;
    if (folder) {
      if (out) this.leftOut.push(`${path}/`);
      if (out && !this.#rules.looksInside) return;
      if (ancestors.includes(real)) {
        throw new ProgramFailure(
          ExitStatus.Host,
          `the link ${shown(source)} leads to a folder that it is in: remove it, or leave it out by .immuableignore.`,
        );
      }
      if (!out && keep) this.folders.push(path);
      this.walk(source, `${path}/`, [...ancestors, real], keep && !out);
    } else if (out || !stat.isFile()) {
      // Sockets, pipes and devices have no contents of their own.
      this.leftOut.push(path);
    } else if (keep || !this.#rules.has(path, false)) {
      this.files.push({ path, source, mode: modeOf(stat), length: stat.size });
    }
  }
}

/**
 * Lists what an archive of `folder` (or of one file) holds. `output` is the archive that is being made: it is not
 * put into itself. Throws `ProgramFailure`.
 */
export function walkFolder(folder: string, include: readonly string[], output: string | undefined): WalkedFolder {
  let root: string;
  let stat: Stats;
  try {
    root = realpathSync(folder);
    stat = statSync(root);
  } catch (error) {
    throw hostFailure(`cannot read ${shown(folder)}`, error);
  }
  if (stat.isFile()) {
    const name = basename(folder);
    return { files: [{ path: name, source: root, mode: modeOf(stat), length: stat.size }], folders: [], leftOut: [] };
  }
  if (!stat.isDirectory())
    throw new ProgramFailure(ExitStatus.Host, `${shown(folder)} is neither a folder nor a file.`);
  const walk = new FolderWalk(root, new LeftOut(readIgnoreFile(root), include), output);
  walk.walk(root, '', [root], true);
  return walk;
}

function readIgnoreFile(root: string): string {
  const path = join(root, '.immuableignore');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw hostFailure(`cannot read ${shown(path)}`, error);
  }
}
