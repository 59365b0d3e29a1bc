/** The text whose UTF-8 octets these are, given as one character an octet; `undefined` when they are not UTF-8. */
export function utf8Of(octets: string): string | undefined {
  let ascii = true;
  const coded = new Uint8Array(octets.length);
  for (let at = 0; at < octets.length; at++) {
    const code = octets.charCodeAt(at);
    coded[at] = code;
    if (code > 0x7f) ascii = false;
  }
  if (ascii) return octets;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(coded);
  } catch {
    return undefined;
  }
}

/** The UTF-8 octets of a text, as one character each: what targets and field values are made of. */
export function utf8OctetsOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything within ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  let octets = '';
  for (const octet of new TextEncoder().encode(text)) octets += String.fromCharCode(octet);
  return octets;
}
