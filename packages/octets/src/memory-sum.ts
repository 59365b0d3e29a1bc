import { fromHex } from './hexadecimal.ts';
import { SLAB_SUM_MODULE } from './slab-sum-module.ts';

/** The sum of a memory's octets from `at` to `end` as little-endian 16-bit words, modulo 2³², as int32. */
export type MemorySum = (at: number, end: number) => number;

/** What is used of WebAssembly: its types are in no library that is ours to load everywhere. */
interface WebAssemblyLike {
  readonly Module: new (octets: Uint8Array) => object;
  readonly Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const PAGE_OCTETS = 65_536;

/** The compiled module; null where there is no WebAssembly with SIMD. */
let module: object | null | undefined;

/**
 * A memory of at least `size` octets, never to grow, and the sum over it. Undefined where WebAssembly, its SIMD or
 * address space for one more memory is missing.
 */
export function sumOver(size: number): { readonly buffer: ArrayBuffer; readonly sum: MemorySum } | undefined {
  const assembly = (globalThis as { WebAssembly?: WebAssemblyLike }).WebAssembly;
  if (assembly === undefined) return undefined;
  try {
    module ??= compile(assembly);
    if (module === null) return undefined;
    const pages = Math.ceil(size / PAGE_OCTETS);
    const memory = new assembly.Memory({ initial: pages, maximum: pages });
    const instance = new assembly.Instance(module, { s: { m: memory } });
    return { buffer: memory.buffer, sum: (instance.exports as { readonly s: MemorySum }).s };
  } catch {
    // Each memory reserves gigabytes of address space, and every attempt without any left collects garbage first.
    module = null;
    return undefined;
  }
}

function compile(assembly: WebAssemblyLike): object | null {
  try {
    return new assembly.Module(fromHex(SLAB_SUM_MODULE));
  } catch {
    return null;
  }
}
