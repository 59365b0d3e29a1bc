import { Character, is } from './characters.ts';

/** What {@link resolveTarget} found. */
export interface TargetPath {
  /** Path segments decoded, dot segments resolved, slashes merged: `/` or `/a/b` or `/a/b/`; one character an octet. */
  readonly path: string;
  /** The query with its `?`, as sent; empty without one. */
  readonly query: string;
}

/**
 * The path and query of an origin-form target (RFC 9112 §3.2.1). Percent-encoded octets are decoded (RFC 3986
 * §2.1), dot segments removed, encoded ones too (§5.2.4, §6.2.2.2), and empty segments left out, so that nothing above the
 * root can be named. An encoded slash is part of a name, not a separator (§2.2), and NUL is part of none: such a path
 * names nothing in an archive and is given as {@link UNNAMEABLE}. `undefined` for a malformed escape.
 */
export function resolveTarget(target: string): TargetPath | undefined {
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  const segments: string[] = [];
  let folder = true;
  let nameable = true;
  for (const encoded of raw.split('/')) {
    const segment = percentDecode(encoded);
    if (segment === undefined) return undefined;
    if (segment.includes('/') || segment.includes('\0')) nameable = false;
    folder = segment === '' || segment === '.' || segment === '..';
    if (segment === '..') segments.pop();
    else if (!folder) segments.push(segment);
  }
  if (!nameable) return { path: UNNAMEABLE, query };
  const path = segments.length === 0 ? '/' : `/${segments.join('/')}${folder ? '/' : ''}`;
  return { path, query };
}

/** The path of a target that no archive can hold. */
export const UNNAMEABLE = '\0';

/** Decodes `%XX`; `undefined` when an escape is malformed. */
export function percentDecode(text: string): string | undefined {
  let at = text.indexOf('%');
  if (at < 0) return text;
  let decoded = '';
  let from = 0;
  while (at >= 0) {
    if (!is(text.charCodeAt(at + 1), Character.HexDigit) || !is(text.charCodeAt(at + 2), Character.HexDigit)) {
      return undefined;
    }
    decoded += text.slice(from, at) + String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 3), 16));
    from = at + 3;
    at = text.indexOf('%', from);
  }
  return decoded + text.slice(from);
}

/**
 * A decoded path as it goes into Location: every octet that is not plain escaped, backslashes too (browsers take
 * them for slashes), and never beginning with `//`, which would name another host (RFC 3986 §4.2).
 */
export function encodePath(path: string): string {
  let encoded = '';
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code === 0x2f) {
      if (!encoded.endsWith('/')) encoded += '/';
    } else if (is(code, Character.Plain)) {
      encoded += path[at]!;
    } else {
      encoded += `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`;
    }
  }
  return encoded;
}
