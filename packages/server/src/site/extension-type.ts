import { needsExtension } from './content-type.ts';
import type { SiteArchive } from './site-archive.ts';

/**
 * The table of types by extension, loaded only when the archive has a file whose type its own table does not
 * tell: an archive made by `immuable` rarely has.
 */
export async function extensionTypesFor(
  archive: SiteArchive,
): Promise<((path: string) => string | undefined) | undefined> {
  for (const entry of archive.entries()) {
    if (!needsExtension(entry.path, entry.contentType)) continue;
    const { default: mimeTypes } = await import('mime-types');
    return (path) => {
      const dot = path.lastIndexOf('.');
      if (dot <= path.lastIndexOf('/') + 1) return undefined;
      // contentType() adds the charset that text has.
      const type = mimeTypes.contentType(path.slice(dot));
      return type === false ? undefined : type;
    };
  }
  return undefined;
}
