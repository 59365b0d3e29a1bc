import { Coding, type CodingPreference, type ResponseField } from '@immuable-net/http';
import type { PackEntry } from '@immuable-net/pack';
import { codedContent, identityContent } from './file-contents.ts';
import type { PlainCache } from './plain-cache.ts';
import { Representation } from './representation.ts';
import type { ArchiveLease, SiteArchive } from './site-archive.ts';

/** A file of the archive with the fields that its path gets: its representations are made when they are first asked for. */
export class SiteFile {
  /** Whether it depends on Accept-Encoding which representation is chosen. */
  readonly negotiated: boolean;
  readonly #archive: SiteArchive;
  readonly #entry: PackEntry;
  readonly #contentType: string;
  readonly #fields: readonly ResponseField[];
  readonly #cache: PlainCache;
  readonly #lease: ArchiveLease | undefined;
  readonly #representations: (Representation | undefined)[];

  constructor(
    archive: SiteArchive,
    entry: PackEntry,
    contentType: string,
    fields: readonly ResponseField[],
    cache: PlainCache,
    lease: ArchiveLease | undefined,
  ) {
    this.#archive = archive;
    this.#entry = entry;
    this.#contentType = contentType;
    this.negotiated = entry.storage === 'deflated' && entry.length > 0;
    this.#fields = this.negotiated ? [['vary', 'accept-encoding'], ...fields] : fields;
    this.#cache = cache;
    this.#lease = lease;
    this.#representations = [undefined, undefined, undefined];
  }

  /**
   * The representation that a client prefers (RFC 9110 §12.5.3); `undefined` when it takes none that there is.
   * Call only when {@link sound}.
   */
  choose(preference: CodingPreference): Representation | undefined {
    for (const coding of preference.order) {
      if (coding === Coding.Identity || this.negotiated) return this.#representation(coding);
    }
    return undefined;
  }

  /** Whether the archive holds what its index says; looked at once. */
  get sound(): boolean {
    return this.#archive.isSound(this.#entry);
  }

  #representation(coding: Coding): Representation {
    return (this.#representations[coding] ??= new Representation(
      coding === Coding.Identity
        ? identityContent(this.#archive, this.#entry, this.#cache, this.#lease)
        : codedContent(this.#archive, this.#entry, coding, this.#lease),
      this.#contentType,
      this.#fields,
    ));
  }
}
