import { type HashName, openPack, PackError } from '@immuable-net/pack';
import { ExitStatus } from '../exit-status.ts';
import { ProgramFailure } from '../program-failure.ts';
import type { Resources } from '../resources/resources.ts';
import { Site } from '../site/index.ts';
import type { ServeOptions } from './options.ts';

/** An archive that is open, and what answers requests from it. */
export interface ServedSite {
  readonly site: Site;
  /** The archive in a few words. */
  readonly summary: string;
  /** What of the archive's own rules was not understood, one line each. */
  readonly warnings: readonly string[];
  /** The same for HTTPS: with the fields that are sent there alone. */
  secure(): Promise<Site>;
  /** Gives the archive back, once no segment holds a slice of it. */
  close(): void;
}

/** Opens the archive that the options name and makes a site of it. Rejects with a `ProgramFailure`. */
export async function openSite(options: ServeOptions, resources: Resources): Promise<ServedSite> {
  const file = await resources.openArchive(options.pack);
  try {
    const pack = openPack(file.source, {
      hash: options.algorithm as HashName | undefined,
      signature: options.signature as HashName | undefined,
      verify: options.verify,
    });
    const siteOptions = {
      cacheOctets: options.cacheSize,
      cacheControl: options.cacheControl,
      headers: options.headers,
      cleanUrls: options.cleanUrls,
      spa: options.spa,
    };
    const site = await Site.open(pack, siteOptions);
    const secure = async (): Promise<Site> => {
      if (options.hsts === undefined) return site;
      // RFC 6797 §7.2: never in clear.
      const field = ['strict-transport-security', `max-age=${options.hsts}`] as const;
      return Site.open(pack, { ...siteOptions, headers: [...options.headers, field] });
    };
    return {
      site,
      summary: `${options.pack} (${pack.files} files)`,
      warnings: site.warnings,
      secure,
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    if (!(error instanceof PackError)) throw error;
    throw new ProgramFailure(ExitStatus.Archive, `cannot serve ${options.pack}: ${error.message}.`, { cause: error });
  }
}
