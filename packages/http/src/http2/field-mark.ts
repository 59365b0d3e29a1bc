import type { HpackField } from '../hpack/index.ts';
import { isFieldValue } from '../semantics/index.ts';

/** What is known about a field once it was looked at: flaws and kind. Kept in the field's `mark`. */
export const FieldMark = {
  /** It was looked at. */
  Known: 1,
  /** Name or value break RFC 9113 §8.2.1. */
  Malformed: 2,
  /** RFC 9113 §8.2.2: it has no place in HTTP/2. */
  ConnectionSpecific: 4,
  /** Its name begins with a colon (RFC 9113 §8.3). */
  Pseudo: 8,
} as const;

/** Fields that framing itself reads: the bits of a mark from {@link KIND_SHIFT} on. */
export const FieldKind = {
  Other: 0,
  Method: 1,
  Scheme: 2,
  Authority: 3,
  Path: 4,
  Host: 5,
  ContentLength: 6,
  Cookie: 7,
  Expect: 8,
  Priority: 9,
} as const;

export const KIND_SHIFT = 4;

const KINDS: ReadonlyMap<string, number> = new Map([
  [':method', FieldKind.Method],
  [':scheme', FieldKind.Scheme],
  [':authority', FieldKind.Authority],
  [':path', FieldKind.Path],
  ['host', FieldKind.Host],
  ['content-length', FieldKind.ContentLength],
  ['cookie', FieldKind.Cookie],
  ['expect', FieldKind.Expect],
  ['priority', FieldKind.Priority],
]);

/** RFC 9113 §8.2.2. */
export const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** A token (RFC 9110 §5.6.2) without upper-case letters, with a colon in front for a pseudo-header field. */
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** The mark of a field: looked at once, however often a table gives it. */
export function markOf(field: HpackField): number {
  if (field.mark === 0) field.mark = examine(field);
  return field.mark;
}

function examine(field: HpackField): number {
  const { name, value } = field;
  let mark: number = FieldMark.Known;
  // RFC 9113 §8.2.1, and RFC 9110 §5.5: no controls, no white space at either end.
  if (!NAME.test(name) || !isFieldValue(value)) mark |= FieldMark.Malformed;
  if (name.charCodeAt(0) === 0x3a) mark |= FieldMark.Pseudo;
  if (CONNECTION_SPECIFIC.has(name)) mark |= FieldMark.ConnectionSpecific;
  // RFC 9113 §8.2.2: TE may say trailers, and nothing else.
  if (name === 'te' && value.toLowerCase() !== 'trailers') mark |= FieldMark.ConnectionSpecific;
  return mark | ((KINDS.get(name) ?? FieldKind.Other) << KIND_SHIFT);
}
