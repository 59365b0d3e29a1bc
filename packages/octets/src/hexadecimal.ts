/** Octets as lower-case hexadecimal digits. */
export function toHex(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += (octet < 16 ? '0' : '') + octet.toString(16);
  return text;
}

/** Hexadecimal digits (white space ignored) as octets; throws `SyntaxError` on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new SyntaxError(`not hexadecimal: ${text}`);
  const octets = new Uint8Array(digits.length / 2);
  for (let i = 0; i < octets.length; i++) octets[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return octets;
}
