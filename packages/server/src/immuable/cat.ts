import { SliceQueue } from '@immuable-net/octets';
import { openPack, TURN_OCTETS } from '@immuable-net/pack';
import { ExitStatus } from '../exit-status.ts';
import { ProgramFailure } from '../program-failure.ts';
import { withPackFile } from './open-pack-file.ts';
import type { CatOptions } from './options.ts';
import { shown } from './shown.ts';
import { print } from './standard-output.ts';

/** `immuable cat`: writes a file of an archive to standard output. */
export function cat(options: CatOptions): Promise<ExitStatus> {
  return withPackFile(
    options.pack,
    (source) => openPack(source, { hash: options.algorithm, signature: options.signature }),
    async (pack) => {
      const entry = pack.find(options.path.replace(/^\/+/, ''));
      if (entry === undefined) {
        throw new ProgramFailure(
          ExitStatus.Archive,
          `${shown(options.pack)} has no file ${shown(options.path)} (immuable list shows what it has).`,
        );
      }
      const stream = pack.inflateStream(entry);
      const queue = new SliceQueue();
      while (stream.left > 0) {
        stream.emit(queue, TURN_OCTETS);
        if (stream.failure !== undefined) throw stream.failure;
        const octets = new Uint8Array(queue.length);
        queue.copy(0, octets.length, octets, 0);
        queue.clear();
        await print(octets);
      }
      return ExitStatus.Done;
    },
  );
}
