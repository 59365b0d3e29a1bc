import {
  type CodingPreference,
  type FieldLines,
  type HttpRequest,
  type HttpResponse,
  type HttpService,
  parseAcceptEncoding,
  type ResponseField,
  ResponseHead,
  statusResponse,
} from '@immuable-net/http';
import { extensionTypesFor } from './extension-type.ts';
import { PlainCache } from './plain-cache.ts';
import type { SiteArchive } from './site-archive.ts';
import type { SiteFile } from './site-file.ts';
import { CACHE_OCTETS, lowerCased, REMEMBERED_ENCODINGS, type SiteOptions } from './site-options.ts';
import { SitePlaces } from './site-places.ts';

const ALLOW = 'GET, HEAD, OPTIONS';

/** Methods that are known and not allowed here (RFC 9110 §9, RFC 5789); others are not implemented. */
const NOT_ALLOWED: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH', 'CONNECT', 'TRACE']);

/**
 * An archive as a site: answers requests for its files. The archive never changes, so what was answered once
 * is answered again by the same objects.
 */
export class Site implements HttpService {
  readonly #places: SitePlaces;
  readonly #cache: PlainCache;
  readonly #preferences: Map<string, CodingPreference>;
  /** Fields for responses that are no files. */
  readonly #fields: readonly ResponseField[];
  readonly #options: HttpResponse;
  readonly #absent: CodingPreference;

  /** Throws `PackError` when the archive's `_headers` cannot be read. */
  constructor(archive: SiteArchive, options: SiteOptions = {}) {
    this.#cache = new PlainCache(archive, options.cacheOctets ?? CACHE_OCTETS);
    this.#places = new SitePlaces(archive, this.#cache, options);
    this.#preferences = new Map();
    this.#fields = lowerCased(options.headers ?? []).filter(
      ([name]) => name !== 'content-type' && name !== 'x-content-type-options',
    );
    // RFC 9110 §9.3.7.
    const head = new ResponseHead(200, [['allow', ALLOW], ['content-length', '0'], ...this.#fields]);
    this.#options = { head, body: undefined, reusable: true };
    this.#absent = parseAcceptEncoding(undefined);
  }

  /** A site of an archive, with the table of types by extension where the archive needs it. */
  static async open(archive: SiteArchive, options: SiteOptions = {}): Promise<Site> {
    return new Site(archive, { ...options, typeOf: options.typeOf ?? (await extensionTypesFor(archive)) });
  }

  /** What in `_headers` could not be understood, one line each. */
  get warnings(): readonly string[] {
    return this.#places.rules.warnings;
  }

  /** Octets of inflated files held, how often one was inflated, and how many were damaged. */
  get cache(): { readonly octets: number; readonly misses: number; readonly failures: number } {
    return this.#cache;
  }

  /** @inheritdoc */
  respond(request: HttpRequest, _now: number): HttpResponse {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return this.#respondOther(method);
    const headOnly = method === 'HEAD';
    const place = this.#places.find(request.target);
    switch (place.kind) {
      case 'file':
        return this.#respondFile(place.file, request.fields, headOnly);
      case 'folder':
        return this.#redirect(place.location, request.target);
      case 'malformed':
        return statusResponse(400, this.#fields, 'malformed target');
      default:
        return this.#notFound(request.fields, headOnly);
    }
  }

  #respondOther(method: string): HttpResponse {
    if (method === 'OPTIONS') return this.#options;
    // RFC 9110 §15.5.6, §15.6.2.
    if (NOT_ALLOWED.has(method)) return statusResponse(405, [['allow', ALLOW], ...this.#fields]);
    return statusResponse(501, this.#fields);
  }

  #respondFile(file: SiteFile, fields: FieldLines, headOnly: boolean): HttpResponse {
    if (!file.sound) return this.#damaged();
    const chosen = file.choose(this.#preferenceOf(fields));
    // RFC 9110 §15.5.7: identity was excluded, and nothing else is here.
    if (chosen === undefined) return statusResponse(406, [['vary', 'accept-encoding'], ...this.#fields]);
    return chosen.respond(fields, headOnly) ?? this.#damaged();
  }

  #preferenceOf(fields: FieldLines): CodingPreference {
    const value = fields.get('accept-encoding');
    if (value === undefined) return this.#absent;
    let preference = this.#preferences.get(value);
    if (preference === undefined) {
      preference = parseAcceptEncoding(value);
      if (this.#preferences.size >= REMEMBERED_ENCODINGS) this.#preferences.clear();
      this.#preferences.set(value, preference);
    }
    return preference;
  }

  #redirect(location: string, target: string): HttpResponse {
    const mark = target.indexOf('?');
    const query = mark < 0 ? '' : target.slice(mark);
    return statusResponse(301, [['location', location + query], ...this.#fields]);
  }

  #notFound(fields: FieldLines, headOnly: boolean): HttpResponse {
    const page = this.#places.notFound;
    if (page?.sound) {
      const response = page.choose(this.#preferenceOf(fields))?.as(404, headOnly);
      if (response !== undefined) return response;
    }
    return statusResponse(404, this.#fields);
  }

  /** The archive does not hold what it says that it holds. */
  #damaged(): HttpResponse {
    return statusResponse(500, this.#fields, 'the archive is damaged here');
  }
}
