/** RFC 9218 §4.1: 0 (first) to 7 (last); without a signal, 3. */
export const DEFAULT_URGENCY = 3;

/**
 * Parses a Priority field value (RFC 9218 §4, a Dictionary of RFC 8941 §3.2): `u=5, i`. Returns urgency | incremental
 * << 3; unknown members, and known ones of the wrong type or range, are ignored; a value that is no Dictionary is
 * ignored whole.
 */
export function parsePriority(value: string): number {
  let urgency = DEFAULT_URGENCY;
  let incremental = 0;
  let at = skipSpace(value, 0);
  if (at === value.length) return DEFAULT_URGENCY;
  for (;;) {
    const nameEnd = skipKey(value, at);
    if (nameEnd === at) return DEFAULT_URGENCY;
    const name = value.slice(at, nameEnd);
    at = nameEnd;
    let item = '';
    if (value[at] === '=') {
      const end = skipItem(value, at + 1);
      if (end === at + 1) return DEFAULT_URGENCY;
      item = value.slice(at + 1, end);
      at = end;
    } else {
      item = '?1';
    }
    at = skipParameters(value, at);
    if (at < 0) return DEFAULT_URGENCY;
    // RFC 8941 §3.2: the last of several members with one name counts.
    if (name === 'u' && /^[0-7]$/.test(item)) urgency = Number(item);
    if (name === 'i' && (item === '?1' || item === '?0')) incremental = item === '?1' ? 1 : 0;
    at = skipSpace(value, at);
    if (at === value.length) return urgency | (incremental << 3);
    if (value[at] !== ',') return DEFAULT_URGENCY;
    at = skipSpace(value, at + 1);
    // A trailing comma is no Dictionary.
    if (at === value.length) return DEFAULT_URGENCY;
  }
}

function skipSpace(value: string, from: number): number {
  let at = from;
  while (value[at] === ' ' || value[at] === '\t') at++;
  return at;
}

/** RFC 8941 §3.1.2. */
const KEY = /[a-z*][a-z0-9_.*-]*/y;
/** Bare items (RFC 8941 §3.3) and inner lists (§3.1.1). */
const ITEM =
  /\([^()"]*\)|-?[0-9]{1,15}(?:\.[0-9]{1,3})?|"(?:[ !#-[\]-~]|\\["\\])*"|[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*|:[A-Za-z0-9+/=]*:|\?[01]/y;

function skipKey(value: string, from: number): number {
  KEY.lastIndex = from;
  return KEY.test(value) ? KEY.lastIndex : from;
}

function skipItem(value: string, from: number): number {
  ITEM.lastIndex = from;
  return ITEM.test(value) ? ITEM.lastIndex : from;
}

/** RFC 8941 §3.1.2: `;name=item`, any number of them. -1 when one is malformed. */
function skipParameters(value: string, from: number): number {
  let at = from;
  while (value[at] === ';') {
    at++;
    while (value[at] === ' ') at++;
    const nameEnd = skipKey(value, at);
    if (nameEnd === at) return -1;
    at = nameEnd;
    if (value[at] !== '=') continue;
    const end = skipItem(value, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  return at;
}
