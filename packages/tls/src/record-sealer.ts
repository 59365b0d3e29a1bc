import { copyOctets, type SliceQueue } from '@immuable-net/octets';
import { ContentType } from './content-type.ts';
import { RECORD_HEADER, RECORD_OVERHEAD, TAG_OCTETS } from './parameters.ts';
import type { RecordProtection } from './record-protection.ts';

/** Slices up to here are gathered by copying and sealed in place: a call of the cipher costs more than the copy. */
const GATHER_OCTETS = 1024;

/**
 * RFC 8446 §5.2: seals `queue[position, position + count)` as one record into `output` at `at`, with `padding`
 * zero octets. Each octet of a long slice is read once and written once. Returns where the record ends.
 */
export function sealRecord(
  protection: RecordProtection,
  type: number,
  queue: SliceQueue,
  position: number,
  count: number,
  padding: number,
  output: Uint8Array,
  at: number,
): number {
  writeHeader(output, at, ContentType.ApplicationData, 0x0303, count + padding + 1 + TAG_OCTETS);
  const aead = protection.aead;
  aead.sealStart(protection.nextNonce(), output, at);
  let to = at + RECORD_HEADER;
  let sealed = to;
  let left = count;
  if (left > 0) {
    let index = queue.seek(position);
    let start = queue.startFrom(position);
    for (;;) {
      const octets = queue.octetsAt(index);
      const held = queue.endAt(index) - start;
      const length = Math.min(held, left);
      if (length <= GATHER_OCTETS) {
        copyOctets(octets, start, start + length, output, to);
      } else {
        if (to > sealed) aead.sealUpdate(output, sealed, to, output, sealed);
        aead.sealUpdate(octets, start, start + length, output, to);
        sealed = to + length;
      }
      to += length;
      left -= length;
      if (left === 0) break;
      index++;
      start = queue.startAt(index);
    }
  }
  output[to++] = type;
  if (padding > 0) {
    output.fill(0, to, to + padding);
    to += padding;
  }
  aead.sealUpdate(output, sealed, to, output, sealed);
  aead.sealFinish(output, to);
  return to + TAG_OCTETS;
}

/** Writes a record header: 5 octets. */
export function writeHeader(output: Uint8Array, at: number, type: number, version: number, length: number): void {
  output[at] = type;
  output[at + 1] = version >>> 8;
  output[at + 2] = version;
  output[at + 3] = length >>> 8;
  output[at + 4] = length;
}

/** Octets that `count` octets of plaintext become in records of at most `limit` octets of plaintext each. */
export function sealedLength(count: number, limit: number): number {
  return count + Math.ceil(count / limit) * RECORD_OVERHEAD;
}

/** The most plaintext that fits `room` octets in records of at most `limit` octets of plaintext each. */
export function plaintextRoom(room: number, limit: number): number {
  const whole = Math.floor(room / (limit + RECORD_OVERHEAD));
  const rest = room - whole * (limit + RECORD_OVERHEAD) - RECORD_OVERHEAD;
  return whole * limit + Math.max(rest, 0);
}
