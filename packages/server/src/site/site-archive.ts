import type { SliceOwner } from '@immuable-net/octets';
import type { Pack } from '@immuable-net/pack';

/** What a site asks of an open archive. */
export type SiteArchive = Pick<
  Pack,
  'find' | 'findDirectory' | 'entries' | 'isSound' | 'appendPlain' | 'appendZlib' | 'inflateWhole' | 'inflateStream'
>;

/**
 * Whoever keeps an archive mapped: counted for every response that is being sent and every slice that is not
 * acknowledged, so that an archive that was replaced is unmapped when nobody needs it any more.
 */
export interface ArchiveLease extends SliceOwner {
  retain(): void;
}
