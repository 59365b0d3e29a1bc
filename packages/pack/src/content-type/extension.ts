import mimeTypes from 'mime-types';

/** The type that the extension of `path` stands for, without parameters; undefined where there is none. */
export function contentTypeOfExtension(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return undefined;
  const type = mimeTypes.lookup(name.slice(dot));
  return type === false ? undefined : type;
}
