/**
 * Makes src/slab-sum-module.ts: a WebAssembly module with one function over an imported memory,
 *
 *   sum(at: i32, end: i32) -> i32
 *
 * the sum of memory[at, end) as little-endian 16-bit words, an odd last octet as a word of its own, modulo 2³²
 * (so exact for up to 128 KiB). Run: node packages/octets/generate/slab-sum.js
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;

const AT = 0;
const END = 1;
const SUM = 2;
const LANES = 3;

const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const constant = (value) => [0x41, ...signed(value)];
const add = [0x6a];
const subtract = [0x6b];
const lessUnsigned = [0x49];
const block = [0x02, EMPTY];
const loop = [0x03, EMPTY];
const end = [0x0b];
const branch = (depth) => [0x0c, depth];
const branchIf = (depth) => [0x0d, depth];
const load8 = [0x2d, 0x00, 0x00];
const load16 = [0x2f, 0x00, 0x00];
const loadVector = (offset) => [0xfd, 0x00, 0x00, offset];
/** i32x4.extadd_pairwise_i16x8_u: eight words to four sums of two. */
const addPairs = [0xfd, 0x7f];
/** i32x4.add */
const addLanes = [0xfd, 0xae, 0x01];
/** i32x4.extract_lane */
const lane = (index) => [0xfd, 0x1b, index];

/** Leaves the loop around (depth 1) once fewer than `octets` are left. */
const leaveBelow = (octets) => [
  ...get(END),
  ...get(AT),
  ...subtract,
  ...constant(octets),
  ...lessUnsigned,
  ...branchIf(1),
];
const advance = (octets) => [...get(AT), ...constant(octets), ...add, ...set(AT)];
const pairsAt = (offset) => [...get(AT), ...loadVector(offset), ...addPairs];

const body = [
  // 64 octets at a time.
  ...block,
  ...loop,
  ...leaveBelow(64),
  ...pairsAt(0),
  ...pairsAt(16),
  ...addLanes,
  ...pairsAt(32),
  ...pairsAt(48),
  ...addLanes,
  ...addLanes,
  ...get(LANES),
  ...addLanes,
  ...set(LANES),
  ...advance(64),
  ...branch(0),
  ...end,
  ...end,
  // 16 at a time.
  ...block,
  ...loop,
  ...leaveBelow(16),
  ...pairsAt(0),
  ...get(LANES),
  ...addLanes,
  ...set(LANES),
  ...advance(16),
  ...branch(0),
  ...end,
  ...end,
  // The four lanes together.
  ...get(LANES),
  ...lane(0),
  ...get(LANES),
  ...lane(1),
  ...add,
  ...get(LANES),
  ...lane(2),
  ...add,
  ...get(LANES),
  ...lane(3),
  ...add,
  ...set(SUM),
  // Word by word.
  ...block,
  ...loop,
  ...leaveBelow(2),
  ...get(SUM),
  ...get(AT),
  ...load16,
  ...add,
  ...set(SUM),
  ...advance(2),
  ...branch(0),
  ...end,
  ...end,
  // The odd last octet.
  ...block,
  ...get(AT),
  ...get(END),
  ...lessUnsigned,
  0x45, // i32.eqz
  ...branchIf(0),
  ...get(SUM),
  ...get(AT),
  ...load8,
  ...add,
  ...set(SUM),
  ...end,
  ...get(SUM),
  ...end,
];

const code = [2, 1, I32, 1, V128, ...body];
const module = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // Types: (i32, i32) -> i32.
  ...section(1, [1, 0x60, 2, I32, I32, 1, I32]),
  // Imports: a memory of any size, named "s" "m".
  ...section(2, [1, 1, 0x73, 1, 0x6d, 0x02, 0x00, 0x00]),
  ...section(3, [1, 0]),
  // Exports: the function, named "s".
  ...section(7, [1, 1, 0x73, 0x00, 0]),
  ...section(10, [1, ...unsigned(code.length), ...code]),
];

const hexadecimal = module.map((octet) => octet.toString(16).padStart(2, '0')).join('');
const lines = hexadecimal.match(/.{1,112}/g).map((line) => `  '${line}'`);
const text = `/** Made by generate/slab-sum.js, which says what it does: a WebAssembly module, in hexadecimal. */
export const SLAB_SUM_MODULE: string =
${lines.join(' +\n')};
`;
const path = fileURLToPath(new URL('../src/slab-sum-module.ts', import.meta.url));
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.error('src/slab-sum-module.ts is not what generate/slab-sum.js makes: run it');
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, text);
}

function section(id, content) {
  return [id, ...unsigned(content.length), ...content];
}

function unsigned(value) {
  const octets = [];
  let left = value;
  do {
    const more = left > 0x7f;
    octets.push((left & 0x7f) | (more ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return octets;
}

function signed(value) {
  const octets = [];
  let left = value;
  for (;;) {
    const low = left & 0x7f;
    left >>= 7;
    if ((left === 0 && (low & 0x40) === 0) || (left === -1 && (low & 0x40) !== 0)) return [...octets, low];
    octets.push(low | 0x80);
  }
}
