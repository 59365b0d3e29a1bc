/** What an octet may be part of, as bits of the table that {@link is} looks at. */
export const Character = {
  /** tchar (RFC 9110 §5.6.2). */
  Token: 1,
  /** field-vchar, SP, HTAB (RFC 9110 §5.5): all but controls; obs-text included. */
  FieldValue: 2,
  /** What a request target may consist of (RFC 3986 §3.3, §3.4): pchar, `/`, `?` and `%`; no fragment, no octet above ASCII. */
  Target: 4,
  /** uri-host and port (RFC 3986 §3.2.2): unreserved, sub-delims, `%`, `:`, `[`, `]`. */
  Authority: 8,
  /** unreserved (RFC 3986 §2.3), and what a path holds unescaped without harm. */
  Plain: 16,
  HexDigit: 32,
  /** etagc (RFC 9110 §8.8.3). */
  EntityTag: 64,
} as const;

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SUB_DELIMITERS = "!$&'()*+,;=";

const TABLE: Uint8Array = new Uint8Array(256);

function allow(characters: string, bit: number): void {
  for (let i = 0; i < characters.length; i++) TABLE[characters.charCodeAt(i)]! |= bit;
}

allow(`${ALPHANUMERIC}!#$%&'*+-.^_\`|~`, Character.Token);
allow(`${ALPHANUMERIC}-._~%${SUB_DELIMITERS}:@/?`, Character.Target);
// Browsers send these unescaped in queries (WHATWG URL, query percent-encode set), nginx and Apache take them.
allow('[]{}|^`\\"<>', Character.Target);
allow(`${ALPHANUMERIC}-._~%${SUB_DELIMITERS}:[]`, Character.Authority);
allow(`${ALPHANUMERIC}-._~!$&'()*+,;=:@`, Character.Plain);
allow('0123456789abcdefABCDEF', Character.HexDigit);
for (let octet = 0; octet < 256; octet++) {
  if ((octet >= 0x20 && octet !== 0x7f) || octet === 0x09) TABLE[octet]! |= Character.FieldValue;
  if (octet === 0x21 || (octet >= 0x23 && octet !== 0x7f)) TABLE[octet]! |= Character.EntityTag;
}

/** Whether an octet (or the code of a character; above 255 is nothing) has one of the bits of {@link Character}. */
export function is(octet: number, bits: number): boolean {
  return (TABLE[octet]! & bits) !== 0;
}

/** Whether all of `octets[start, end)` have one of the bits. */
export function areAll(octets: Uint8Array, start: number, end: number, bits: number): boolean {
  for (let at = start; at < end; at++) if ((TABLE[octets[at]!]! & bits) === 0) return false;
  return true;
}

/** Whether a text is a token (RFC 9110 §5.6.2): one character or more, all tchar. */
export function isToken(text: string): boolean {
  return text.length > 0 && every(text, Character.Token);
}

/** Whether a text can be a field's value: no controls but HTAB, no white space at its ends. */
export function isFieldValue(text: string): boolean {
  return every(text, Character.FieldValue) && !/^[ \t]|[ \t]$/.test(text);
}

/**
 * Whether a text is `uri-host [ ":" port ]` (RFC 9110 §7.2), or empty: what Host and `:authority` carry. User
 * information is refused (RFC 9110 §4.2.4).
 */
export function isAuthority(text: string): boolean {
  if (!every(text, Character.Authority)) return false;
  return /^(?:\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[^[\]]+\]|[^:[\]]*)(?::\d{0,5})?$/.test(text);
}

function every(text: string, bits: number): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 255 || (TABLE[code]! & bits) === 0) return false;
  }
  return true;
}

/** Octets as text, one character each. */
export function latin1(octets: Uint8Array, start: number, end: number): string {
  if (end - start <= 4096) return String.fromCharCode.apply(undefined, octets.subarray(start, end) as never);
  let text = '';
  for (let at = start; at < end; at += 4096) {
    text += String.fromCharCode.apply(undefined, octets.subarray(at, Math.min(end, at + 4096)) as never);
  }
  return text;
}

/** Text of characters up to U+00FF as octets. */
export function octetsOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}
