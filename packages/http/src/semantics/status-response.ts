import { OctetsBody } from './body.ts';
import { octetsOf } from './characters.ts';
import type { HttpResponse } from './http-service.ts';
import { type ResponseField, ResponseHead } from './response-head.ts';
import { phraseOf } from './status.ts';

/**
 * A response that says nothing but its status, in one line of text.
 *
 * @param detail follows the phrase, for people: what was wrong
 */
export function statusResponse(status: number, fields: readonly ResponseField[] = [], detail?: string): HttpResponse {
  const octets = octetsOf(`${status} ${phraseOf(status)}${detail === undefined ? '' : `: ${detail}`}\n`);
  const head = new ResponseHead(status, [
    ['content-type', 'text/plain; charset=utf-8'],
    ['content-length', String(octets.length)],
    ['x-content-type-options', 'nosniff'],
    ...fields,
  ]);
  return { head, body: new OctetsBody(octets), reusable: false };
}
