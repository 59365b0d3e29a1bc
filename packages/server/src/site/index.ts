export { extensionTypesFor } from './extension-type.ts';
export { HeaderRules } from './header-rules.ts';
export { Site } from './site.ts';
export type { ArchiveLease, SiteArchive } from './site-archive.ts';
export { CACHE_OCTETS, type SiteOptions } from './site-options.ts';
