import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the server keeps between runs: small files that its owner alone may read. */
export class StateFolder {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** `$XDG_STATE_HOME/immuable-net`, or `~/.local/state/immuable-net`; made with mode 0700. */
  static async open(): Promise<StateFolder> {
    const folder = join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'immuable-net');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    return new StateFolder(folder);
  }

  /** Where a file lies: for messages. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** A file's text; undefined when there is none. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.path(name), 'latin1');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Writes a file aside, with mode 0600, and renames it: never half of one. */
  async write(name: string, text: string): Promise<void> {
    const aside = this.path(`${name}.${process.pid}`);
    await writeFile(aside, text, { mode: 0o600, encoding: 'latin1' });
    await rename(aside, this.path(name));
  }

  /** Takes a file away, if it is there. */
  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }
}
