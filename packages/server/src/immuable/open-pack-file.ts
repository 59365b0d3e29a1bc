import type { PackSource } from '@immuable-net/pack';
import { type Pack, PackError } from '@immuable-net/pack';
import { openArchiveFile } from '../archive-file/index.ts';
import { ExitStatus } from '../exit-status.ts';
import { ProgramFailure } from '../program-failure.ts';
import { hostFailure } from './host-failure.ts';
import { shown } from './shown.ts';

/** Opens an archive, gives it to `use`, and closes it. Throws `ProgramFailure` that names the archive. */
export async function withPackFile<T>(
  path: string,
  open: (source: PackSource) => Pack,
  use: (pack: Pack) => Promise<T>,
): Promise<T> {
  let file: ReturnType<typeof openArchiveFile>;
  try {
    file = openArchiveFile(path);
  } catch (error) {
    throw hostFailure(`cannot open the archive ${shown(path)}`, error, ExitStatus.Archive);
  }
  try {
    return await use(open(file.source));
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    throw new ProgramFailure(ExitStatus.Archive, `${shown(path)}: ${error.message}.`, { cause: error });
  } finally {
    file.close();
  }
}
