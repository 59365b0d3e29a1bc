import { OctetWriter } from '@immuable-net/octets';

/** Octets of the blocks by which equal parts are found; Git uses 16 too. */
const BLOCK = 16;
/** Blocks with the same hash that are looked at: runs of one octet would otherwise make it quadratic. */
const CHAIN = 8;
/** gitformat-pack: an instruction inserts 127 octets at most; copies beyond 64 KiB are no part of version 2. */
const INSERT_MOST = 127;
const COPY_MOST = 0xffff;

const MULTIPLIER = 0x01000193;
/** MULTIPLIER to the power BLOCK - 1: what the octet that leaves the window is worth. */
const LEAVING: number = (() => {
  let power = 1;
  for (let i = 1; i < BLOCK; i++) power = Math.imul(power, MULTIPLIER);
  return power;
})();

function hashAt(octets: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = 0; i < BLOCK; i++) hash = (Math.imul(hash, MULTIPLIER) + octets[at + i]!) | 0;
  return hash;
}

function writeLength(writer: OctetWriter, length: number): void {
  let rest = length;
  while (rest >= 128) {
    writer.u8(0x80 | (rest % 128));
    rest = Math.floor(rest / 128);
  }
  writer.u8(rest);
}

function writeCopy(writer: OctetWriter, from: number, length: number): void {
  let offset = from;
  let left = length;
  while (left > 0) {
    const size = Math.min(left, COPY_MOST);
    const at = writer.at;
    let instruction = 0x80;
    writer.u8(0);
    for (let bit = 0; bit < 4; bit++) {
      const octet = (offset >>> (8 * bit)) & 0xff;
      if (octet !== 0) {
        writer.u8(octet);
        instruction |= 1 << bit;
      }
    }
    for (let bit = 0; bit < 2; bit++) {
      const octet = (size >>> (8 * bit)) & 0xff;
      if (octet !== 0) {
        writer.u8(octet);
        instruction |= 0x10 << bit;
      }
    }
    writer.octets[at] = instruction;
    offset += size;
    left -= size;
  }
}

function writeInsert(writer: OctetWriter, octets: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at += INSERT_MOST) {
    const stop = Math.min(at + INSERT_MOST, end);
    writer.u8(stop - at);
    writer.write(octets, at, stop);
  }
}

/**
 * Delta instructions that make `target` from `base`, or undefined when they would be longer than `limit`. Both
 * are shorter than 2³¹ octets.
 */
export function makeDelta(base: Uint8Array, target: Uint8Array, limit: number): Uint8Array | undefined {
  const writer = new OctetWriter(Math.min(limit, 4096) + 64);
  writeLength(writer, base.length);
  writeLength(writer, target.length);
  const blocks = Math.floor(base.length / BLOCK);
  let size = 16;
  while (size < blocks * 2) size *= 2;
  const heads = new Int32Array(size).fill(-1);
  const nexts = new Int32Array(blocks);
  // From the end, so that of equal blocks the first is found first.
  for (let block = blocks - 1; block >= 0; block--) {
    const hash = hashAt(base, block * BLOCK);
    const slot = (hash ^ (hash >>> 15)) & (size - 1);
    nexts[block] = heads[slot]!;
    heads[slot] = block;
  }
  let pending = 0;
  let at = 0;
  let hash = target.length >= BLOCK ? hashAt(target, 0) : 0;
  while (at + BLOCK <= target.length) {
    let best = 0;
    let bestFrom = 0;
    let chain = CHAIN;
    for (
      let block = heads[(hash ^ (hash >>> 15)) & (size - 1)]!;
      block >= 0 && chain > 0;
      block = nexts[block]!, chain--
    ) {
      const from = block * BLOCK;
      let length = 0;
      while (at + length < target.length && from + length < base.length && target[at + length] === base[from + length])
        length++;
      if (length >= BLOCK && length > best) {
        best = length;
        bestFrom = from;
      }
    }
    if (best === 0) {
      if (at + BLOCK < target.length) {
        hash = (Math.imul(hash - Math.imul(target[at]!, LEAVING), MULTIPLIER) + target[at + BLOCK]!) | 0;
      }
      at++;
      if (at - pending > limit) return undefined;
      continue;
    }
    // What stands before the block may be equal too.
    let start = at;
    let from = bestFrom;
    while (start > pending && from > 0 && target[start - 1] === base[from - 1]) {
      start--;
      from--;
      best++;
    }
    writeInsert(writer, target, pending, start);
    writeCopy(writer, from, best);
    if (writer.at > limit) return undefined;
    at = start + best;
    pending = at;
    if (at + BLOCK <= target.length) hash = hashAt(target, at);
  }
  writeInsert(writer, target, pending, target.length);
  return writer.at > limit ? undefined : writer.finish();
}
