import type { Server } from 'node:net';
import type { OpenedTapQueue, TapOptions } from '@immuable-net/tap';
import type { ArchiveFile } from '../archive-file/index.ts';
import type { Output } from './output.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * Everything that the server opens comes to it through here: it names what it wants, and is given a descriptor or
 * its content. In process this opens; behind a sandbox another process does, which no octet of the wire reaches.
 *
 * Each call rejects with a `ProgramFailure` that says what is wrong and what to do.
 */
export interface Resources {
  /** One queue of a tap, attached to or created, and then the host's side of it set up. */
  openTap(options: TapOptions): Promise<OpenedTapQueue>;
  /** An archive's octets: a copy that nobody can change, or a mapping where it is large. */
  openArchive(path: string): Promise<ArchiveFile>;
  /** A certificate, a list of authorities, a stapled response: whole, at most 1 MiB. */
  readWhole(path: string, what: string): Promise<Uint8Array>;
  /** Standard output, for an access log. */
  standardOutput(): Output;
  /** A file of ours that is written from its beginning: a capture. Readable by its owner alone. */
  openCapture(path: string): Promise<Output>;
  /** A file that lines are appended to: secrets for Wireshark. Readable by its owner alone. */
  openKeyLog(path: string): Promise<Output>;
  /** What is kept between runs: a local authority and what it issued. */
  openState(): Promise<StateFolder>;
  /** A socket of the host that listens: connections come half-open-capable and paused. */
  listenOnHost(host: string, port: number): Promise<Server>;
}
