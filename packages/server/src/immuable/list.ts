import { openPack } from '@immuable-net/pack';
import { ExitStatus } from '../exit-status.ts';
import { withPackFile } from './open-pack-file.ts';
import type { ReadOptions } from './options.ts';
import { shown } from './shown.ts';
import { print } from './standard-output.ts';

/** `immuable list`: a line for each file: mode, id, storage, octets, content type (or -), path; tabs between them. */
export function list(options: ReadOptions): Promise<ExitStatus> {
  return withPackFile(
    options.pack,
    (source) => openPack(source, { hash: options.algorithm, signature: options.signature }),
    async (pack) => {
      for (const entry of pack.entries()) {
        const columns = [
          entry.mode.toString(8),
          entry.id,
          entry.storage,
          entry.length,
          entry.contentType ?? '-',
          shown(entry.path),
        ];
        await print(`${columns.join('\t')}\n`);
      }
      return ExitStatus.Done;
    },
  );
}
