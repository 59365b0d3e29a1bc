import { entityTagsHold } from './entity-tag.ts';
import type { FieldLines } from './fields.ts';

/** What the conditions of a request come to. */
export const Verdict = {
  /** Answer as if there were no conditions. */
  Proceed: 0,
  /** 304: the client has this representation (RFC 9110 §15.4.5). */
  NotModified: 1,
  /** 412 (RFC 9110 §15.5.13). */
  Failed: 2,
} as const;

/** One of {@link Verdict}. */
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/**
 * Evaluates the preconditions of a GET or HEAD in the order of RFC 9110 §13.2.2 for a representation with the
 * strong entity tag `tag` and no modification date: If-Modified-Since and If-Unmodified-Since are ignored where
 * there is no such date (§13.1.3, §13.1.4).
 */
export function evaluatePreconditions(fields: FieldLines, tag: string): Verdict {
  const ifMatch = fields.get('if-match');
  if (ifMatch !== undefined && !entityTagsHold(ifMatch, tag, false)) return Verdict.Failed;
  const ifNoneMatch = fields.get('if-none-match');
  if (ifNoneMatch !== undefined && entityTagsHold(ifNoneMatch, tag, true)) return Verdict.NotModified;
  return Verdict.Proceed;
}

/**
 * Whether If-Range lets the Range field be used (RFC 9110 §13.1.5): one strong entity tag, compared strongly.
 * A date never matches: there is no modification date to compare it to.
 */
export function ifRangeHolds(value: string, tag: string): boolean {
  return value === tag;
}
