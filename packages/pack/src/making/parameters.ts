/** A file whose zlib stream is longer than this part of it is stored: 5 % less is not worth inflating. */
export const STORE_RATIO: number = 0.95;

/** Larger files are stored unless told otherwise, so that ranges of them are slices of the archive. */
export const STORE_ABOVE_OCTETS: number = 8 * 1024 * 1024;

/** A delta costs the file its gzip coding and its slices: smaller files than this are not worth it. */
export const DELTA_LEAST_OCTETS: number = 8 * 1024;

/** Larger files are no deltas: they are resolved whole when they are served. */
export const DELTA_MOST_OCTETS: number = 1024 * 1024;

/**
 * Instructions pay up to this part of a file that does not compress: it loses its slices alone. Of one that does,
 * only when next to nothing changed: as a delta it goes uncompressed to clients that would take gzip.
 */
export const DELTA_RATIO_INCOMPRESSIBLE: number = 1 / 4;
export const DELTA_RATIO_COMPRESSIBLE: number = 1 / 64;

/** How much of a file tells whether it compresses. */
export const SAMPLE_OCTETS = 4096;

/** Files kept as possible bases, in octets of all together. Git's window is 10 objects, bounded by no octets. */
export const DELTA_WINDOW_OCTETS: number = 16 * 1024 * 1024;

/** Octets and files that wait for their zlib streams at a time: both cores are busy, memory stays bounded. */
export const PENDING_OCTETS: number = 32 * 1024 * 1024;
export const PENDING_FILES = 64;

/** Solo5 block devices have sectors of 512 octets. */
export const PAGE_OCTETS = 512;

/** zlib's levels: what is at most 256 KiB is compressed as hard as can be, the rest as zlib would. */
export const HARD_LEVEL = 9;
export const HARD_LEVEL_MOST_OCTETS: number = 256 * 1024;
export const USUAL_LEVEL = 6;
