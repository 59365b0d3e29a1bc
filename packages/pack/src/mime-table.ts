import { PackError } from './pack-error.ts';
import { decodeName } from './tree.ts';

/** What may stand in a Content-Type field: `type/subtype` and parameters, visible ASCII. */
const CONTENT_TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+[\t\x20-\x7e]*$/;
const MAXIMUM_CONTENT_TYPE = 255;

/** True for what can be sent as a Content-Type. */
export function isContentType(text: string): boolean {
  return text.length <= MAXIMUM_CONTENT_TYPE && CONTENT_TYPE.test(text);
}

/** Reads a MIME table: repeated `path NUL type NUL`. Throws `PackError`. */
export function readMimeTable(body: Uint8Array): Map<string, string> {
  const types = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const middle = body.indexOf(0, at);
    const end = middle < 0 ? -1 : body.indexOf(0, middle + 1);
    if (end < 0) throw new PackError('bad-mime-table', 'the MIME table ends inside an entry');
    const path = decodeName(body.subarray(at, middle));
    const type = decodeName(body.subarray(middle + 1, end));
    if (!isContentType(type))
      throw new PackError('bad-mime-table', `the MIME table has the malformed type ${JSON.stringify(type)}`);
    types.set(path, type);
    at = end + 1;
  }
  return types;
}

/** Writes a MIME table of `[path, type]`, in the order given. */
export function writeMimeTable(types: Iterable<readonly [string, string]>): Uint8Array {
  let text = '';
  for (const [path, type] of types) text += `${path}\0${type}\0`;
  return new TextEncoder().encode(text);
}
