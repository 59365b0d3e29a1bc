/**
 * The members of a comma-separated list (RFC 9110 §5.6.1) without the white space around them, empty ones left
 * out. Commas inside quoted strings part nothing.
 */
export function listMembers(value: string): string[] {
  const members: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= value.length; at++) {
    const code = at < value.length ? value.charCodeAt(at) : 0x2c;
    if (quoted && at < value.length) {
      if (code === 0x5c) at++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) {
      quoted = true;
    } else if (code === 0x2c) {
      const member = trimmed(value, start, at);
      if (member !== '') members.push(member);
      start = at + 1;
    }
  }
  return members;
}

/** Whether a list of tokens holds this one (in lower case), whatever the case of the list's. */
export function listHolds(value: string, token: string): boolean {
  for (const member of listMembers(value)) if (member.toLowerCase() === token) return true;
  return false;
}

/** `text[start, end)` without the spaces and tabs at its ends (OWS, RFC 9110 §5.6.3). */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = Math.min(end, text.length);
  while (from < to && isOws(text.charCodeAt(from))) from++;
  while (to > from && isOws(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
