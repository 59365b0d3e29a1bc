import { type OctetReader, OctetWriter } from '@immuable-net/octets';
import type { FailureCode } from './failure.ts';

/** What a walk over an extension block calls for each: `body` reads exactly the extension's data. */
export type ExtensionVisitor = (type: number, body: OctetReader, last: boolean) => FailureCode | undefined;

/**
 * Walks over `Extension extensions<0..2^16-1>` (RFC 8446 §4.2), its length field included. A visitor that leaves
 * data of an extension unread, or reads past its end, makes it a `decode_error`; so does data behind the block.
 */
export function readExtensions(
  reader: OctetReader,
  scratch: OctetReader,
  visit: ExtensionVisitor,
): FailureCode | undefined {
  const end = reader.at + 2 + reader.u16();
  if (reader.failed || end > reader.end) return 'decode_error';
  const seen = new Set<number>();
  while (reader.at < end) {
    const type = reader.u16();
    const length = reader.u16();
    if (reader.failed || reader.at + length > end) return 'decode_error';
    // RFC 8446 §4.2: there must not be more than one of a type.
    if (seen.has(type)) return 'duplicate_extension';
    seen.add(type);
    scratch.octets = reader.octets;
    scratch.at = reader.at;
    scratch.end = reader.at + length;
    scratch.failed = false;
    reader.skip(length);
    const failure = visit(type, scratch, reader.at === end);
    if (failure !== undefined) return failure;
    if (scratch.failed || scratch.at !== scratch.end) return 'decode_error';
  }
  return undefined;
}

/** Reads a vector of 16-bit numbers with a 16-bit length: undefined unless it is whole and has at least one. */
export function readU16List(reader: OctetReader): number[] | undefined {
  const length = reader.u16();
  if (length === 0 || length % 2 !== 0 || length > reader.left) {
    reader.failed = true;
    return undefined;
  }
  const list: number[] = [];
  for (let i = 0; i < length; i += 2) list.push(reader.u16());
  return list;
}

/** Writes handshake messages: lengths are filled in when what they count is written. */
export class MessageWriter extends OctetWriter {
  /** Begins a handshake message (RFC 8446 §4); give the returned place to {@link endMessage}. */
  beginMessage(type: number): number {
    this.u8(type);
    this.u24(0);
    return this.at;
  }

  endMessage(from: number): void {
    const length = this.at - from;
    this.octets[from - 3] = length >>> 16;
    this.octets[from - 2] = length >>> 8;
    this.octets[from - 1] = length;
  }

  /** Begins a vector with a length of 16 bits; give the returned place to {@link end16}. */
  begin16(): number {
    this.u16(0);
    return this.at;
  }

  end16(from: number): void {
    const length = this.at - from;
    this.octets[from - 2] = length >>> 8;
    this.octets[from - 1] = length;
  }

  /** Begins an extension; end it with {@link end16}. */
  beginExtension(type: number): number {
    this.u16(type);
    return this.begin16();
  }

  /** Octets behind a length of 8 bits. */
  vector8(octets: Uint8Array): void {
    this.u8(octets.length);
    this.write(octets);
  }

  /** Octets behind a length of 16 bits. */
  vector16(octets: Uint8Array): void {
    this.u16(octets.length);
    this.write(octets);
  }

  /** Octets behind a length of 24 bits. */
  vector24(octets: Uint8Array): void {
    this.u24(octets.length);
    this.write(octets);
  }

  /** 16-bit numbers behind a length of 16 bits. */
  list16(values: readonly number[]): void {
    this.u16(values.length * 2);
    for (const value of values) this.u16(value);
  }
}
