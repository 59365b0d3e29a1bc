/**
 * Opening archives: a copy that nobody can change, or a mapping where the archive is large.
 *
 * @packageDocumentation
 */
export { type ArchiveFile, COPY_OCTETS, openArchiveFile } from './archive-file.ts';
