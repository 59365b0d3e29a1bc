/**
 * The archive: a Git-style pack, read and written.
 *
 * @packageDocumentation
 */
export {};
