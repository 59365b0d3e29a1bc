import { PackError } from './pack-error.ts';

/** One line of a tree. */
export interface TreeEntry {
  /** As the archive writes it, in octal digits' value: 0o100644, 0o100664, 0o100755, 0o120000; 0o40000 for a folder. */
  readonly mode: number;
  readonly name: string;
  /** The raw id of the file's or the folder's object. */
  readonly id: Uint8Array;
}

/** The mode of a folder, however it is written. */
export const FOLDER_MODE = 0o40000;

/**
 * The modes that are read: the ancestor writes `400000` for a folder, Git `40000`; `ls-tree` shows `040000`.
 */
const MODES: ReadonlyMap<string, number> = new Map([
  ['100644', 0o100644],
  ['100664', 0o100664],
  ['100755', 0o100755],
  ['120000', 0o120000],
  ['400000', FOLDER_MODE],
  ['40000', FOLDER_MODE],
  ['040000', FOLDER_MODE],
]);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Text of octets that must be UTF-8. Throws `PackError`. */
export function decodeName(octets: Uint8Array): string {
  try {
    return decoder.decode(octets);
  } catch {
    throw new PackError(
      'bad-name',
      `the archive has a name that is not UTF-8: ${JSON.stringify(new TextDecoder().decode(octets))}`,
    );
  }
}

/** True for what may name a file or a folder: not empty, not `.` or `..`, without `/` and NUL. */
export function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');
}

/** Reads a tree: repeated `mode SP name NUL id`. Throws `PackError`. */
export function readTree(body: Uint8Array, idOctets: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    if (space < 0 || space - at > 6) throw new PackError('bad-tree', 'a tree has no mode where one must be');
    const digits = String.fromCharCode(...body.subarray(at, space));
    const mode = MODES.get(digits);
    if (mode === undefined) throw new PackError('bad-tree', `a tree has the unknown mode ${JSON.stringify(digits)}`);
    const nul = body.indexOf(0, space + 1);
    if (nul < 0 || body.length - nul - 1 < idOctets) throw new PackError('bad-tree', 'a tree ends inside an entry');
    const name = decodeName(body.subarray(space + 1, nul));
    if (!isName(name)) throw new PackError('bad-name', `a tree has the forbidden name ${JSON.stringify(name)}`);
    if (names.has(name)) throw new PackError('bad-tree', `a tree has ${JSON.stringify(name)} twice`);
    names.add(name);
    entries.push({ mode, name, id: body.slice(nul + 1, nul + 1 + idOctets) });
    at = nul + 1 + idOctets;
  }
  return entries;
}

/** Names, or paths, in the order of their UTF-8 octets. */
export function compareBytewise(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    // UTF-16 has the characters beyond U+FFFF in between, UTF-8 has them last.
    if (left !== right)
      return (isSurrogate(left) ? left + 0x10000 : left) - (isSurrogate(right) ? right + 0x10000 : right);
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Writes a tree, sorted bytewise, with the modes that the ancestor reads. */
export function writeTree(entries: readonly TreeEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => compareBytewise(a.name, b.name));
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const { mode, name, id } of sorted) {
    if (!isName(name)) throw new PackError('bad-name', `${JSON.stringify(name)} cannot name a file`);
    const head = encoder.encode(`${mode === FOLDER_MODE ? '400000' : mode.toString(8)} ${name}\0`);
    parts.push(head, id);
    length += head.length + id.length;
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
