/**
 * What type a file is of: by its content where that is certain, by its extension otherwise. An entry of its own,
 * because the tables that it loads are large.
 *
 * ```ts
 * import { contentTypeOf } from '@immuable-net/pack/content-type';
 *
 * await contentTypeOf('page.html', octets); // 'text/html; charset=utf-8'
 * ```
 *
 * @packageDocumentation
 */
export { contentTypeOfExtension } from './extension.ts';
export { contentTypeOf } from './recognise.ts';
