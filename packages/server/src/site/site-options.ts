import type { ResponseField } from '@immuable-net/http';
import type { ArchiveLease } from './site-archive.ts';

/** How a site is served. */
export interface SiteOptions {
  /** Octets of inflated small files that are kept for clients that take no compression. 0 keeps none. */
  readonly cacheOctets?: number | undefined;
  /** The Cache-Control field of every file. */
  readonly cacheControl?: string | undefined;
  /** Fields for every response; one of a file that has the same name is replaced. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** `/page` serves `page.html`. */
  readonly cleanUrls?: boolean | undefined;
  /** `/index.html` is served for what is not in the archive. */
  readonly spa?: boolean | undefined;
  /** The type that a path's extension stands for; none without it. */
  readonly typeOf?: ((path: string) => string | undefined) | undefined;
  readonly lease?: ArchiveLease | undefined;
}

/** 16 MiB: as the ancestor's `--cachesize` rounds to, and 256 of the largest files that are kept. */
export const CACHE_OCTETS: number = 16 * 1024 * 1024;

/** Files up to here are inflated whole, in one turn of the event loop; larger ones stream. */
export const WHOLE_OCTETS: number = 64 * 1024;

/** Targets whose place in the archive is remembered, and Accept-Encoding values whose meaning is. Both are forgotten when full. */
export const REMEMBERED_TARGETS = 8192;
export const REMEMBERED_ENCODINGS = 256;

/** Links followed from a name to a file. Linux follows 40. */
export const MAXIMUM_LINKS = 8;

/** Rules in a `_headers` file, and octets of it. Netlify and Cloudflare take 100 rules. */
export const MAXIMUM_RULES = 1000;
export const MAXIMUM_RULES_OCTETS: number = 256 * 1024;

/** `*` in one pattern: matching takes at most the path's length to this power. Cloudflare takes one. */
export const MAXIMUM_STARS = 2;

/** Fields that are the server's own: a file that sets them would break its own framing. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'etag',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
]);

/** Names in lower case, as responses carry them. */
export function lowerCased(fields: readonly (readonly [string, string])[]): ResponseField[] {
  return fields.map(([name, value]) => [name.toLowerCase(), value]);
}
