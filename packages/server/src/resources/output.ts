import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * Where lines and captures go: a file or a standard stream. What is written while the other side is slow waits
 * in memory up to a limit, then whole writes are dropped and counted: a log never stops the server.
 */
export interface Output {
  /** Octets or text in whole units (lines, capture records): written together or not at all. The octets may be used again once it returns. */
  write(content: Uint8Array | string): void;
  /** Units that were dropped. */
  readonly dropped: number;
  /** Why writing failed for good (a full disk), else undefined. */
  readonly failure: Error | undefined;
  /** Resolves once everything was given to the operating system. */
  close(): Promise<void>;
}

/** Octets that may wait for a slow reader of standard output. */
const WAITING_LIMIT = 8 << 20;

/** A file that only we append to: written at once, so that nothing is lost when the process ends. */
export class FileOutput implements Output {
  dropped: number;
  failure: Error | undefined;
  readonly #fd: number;

  constructor(fd: number) {
    this.dropped = 0;
    this.failure = undefined;
    this.#fd = fd;
  }

  /** Opens `path`, emptied or for appending; throws what `fs.openSync` throws. */
  static open(path: string, how: 'replace' | 'append', mode: number): FileOutput {
    return new FileOutput(openSync(path, how === 'replace' ? 'w' : 'a', mode));
  }

  write(content: Uint8Array | string): void {
    if (this.failure !== undefined) {
      this.dropped++;
      return;
    }
    const octets = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    try {
      let at = 0;
      while (at < octets.length) at += writeSync(this.#fd, octets, at, octets.length - at);
    } catch (error) {
      this.failure = error as Error;
      this.dropped++;
    }
  }

  close(): Promise<void> {
    try {
      closeSync(this.#fd);
    } catch (error) {
      this.failure ??= error as Error;
    }
    return Promise.resolve();
  }
}

/** A standard stream: a terminal, a pipe or a file that whoever started us chose. */
export class StreamOutput implements Output {
  dropped: number;
  failure: Error | undefined;
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.dropped = 0;
    this.failure = undefined;
    this.#stream = stream;
    stream.on('error', (error) => {
      this.failure = error;
    });
  }

  write(content: Uint8Array | string): void {
    if (this.failure !== undefined || this.#stream.writableLength > WAITING_LIMIT) {
      this.dropped++;
      return;
    }
    this.#stream.write(typeof content === 'string' ? content : content.slice());
  }

  close(): Promise<void> {
    if (this.failure !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.write('', () => resolve());
    });
  }
}
