/**
 * What is wrong with an archive (or with what an archive is to be made of).
 *
 * - `not-an-archive`: it does not begin as a pack does
 * - `unsupported-version`: a pack, of a version other than 2
 * - `truncated`: it ends too early
 * - `altered`: its trailer is no hash of its octets
 * - `wrong-hash`: another hash than the one asked for made it
 * - `bad-padding`: something other than zeros stands behind the trailer
 * - `bad-entry`, `bad-zlib`, `bad-delta`, `bad-commit`, `bad-tree`, `bad-name`, `bad-mime-table`, `bad-index`: that part is malformed
 * - `missing-object`: something refers to an object that the archive has not
 * - `too-large`: a limit of this reader or writer is exceeded
 */
export type PackErrorCode =
  | 'not-an-archive'
  | 'unsupported-version'
  | 'truncated'
  | 'altered'
  | 'wrong-hash'
  | 'bad-padding'
  | 'bad-entry'
  | 'bad-zlib'
  | 'bad-delta'
  | 'bad-commit'
  | 'bad-tree'
  | 'bad-name'
  | 'bad-mime-table'
  | 'bad-index'
  | 'missing-object'
  | 'too-large';

/** A bad archive. The message is one line that says what is wrong. */
export class PackError extends Error {
  readonly code: PackErrorCode;

  constructor(code: PackErrorCode, message: string) {
    super(message);
    this.name = 'PackError';
    this.code = code;
  }
}
