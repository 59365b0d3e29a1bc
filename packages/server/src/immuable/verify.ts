import { verifyPack } from '@immuable-net/pack';
import { ExitStatus } from '../exit-status.ts';
import type { Log } from '../logs/log.ts';
import { withPackFile } from './open-pack-file.ts';
import type { ReadOptions } from './options.ts';
import { shown } from './shown.ts';

/** `immuable verify`: checks every object of an archive, its trees, its index and its trailer. */
export function verify(options: ReadOptions, log: Log): Promise<ExitStatus> {
  return withPackFile(
    options.pack,
    (source) => verifyPack(source, { hash: options.algorithm, signature: options.signature }),
    async (pack) => {
      const hash = pack.trailerHash === pack.hash ? pack.hash : `${pack.hash}, trailer ${pack.trailerHash}`;
      log.info(
        `${shown(options.pack)} is sound: ${pack.objects} objects, ${pack.files} files, ${hash}, ${pack.indexed ? 'with' : 'without'} an index`,
      );
      return ExitStatus.Done;
    },
  );
}
