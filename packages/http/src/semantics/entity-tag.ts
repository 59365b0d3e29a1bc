import { Character, is } from './characters.ts';

/**
 * Whether a list of entity tags (If-Match, If-None-Match: RFC 9110 §13.1) holds one that equals `tag` (quotes
 * included, strong). `*` holds every tag. Weak comparison ignores `W/`; strong comparison never matches a weak
 * tag (§8.8.3.2). What is no entity tag matches nothing.
 */
export function entityTagsHold(value: string, tag: string, weak: boolean): boolean {
  if (value.trim() === '*') return true;
  let at = 0;
  while (at < value.length) {
    const code = value.charCodeAt(at);
    if (code === 0x20 || code === 0x09 || code === 0x2c) {
      at++;
      continue;
    }
    let isWeak = false;
    if (code === 0x57 && value.charCodeAt(at + 1) === 0x2f) {
      isWeak = true;
      at += 2;
    }
    if (value.charCodeAt(at) !== 0x22) return false;
    let end = at + 1;
    while (end < value.length && is(value.charCodeAt(end), Character.EntityTag)) end++;
    if (value.charCodeAt(end) !== 0x22) return false;
    if ((weak || !isWeak) && end + 1 - at === tag.length && value.startsWith(tag, at)) return true;
    at = end + 1;
  }
  return false;
}
