/** One element of DER (X.690 §10): its tag, and where its content stands. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** Reads the element at `at`; undefined unless all of it is before `end`. Tags above 30 are not read. */
export function readDer(octets: Uint8Array, at: number, end: number): DerElement | undefined {
  if (at + 2 > end) return undefined;
  const tag = octets[at]!;
  if ((tag & 0x1f) === 0x1f) return undefined;
  let length = octets[at + 1]!;
  let start = at + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 3 || start + count > end) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | octets[start++]!;
  }
  return start + length > end ? undefined : { tag, start, end: start + length };
}

/** The elements inside `[start, end)`; undefined if they do not fill it exactly. */
export function readDerSequence(octets: Uint8Array, start: number, end: number): DerElement[] | undefined {
  const elements: DerElement[] = [];
  let at = start;
  while (at < end) {
    const element = readDer(octets, at, end);
    if (element === undefined) return undefined;
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** Writes one element of up to 65,535 octets of content. */
export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const content of contents) length += content.length;
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >>> 8, length & 0xff];
  const octets = new Uint8Array(header.length + length);
  octets.set(header, 0);
  let at = header.length;
  for (const content of contents) {
    octets.set(content, at);
    at += content.length;
  }
  return octets;
}
