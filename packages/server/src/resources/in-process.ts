import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { type OpenedTapQueue, openTap, TapError, type TapOptions } from '@immuable-net/tap';
import { type ArchiveFile, openArchiveFile } from '../archive-file/index.ts';
import { ExitStatus } from '../exit-status.ts';
import { ProgramFailure } from '../program-failure.ts';
import { FileOutput, type Output, StreamOutput } from './output.ts';
import type { Resources } from './resources.ts';
import { StateFolder } from './state-folder.ts';

/** Octets of a certificate file: the largest chains are a tenth of it. */
const WHOLE_LIMIT = 1 << 20;

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EADDRINUSE: 'the port is in use already',
  EADDRNOTAVAIL: 'this host has no such address',
  ENOTFOUND: 'there is no such host',
};

/** Why the operating system refused, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && REASONS[code]) || (code ?? message);
}

/** The failure for a tap that cannot be used: what is wrong, and the lines that help. */
export function tapFailure(error: unknown): unknown {
  if (!(error instanceof TapError)) return error;
  let line = error.message;
  if (error.code === 'no-root') {
    // Where sudo's secure_path hides a program that npm linked, its whole path works.
    const words = process.argv
      .slice(2)
      .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
    line += ` Run it as root: sudo ${process.execPath} ${process.argv[1]} ${words.join(' ')}`;
    if (error.remedy.length > 0)
      line += ` — or give this user a device: ${error.remedy.map((each) => `sudo ${each}`).join('; ')}`;
  } else if (error.remedy.length > 0) {
    line += ` Run: ${error.remedy.map((each) => `sudo ${each}`).join('; ')}`;
  }
  return new ProgramFailure(ExitStatus.Link, line, { cause: error });
}

/** Opens everything in this process: `npm start`, `--sandbox off`. */
export class InProcessResources implements Resources {
  readonly #standardOutput: Output;

  constructor() {
    this.#standardOutput = new StreamOutput(process.stdout);
  }

  async openTap(options: TapOptions): Promise<OpenedTapQueue> {
    try {
      return openTap(options);
    } catch (error) {
      throw tapFailure(error);
    }
  }

  async openArchive(path: string): Promise<ArchiveFile> {
    try {
      return openArchiveFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new ProgramFailure(ExitStatus.Archive, `cannot open the archive ${path}: ${reasonOf(error)}.`, {
        cause: error,
      });
    }
  }

  async readWhole(path: string, what: string): Promise<Uint8Array> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'r');
      const octets = Buffer.alloc(WHOLE_LIMIT + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(octets, length, octets.length - length);
        length += bytesRead;
        if (bytesRead === 0) break;
        if (length > WHOLE_LIMIT) {
          throw new ProgramFailure(ExitStatus.Host, `${what} ${path} is larger than ${WHOLE_LIMIT} octets.`);
        }
      }
      return octets.subarray(0, length);
    } catch (error) {
      if (error instanceof ProgramFailure) throw error;
      throw new ProgramFailure(ExitStatus.Host, `cannot read ${what} ${path}: ${reasonOf(error)}.`, { cause: error });
    } finally {
      await file?.close();
    }
  }

  standardOutput(): Output {
    return this.#standardOutput;
  }

  async openCapture(path: string): Promise<Output> {
    return this.#openFile(path, 'replace', 'the capture');
  }

  async openKeyLog(path: string): Promise<Output> {
    return this.#openFile(path, 'append', 'the key log');
  }

  async openState(): Promise<StateFolder> {
    try {
      return await StateFolder.open();
    } catch (error) {
      throw new ProgramFailure(
        ExitStatus.Host,
        `cannot make the state folder: ${reasonOf(error)}. Name another place by XDG_STATE_HOME.`,
        { cause: error },
      );
    }
  }

  async listenOnHost(host: string, port: number): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        const help = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? ' Give another: --forward PORT.' : '';
        reject(
          new ProgramFailure(ExitStatus.Host, `cannot listen on ${host}:${port}: ${reasonOf(error)}.${help}`, {
            cause: error,
          }),
        );
      });
      server.listen(port, host, resolve);
    });
    return server;
  }

  #openFile(path: string, how: 'replace' | 'append', what: string): Output {
    try {
      return FileOutput.open(path, how, 0o600);
    } catch (error) {
      throw new ProgramFailure(ExitStatus.Host, `cannot write ${what} ${path}: ${reasonOf(error)}.`, { cause: error });
    }
  }
}
