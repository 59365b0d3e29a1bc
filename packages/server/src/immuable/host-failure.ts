import { ExitStatus } from '../exit-status.ts';
import { ProgramFailure } from '../program-failure.ts';

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'the disk is full; nothing is left behind, make room and run it again',
  EDQUOT: 'the quota is used up; nothing is left behind, make room and run it again',
  EFBIG: 'the file would be larger than the file system or a limit allows; nothing is left behind',
  EROFS: 'the file system is read-only',
  EIO: 'the device failed',
  ELOOP: 'links lead in a circle',
  EEXIST: 'it is there already; remove it, give another -o FILE, or replace it with --force',
  ENAMETOOLONG: 'the name is too long',
};

/** The failure for what the operating system refused: `doing` says what was tried, as "cannot read PATH". */
export function hostFailure(doing: string, error: unknown, status: ExitStatus = ExitStatus.Host): unknown {
  if (error instanceof ProgramFailure) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new ProgramFailure(status, `${doing}: ${REASONS[code] ?? code}.`, { cause: error });
}
