/** Dotted decimal as one int32; undefined when it is anything else (leading zeros included: they were octal once). */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let word = 0;
  for (let i = 1; i <= 4; i++) {
    const part = match[i]!;
    const value = Number(part);
    if (value > 255 || (part.length > 1 && part[0] === '0')) return undefined;
    word = (word << 8) | value;
  }
  return word;
}

/** The text forms of RFC 4291 §2.2 as four int32 words; undefined when it is anything else. */
export function parseIpv6(text: string): number[] | undefined {
  let groupsText = text;
  const tail: number[] = [];
  // RFC 4291 §2.2 (3): the last four octets in dotted decimal.
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.')) {
    const word = parseIpv4(text.slice(lastColon + 1));
    if (word === undefined) return undefined;
    tail.push(word >>> 16, word & 0xffff);
    groupsText = text.slice(0, lastColon);
    if (groupsText.endsWith(':')) groupsText += ':';
  }
  const halves = groupsText.split('::');
  if (halves.length > 2) return undefined;
  const first = groups(halves[0]!);
  const second = halves.length === 2 ? groups(halves[1]!) : [];
  if (first === undefined || second === undefined) return undefined;
  const given = first.length + second.length + tail.length;
  // RFC 4291 §2.2 (2): "::" stands for one or more groups of zeros.
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined;
  const all = [...first, ...new Array<number>(8 - given).fill(0), ...second, ...tail];
  const words: number[] = [];
  for (let i = 0; i < 8; i += 2) words.push((all[i]! << 16) | all[i + 1]!);
  return words;
}

/** The canonical text of RFC 5952. */
export function formatIpv6(word0: number, word1: number, word2: number, word3: number): string {
  const all: number[] = [];
  for (const word of [word0, word1, word2, word3]) all.push(word >>> 16, word & 0xffff);
  // RFC 5952 §5: well-known prefixes that hold an IPv4 address show it.
  if ((word0 | word1) === 0 && word2 === 0xffff) {
    return `::ffff:${word3 >>> 24}.${(word3 >>> 16) & 255}.${(word3 >>> 8) & 255}.${word3 & 255}`;
  }
  // §4.2: the longest run of two or more zero groups is shortened, the first of equals.
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && all[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
  }
  const text = all.map((group) => group.toString(16));
  if (best < 0) return text.join(':');
  return `${text.slice(0, best).join(':')}::${text.slice(best + bestLength).join(':')}`;
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const values: number[] = [];
  for (const part of text.split(':')) {
    if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
    values.push(Number.parseInt(part, 16));
  }
  return values;
}
