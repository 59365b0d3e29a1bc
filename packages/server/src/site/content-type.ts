import { isFieldValue } from '@immuable-net/http';

/** What is said of a file of which nothing is known. */
const UNKNOWN = 'application/octet-stream';

/**
 * The Content-Type of a file: the archive's, unless the archive says nothing, or says text/plain or text/xml (all
 * that content can tell of most text) where the extension says more; then the extension's.
 */
export function contentTypeOf(
  path: string,
  told: string | undefined,
  typeOf: ((path: string) => string | undefined) | undefined,
): string {
  const known = told !== undefined && told !== '' && isFieldValue(told) ? told : undefined;
  if (known !== undefined && !isVague(known)) return known;
  const type = typeOf?.(path);
  if (type === undefined || !isFieldValue(type)) return known ?? UNKNOWN;
  if (known !== undefined && type.startsWith('text/plain')) return known;
  return type;
}

/** Whether a file's extension has to be looked at at all. */
export function needsExtension(path: string, told: string | undefined): boolean {
  if (told === undefined || told === '') return true;
  return isVague(told) && !/\.(?:txt|text|log)$/i.test(path);
}

function isVague(type: string): boolean {
  return /^text\/(?:plain|xml)[ \t]*(?:;|$)/i.test(type);
}
