import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** One import of one source file. */
export interface Import {
  /** The file, from the root of the repository. */
  readonly file: string;
  /** The package the file belongs to: `tcp` for packages/tcp. */
  readonly package: string;
  /** What is imported, as written. */
  readonly specifier: string;
}

export const root: string = join(import.meta.dirname, '../..');

/** Every TypeScript source of every package, tests left out. */
export function sources(): string[] {
  const found: string[] = [];
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name, 'src');
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts')) found.push(relative(root, join(entry.parentPath, entry.name)));
    }
  }
  return found.sort();
}

/** The text of a source, comments left out (strings are kept). */
export function code(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\s\/\/ .*$/gm, '');
}

/** Every import, static, dynamic or re-exported, of every source. */
export function imports(): Import[] {
  const found: Import[] = [];
  for (const file of sources()) {
    const text = code(file);
    for (const match of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g)) {
      found.push({ file, package: file.split('/')[1]!, specifier: match[2]! });
    }
  }
  return found;
}
