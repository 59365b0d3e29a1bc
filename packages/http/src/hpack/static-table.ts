import { HpackField } from './hpack-field.ts';

// RFC 7541 Appendix A, in its order.
const ENTRIES: readonly (readonly [string, string?])[] = [
  [':authority'],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset'],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language'],
  ['accept-ranges'],
  ['accept'],
  ['access-control-allow-origin'],
  ['age'],
  ['allow'],
  ['authorization'],
  ['cache-control'],
  ['content-disposition'],
  ['content-encoding'],
  ['content-language'],
  ['content-length'],
  ['content-location'],
  ['content-range'],
  ['content-type'],
  ['cookie'],
  ['date'],
  ['etag'],
  ['expect'],
  ['expires'],
  ['from'],
  ['host'],
  ['if-match'],
  ['if-modified-since'],
  ['if-none-match'],
  ['if-range'],
  ['if-unmodified-since'],
  ['last-modified'],
  ['link'],
  ['location'],
  ['max-forwards'],
  ['proxy-authenticate'],
  ['proxy-authorization'],
  ['range'],
  ['referer'],
  ['refresh'],
  ['retry-after'],
  ['server'],
  ['set-cookie'],
  ['strict-transport-security'],
  ['transfer-encoding'],
  ['user-agent'],
  ['vary'],
  ['via'],
  ['www-authenticate'],
];

/** Entries of the static table: indices 1 to 61. */
export const STATIC_ENTRIES: number = ENTRIES.length;

const fields: readonly HpackField[] = ENTRIES.map(([name, value]) => new HpackField(name, value ?? ''));
const firstByName = new Map<string, number>();
for (let index = STATIC_ENTRIES; index >= 1; index--) firstByName.set(fields[index - 1]!.name, index);

/** The entry with this index, 1 to {@link STATIC_ENTRIES}. */
export function staticField(index: number): HpackField {
  return fields[index - 1]!;
}

/** The lowest index whose entry has this name; 0 when there is none. */
export function staticName(name: string): number {
  return firstByName.get(name) ?? 0;
}

/** The index of the entry with this name and value, where `first` is what {@link staticName} gave; 0 when there is none. */
export function staticMatch(first: number, name: string, value: string): number {
  if (first === 0) return 0;
  // Entries of one name stand together.
  for (let index = first; index <= STATIC_ENTRIES; index++) {
    const field = fields[index - 1]!;
    if (field.name !== name) return 0;
    if (field.value === value) return index;
  }
  return 0;
}
