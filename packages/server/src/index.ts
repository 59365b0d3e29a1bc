/**
 * The two programs: immuable-net serves, immuable makes archives.
 *
 * @packageDocumentation
 */
export {};
