/** Objects of one archive. Git has no limit but the header's 2³² - 1; ours keeps the tables of a scan under 1 GB. */
export const MAXIMUM_OBJECTS: number = 1 << 22;

/** Paths of one archive: trees may share subtrees, so 30 small trees could otherwise name 2³⁰ files. */
export const MAXIMUM_PATHS: number = 1 << 21;

/** Folders inside folders. Linux takes paths of 4,096 octets. */
export const MAXIMUM_TREE_DEPTH = 256;

/** Octets of one path, as PATH_MAX of Linux. */
export const MAXIMUM_PATH_OCTETS = 4096;

/** Octets of a commit, tree, MIME table or index: they are read whole. */
export const MAXIMUM_STRUCTURE_OCTETS: number = 256 * 1024 * 1024;

/** Octets of what takes part in a delta (base, instructions, result): they are resolved whole. Git's big file threshold is 512 MiB. */
export const MAXIMUM_DELTA_OCTETS: number = 64 * 1024 * 1024;

/** Deltas on deltas. Git writes 50 and reads 4,095; the ancestor writes 50. */
export const MAXIMUM_DELTA_DEPTH = 255;

/** Up to here an object of a scan is inflated in one call; beyond it streams. */
export const WHOLE_OCTETS: number = 16 * 1024 * 1024;

/** Resolved delta bases kept at a time. Git's core.deltaBaseCacheLimit is 96 MiB. */
export const BASE_CACHE_OCTETS: number = 32 * 1024 * 1024;

/** Archives up to here are hashed whole when they are opened: 256 MiB of SHA-1 take about 0.2 s. */
export const VERIFY_OCTETS: number = 256 * 1024 * 1024;

/** Zeros behind the trailer. Pages of Solo5 block devices are 512 octets; ours are asked for. */
export const MAXIMUM_PADDING_OCTETS: number = 16 * 1024 * 1024;

/** What one turn of the event loop inflates at most: about 0.3 ms. */
export const TURN_OCTETS: number = 64 * 1024;

/** RFC 1951 §3.2.5: a match of 258 octets takes two bits at least, so 1 octet makes at most 1,032. */
export const MAXIMUM_DEFLATE_RATIO = 1032;

/** RFC 1951 §3.2.4: LEN of a stored block has 16 bits. */
export const STORED_RUN_OCTETS = 65535;
