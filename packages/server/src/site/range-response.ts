import {
  type Body,
  type HttpResponse,
  JoinedBody,
  type OctetRange,
  OctetsBody,
  octetsOf,
  type ResponseField,
  ResponseHead,
} from '@immuable-net/http';
import type { Content } from './representation.ts';

/** A boundary has at most 70 characters (RFC 2046 §5.1.1). */
const BOUNDARY_CHARACTERS = 60;

/**
 * 206 with the ranges asked for, or 416 when there are none (RFC 9110 §15.3.7, §15.5.17). `undefined` when the
 * archive is damaged there.
 */
export function rangeResponse(
  content: Content,
  ranges: readonly OctetRange[],
  contentType: string,
  fields: readonly ResponseField[],
): HttpResponse | undefined {
  if (ranges.length === 0) {
    const unsatisfied = new ResponseHead(416, [
      ['content-range', `bytes */${content.length}`],
      ['content-length', '0'],
      ...fields,
    ]);
    return { head: unsatisfied, body: undefined, reusable: false };
  }
  if (ranges.length > 1) return severalRanges(content, ranges, contentType, fields);
  const { from, to } = ranges[0]!;
  const body = content.open(from, to);
  if (body === undefined) return undefined;
  const head = new ResponseHead(206, [
    ['content-type', contentType],
    ['content-range', contentRange(from, to, content.length)],
    ['content-length', String(to - from)],
    ...fields,
  ]);
  return { head, body, reusable: false };
}

// RFC 9110 §14.6.
function severalRanges(
  content: Content,
  ranges: readonly OctetRange[],
  contentType: string,
  fields: readonly ResponseField[],
): HttpResponse | undefined {
  // The file's own hash stands in no file that somebody could make.
  const boundary = content.tag.replace(/[^0-9a-zA-Z]/g, '').slice(0, BOUNDARY_CHARACTERS);
  const bodies: Body[] = [];
  let delimiter = `--${boundary}\r\n`;
  for (const { from, to } of ranges) {
    const body = content.open(from, to);
    if (body === undefined) return undefined;
    const part = `content-type: ${contentType}\r\ncontent-range: ${contentRange(from, to, content.length)}\r\n\r\n`;
    bodies.push(new OctetsBody(octetsOf(delimiter + part)), body);
    delimiter = `\r\n--${boundary}\r\n`;
  }
  bodies.push(new OctetsBody(octetsOf(`\r\n--${boundary}--\r\n`)));
  const joined = new JoinedBody(bodies);
  const head = new ResponseHead(206, [
    ['content-type', `multipart/byteranges; boundary=${boundary}`],
    ['content-length', String(joined.length)],
    ...fields,
  ]);
  return { head, body: joined, reusable: false };
}

function contentRange(from: number, to: number, length: number): string {
  return `bytes ${from}-${to - 1}/${length}`;
}
