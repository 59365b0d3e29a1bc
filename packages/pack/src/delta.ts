import { PackError } from './pack-error.ts';
import { MAXIMUM_DELTA_OCTETS } from './parameters.ts';

/** Reads one length of a delta's head (7 bits an octet, low first); advances `cursor.at`. */
function readLength(delta: Uint8Array, cursor: { at: number }): number {
  let length = 0;
  let scale = 1;
  for (let count = 0; ; count++) {
    const octet = delta[cursor.at++];
    if (octet === undefined || count === 8) throw new PackError('bad-delta', 'a delta ends inside its head');
    length += (octet & 0x7f) * scale;
    if ((octet & 0x80) === 0) return length;
    scale *= 128;
  }
}

/** The length of what a delta makes, from its head. */
export function deltaResultLength(delta: Uint8Array): number {
  const cursor = { at: 0 };
  readLength(delta, cursor);
  return readLength(delta, cursor);
}

/** Applies delta instructions (gitformat-pack, "Deltified representation") to their base. Throws `PackError`. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  const cursor = { at: 0 };
  const baseLength = readLength(delta, cursor);
  if (baseLength !== base.length) {
    throw new PackError(
      'bad-delta',
      `a delta is made for a base of ${baseLength} octets and has one of ${base.length}`,
    );
  }
  const length = readLength(delta, cursor);
  if (length > MAXIMUM_DELTA_OCTETS)
    throw new PackError('too-large', `a delta makes ${length} octets, more than ${MAXIMUM_DELTA_OCTETS}`);
  const result = new Uint8Array(length);
  let written = 0;
  let at = cursor.at;
  const end = delta.length;
  while (at < end) {
    const instruction = delta[at++]!;
    if (instruction & 0x80) {
      let offset = 0;
      let size = 0;
      for (let bit = 0; bit < 4; bit++) {
        if (instruction & (1 << bit)) offset += (at < end ? delta[at]! : 0) * 2 ** (8 * bit);
        if (instruction & (1 << bit)) at++;
      }
      for (let bit = 0; bit < 3; bit++) {
        if (instruction & (0x10 << bit)) size += (at < end ? delta[at]! : 0) * 2 ** (8 * bit);
        if (instruction & (0x10 << bit)) at++;
      }
      if (size === 0) size = 0x10000;
      if (at > end) throw new PackError('bad-delta', 'a delta ends inside a copy instruction');
      if (offset + size > base.length) throw new PackError('bad-delta', 'a delta copies from outside its base');
      if (written + size > length) throw new PackError('bad-delta', 'a delta makes more octets than it announces');
      result.set(base.subarray(offset, offset + size), written);
      written += size;
    } else {
      if (instruction === 0) throw new PackError('bad-delta', 'a delta has the reserved instruction 0');
      if (at + instruction > end) throw new PackError('bad-delta', 'a delta ends inside an insert instruction');
      if (written + instruction > length)
        throw new PackError('bad-delta', 'a delta makes more octets than it announces');
      result.set(delta.subarray(at, at + instruction), written);
      at += instruction;
      written += instruction;
    }
  }
  if (written !== length) throw new PackError('bad-delta', `a delta makes ${written} octets and announces ${length}`);
  return result;
}
