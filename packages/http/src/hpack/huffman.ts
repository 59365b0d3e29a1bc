import type { OctetWriter } from '@immuable-net/octets';
import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from './huffman-code.ts';

/** Bits of one transition: the next state, the symbol that was completed, if one was, and whether there is no such code. */
const STATE = 0xff;
const SYMBOL_SHIFT = 8;
const EMITS = 1 << 16;
const FAILS = 1 << 17;

/** No code is shorter than 5 bits, so four bits complete at most one symbol: one step a nibble, no walk bit by bit. */
const TRANSITIONS: Int32Array = new Int32Array(256 * 16);
/** Whether a string may end in a state: fewer than 8 bits since the last symbol, all of them ones (RFC 7541 §5.2). */
const ACCEPTS: Uint8Array = new Uint8Array(256);
buildTransitions();

/** Symbols are gathered here and become a string in pieces of this size. */
const PIECE_OCTETS = 2048;
const piece = new Uint8Array(PIECE_OCTETS);

/** The text (one character an octet) of the Huffman-coded `octets[start, end)`; `undefined` when it is no such code. */
export function decodeHuffman(octets: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  let count = 0;
  let state = 0;
  for (let at = start; at < end; at++) {
    const octet = octets[at]!;
    let step = TRANSITIONS[(state << 4) | (octet >> 4)]!;
    if ((step & EMITS) !== 0) piece[count++] = step >> SYMBOL_SHIFT;
    let failed = step;
    step = TRANSITIONS[((step & STATE) << 4) | (octet & 15)]!;
    if ((step & EMITS) !== 0) piece[count++] = step >> SYMBOL_SHIFT;
    failed |= step;
    if ((failed & FAILS) !== 0) return undefined;
    state = step & STATE;
    if (count >= PIECE_OCTETS - 2) {
      text += latin1(piece, 0, count);
      count = 0;
    }
  }
  if (ACCEPTS[state] === 0) return undefined;
  return count === 0 ? text : text + latin1(piece, 0, count);
}

/** `octets[start, end)` as text, one character an octet. */
export function latin1(octets: Uint8Array, start: number, end: number): string {
  if (end - start <= PIECE_OCTETS) {
    return String.fromCharCode.apply(null, octets.subarray(start, end) as unknown as number[]);
  }
  let text = '';
  for (let at = start; at < end; at += PIECE_OCTETS) {
    text += latin1(octets, at, Math.min(at + PIECE_OCTETS, end));
  }
  return text;
}

/** How many octets {@link encodeHuffman} makes of a text. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += HUFFMAN_LENGTHS[text.charCodeAt(i) & 0xff]!;
  return (bits + 7) >> 3;
}

/** Writes a text (one character an octet), Huffman-coded and padded with ones. */
export function encodeHuffman(text: string, writer: OctetWriter): void {
  writer.reserve(huffmanLength(text));
  const octets = writer.octets;
  let at = writer.at;
  let pending = 0; // fewer than 8 bits wait, so pending + code fits: 7 + 30 bits are written in two steps
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    let code = HUFFMAN_CODES[symbol]!;
    let length = HUFFMAN_LENGTHS[symbol]!;
    while (length > 16) {
      // The upper bits first, eight at a time.
      length -= 8;
      pending = (pending << 8) | (code >>> length);
      code &= (1 << length) - 1;
      octets[at++] = pending >>> bits;
      pending &= (1 << bits) - 1;
    }
    pending = (pending << length) | code;
    bits += length;
    while (bits >= 8) {
      bits -= 8;
      octets[at++] = pending >>> bits;
      pending &= (1 << bits) - 1;
    }
  }
  if (bits > 0) octets[at++] = (pending << (8 - bits)) | (0xff >>> bits);
  writer.at = at;
}

/** Makes the transitions of every inner node of the code's tree under every nibble. */
function buildTransitions(): void {
  // Children of each inner node: an inner node's number (root 0 is nobody's child), or ~symbol.
  const children: [number, number][] = [[0, 0]];
  const depths = [0];
  const allOnes = [true];
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = HUFFMAN_CODES[symbol]!;
    let node = 0;
    for (let bit = HUFFMAN_LENGTHS[symbol]! - 1; bit > 0; bit--) {
      const branch = (code >>> bit) & 1;
      if (children[node]![branch] === 0) {
        children[node]![branch] = children.length;
        depths.push(depths[node]! + 1);
        allOnes.push(allOnes[node]! && branch === 1);
        children.push([0, 0]);
      }
      node = children[node]![branch]!;
    }
    children[node]![code & 1] = ~symbol;
  }
  for (let state = 0; state < children.length; state++) {
    ACCEPTS[state] = allOnes[state]! && depths[state]! < 8 ? 1 : 0;
    for (let nibble = 0; nibble < 16; nibble++)
      TRANSITIONS[(state << 4) | nibble] = transition(children, state, nibble);
  }
}

function transition(children: [number, number][], state: number, nibble: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[node]![(nibble >> bit) & 1]!;
    if (child >= 0) {
      node = child;
      continue;
    }
    const symbol = ~child;
    // RFC 7541 §5.2: a string that contains EOS is a decoding error.
    if (symbol === EOS) return FAILS;
    emitted = EMITS | (symbol << SYMBOL_SHIFT);
    node = 0;
  }
  return emitted | node;
}
