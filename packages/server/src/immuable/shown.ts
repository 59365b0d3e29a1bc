/** A path as it may be printed: names are not ours, and a terminal obeys control characters. */
export function shown(path: string): string {
  return path.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
