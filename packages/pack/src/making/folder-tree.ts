import { type EntryKind, EntryKind as Kind } from '../entry-header.ts';
import { FOLDER_MODE, type TreeEntry, writeTree } from '../tree.ts';

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: TreeEntry[];
}

/** What a tree names: a path, a mode and a raw id. */
export interface TreeFile {
  readonly path: string;
  readonly mode: number;
  readonly rawId: Uint8Array;
}

/**
 * Makes the trees of files and (empty) folders, the deepest first. `add` stores an object and returns its raw id.
 * Returns the root's.
 */
export function addTrees(
  files: Iterable<TreeFile>,
  folders: Iterable<string>,
  add: (kind: EntryKind, body: Uint8Array) => Uint8Array,
): Uint8Array {
  const root: Folder = { folders: new Map(), files: [] };
  const open = (names: readonly string[]): Folder => {
    let folder = root;
    for (const name of names) {
      let next = folder.folders.get(name);
      if (next === undefined) {
        next = { folders: new Map(), files: [] };
        folder.folders.set(name, next);
      }
      folder = next;
    }
    return folder;
  };
  for (const path of folders) if (path !== '') open(path.split('/'));
  for (const { path, mode, rawId } of files) {
    const names = path.split('/');
    open(names.slice(0, -1)).files.push({ mode, name: names.at(-1)!, id: rawId });
  }
  const close = (folder: Folder): Uint8Array => {
    const lines = [...folder.files];
    for (const [name, inner] of folder.folders) lines.push({ mode: FOLDER_MODE, name, id: close(inner) });
    return add(Kind.Tree, writeTree(lines));
  };
  return close(root);
}
