/** What may be text in UTF-8: all but control characters other than tab, newlines, form feed and escape. */
const ALLOWED: Uint8Array = (() => {
  const allowed = new Uint8Array(256).fill(1);
  allowed.fill(0, 0, 0x20);
  for (const octet of [0x09, 0x0a, 0x0c, 0x0d, 0x1b]) allowed[octet] = 1;
  allowed[0x7f] = 0;
  return allowed;
})();

/**
 * True for text in UTF-8. `whole` is false when the octets are only the beginning of a file: a character may then
 * be cut at the end.
 */
export function isUtf8Text(octets: Uint8Array, whole: boolean): boolean {
  for (let at = 0; at < octets.length; at++) {
    if (ALLOWED[octets[at]!] === 0) return false;
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: !whole });
    return true;
  } catch {
    return false;
  }
}
