/**
 * HTTP semantics, HTTP/1.1 and HTTP/2 with HPACK, sans-IO.
 *
 * @packageDocumentation
 */
export * from './semantics/index.ts';
