import { encodePath, type ResponseField, resolveTarget, UNNAMEABLE } from '@immuable-net/http';
import type { PackEntry } from '@immuable-net/pack';
import { contentTypeOf } from './content-type.ts';
import { HEADER_RULES_PATH, HeaderRules } from './header-rules.ts';
import type { PlainCache } from './plain-cache.ts';
import type { SiteArchive } from './site-archive.ts';
import { SiteFile } from './site-file.ts';
import { lowerCased, MAXIMUM_LINKS, REMEMBERED_TARGETS, type SiteOptions } from './site-options.ts';
import { utf8Of } from './utf8-text.ts';

/** Where a target leads. */
export type Place =
  | { readonly kind: 'file'; readonly file: SiteFile }
  /** A folder without its last slash: the Location, its query to be added. */
  | { readonly kind: 'folder'; readonly location: string }
  | { readonly kind: 'missing' }
  /** No target at all: a malformed escape. */
  | { readonly kind: 'malformed' };

const MISSING: Place = { kind: 'missing' };
const MALFORMED: Place = { kind: 'malformed' };

const SYMBOLIC_LINK = 0o120000;

/** Finds the file that a target names, under the site's rules about names; remembers what it found. */
export class SitePlaces {
  readonly rules: HeaderRules;
  readonly #archive: SiteArchive;
  readonly #cache: PlainCache;
  readonly #options: SiteOptions;
  readonly #fields: readonly ResponseField[];
  readonly #remembered: Map<string, Place>;
  /** Files by path and header rules: many targets can lead to one. */
  readonly #files: Map<string, SiteFile>;

  constructor(archive: SiteArchive, cache: PlainCache, options: SiteOptions) {
    this.#archive = archive;
    this.#cache = cache;
    this.#options = options;
    this.rules = readRules(archive);
    const fields: ResponseField[] = [['x-content-type-options', 'nosniff']];
    if (options.cacheControl !== undefined) fields.push(['cache-control', options.cacheControl]);
    const given = lowerCased(options.headers ?? []);
    this.#fields = [...fields.filter(([name]) => !given.some(([each]) => each === name)), ...given];
    this.#remembered = new Map();
    this.#files = new Map();
  }

  /** The place of a target in origin-form. */
  find(target: string): Place {
    // Queries are ignored: they do not make the memory grow either.
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const known = this.#remembered.get(path);
    if (known !== undefined) return known;
    const place = this.#find(path);
    if (place.kind === 'file') {
      if (this.#remembered.size >= REMEMBERED_TARGETS) this.#remembered.clear();
      this.#remembered.set(path, place);
    }
    return place;
  }

  /** `/404.html` of the archive, if there is one. */
  get notFound(): SiteFile | undefined {
    const entry = this.#entry('404.html');
    return entry === undefined ? undefined : this.#file(entry, '/404.html');
  }

  #find(target: string): Place {
    const resolved = resolveTarget(target);
    if (resolved === undefined) return MALFORMED;
    const path = resolved.path === UNNAMEABLE ? undefined : utf8Of(resolved.path);
    if (path === undefined) return MISSING;
    const name = path.slice(1);
    const entry = this.#entryFor(name);
    if (entry !== undefined) return { kind: 'file', file: this.#file(entry, path) };
    if (name !== '' && !name.endsWith('/') && this.#archive.findDirectory(name)) {
      // Only where something is to be found: an empty name would redirect to nothing.
      if (this.#entry(`${name}/index.html`) !== undefined) {
        return { kind: 'folder', location: encodePath(`${resolved.path}/`) };
      }
    }
    if (this.#options.spa === true) {
      const index = this.#entry('index.html');
      if (index !== undefined) return { kind: 'file', file: this.#file(index, '/index.html') };
    }
    return MISSING;
  }

  #entryFor(name: string): PackEntry | undefined {
    if (name === '' || name.endsWith('/')) return this.#entry(`${name}index.html`);
    const entry = this.#entry(name);
    if (entry !== undefined || this.#options.cleanUrls !== true) return entry;
    return this.#entry(`${name}.html`);
  }

  /** The file with this path in the archive, links followed, `_headers` left out. */
  #entry(path: string): PackEntry | undefined {
    let at = path;
    for (let links = 0; links <= MAXIMUM_LINKS; links++) {
      if (at === HEADER_RULES_PATH) return undefined;
      const entry = this.#archive.find(at);
      if (entry === undefined || entry.mode !== SYMBOLIC_LINK) return entry;
      const next = this.#follow(entry);
      if (next === undefined) return undefined;
      at = next;
    }
    return undefined;
  }

  #follow(link: PackEntry): string | undefined {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(this.#archive.inflateWhole(link, 4096));
    } catch {
      return undefined;
    }
    if (text.startsWith('/')) return undefined;
    const segments = link.path.split('/').slice(0, -1);
    for (const segment of text.split('/')) {
      if (segment === '..') {
        if (segments.pop() === undefined) return undefined;
      } else if (segment !== '' && segment !== '.') {
        segments.push(segment);
      }
    }
    return segments.join('/');
  }

  #file(entry: PackEntry, path: string): SiteFile {
    const rules = this.rules.match(path);
    const key = `${rules}\0${entry.path}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    let contentType = contentTypeOf(entry.path, entry.contentType, this.#options.typeOf);
    const fields: ResponseField[] = [];
    for (const field of this.rules.apply(this.#fields, rules)) {
      if (field[0] === 'content-type') contentType = field[1];
      else fields.push(field);
    }
    const file = new SiteFile(this.#archive, entry, contentType, fields, this.#cache, this.#options.lease);
    if (this.#files.size >= REMEMBERED_TARGETS) this.#files.clear();
    this.#files.set(key, file);
    return file;
  }
}

function readRules(archive: SiteArchive): HeaderRules {
  const entry = archive.find(HEADER_RULES_PATH);
  if (entry === undefined) return HeaderRules.none;
  return HeaderRules.parse(archive.inflateWhole(entry));
}
