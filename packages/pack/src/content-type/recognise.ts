import { fileTypeFromBuffer } from 'file-type';
import { contentTypeOfExtension } from './extension.ts';
import { isUtf8Text } from './plain-text.ts';

/** Formats that others are built on: where the extension says more, it is believed. */
const CONTAINERS: ReadonlySet<string> = new Set([
  'application/gzip',
  'application/ogg',
  'application/x-cfb',
  'application/xml',
  'application/zip',
]);

/** Formats of text that begin in a way that is certain: two letters as of a bitmap (`BM`) begin many a text. */
const CERTAIN_TEXTS: ReadonlySet<string> = new Set([
  'application/pdf',
  'application/postscript',
  'application/rtf',
  'application/xml',
  'text/calendar',
  'text/vcard',
  'text/vtt',
]);

/** Types that a text file can be of, beside `text/…`. */
const TEXT_TYPES: RegExp =
  /^(text\/|application\/([a-z0-9.-]+\+)?(xml|json|yaml)$|image\/svg\+xml|application\/(javascript|ecmascript|rtf|postscript|pdf|sql|toml|x-sh|x-tex|x-httpd-php|xml-dtd|xslt\+xml|wsdl\+xml|node|ld\+json|manifest\+json)$)/;

/** Content by which a format is told: file-type reads up to the directory of an archive. */
const HEAD_OCTETS: number = 64 * 1024;

/**
 * The Content-Type of a file, or undefined where nothing tells. `octets` are its contents, or its beginning when
 * `whole` is false. Text in UTF-8 is given its charset.
 */
export async function contentTypeOf(
  path: string,
  octets: Uint8Array,
  whole: boolean = true,
): Promise<string | undefined> {
  const extension = contentTypeOfExtension(path);
  if (octets.length === 0) return extension === undefined ? undefined : withCharset(extension);
  if (isUtf8Text(octets, whole)) return withCharset(await textTypeOf(octets, extension));
  const content = await contentOf(octets);
  if (content === undefined) return extension;
  return CONTAINERS.has(content) ? (extension ?? content) : content;
}

async function textTypeOf(octets: Uint8Array, extension: string | undefined): Promise<string> {
  if (extension !== undefined && TEXT_TYPES.test(extension)) return extension;
  const content = await contentOf(octets);
  if (content !== undefined && CERTAIN_TEXTS.has(content)) return content;
  // Of a text, an extension such as .ts (MPEG transport streams, says the registry) tells nothing.
  return extension === undefined || /^(video|audio|image|font)\//.test(extension) ? 'text/plain' : extension;
}

async function contentOf(octets: Uint8Array): Promise<string | undefined> {
  try {
    return (await fileTypeFromBuffer(octets.subarray(0, HEAD_OCTETS)))?.mime;
  } catch {
    // A file that is cut where its format goes on.
    return undefined;
  }
}

/** RFC 8259 §11 and RFC 7303 give JSON and XML their own ways; JavaScript and text/… have the parameter. */
function withCharset(type: string): string {
  return /^text\/|\/javascript$/.test(type) ? `${type}; charset=utf-8` : type;
}
