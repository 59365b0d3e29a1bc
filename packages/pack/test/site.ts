import {
  MemorySink,
  openPack,
  type Pack,
  PackSource,
  PackWriter,
  type PackWriterOptions,
  type WrittenFile,
} from '@immuable-net/pack';

export const noTurn = (): Promise<void> => Promise.resolve();

export interface SiteFile {
  readonly octets: Uint8Array;
  readonly mode?: number;
  readonly contentType?: string;
  /** Written by `addLarge`, in pieces of this many octets. */
  readonly piece?: number;
}

/** Gives `octets` in pieces, as a file does. */
export function pieces(octets: Uint8Array, piece: number): (target: Uint8Array) => number {
  let at = 0;
  return (target) => {
    const part = octets.subarray(at, at + Math.min(piece, target.length));
    target.set(part);
    at += part.length;
    return part.length;
  };
}

/** An archive of these files. */
export async function write(
  site: Record<string, SiteFile>,
  options: PackWriterOptions = {},
  folders: string[] = [],
): Promise<Uint8Array> {
  const sink = new MemorySink();
  const writer = new PackWriter(sink, options);
  const files: WrittenFile[] = [];
  for (const [path, { octets, mode, contentType, piece }] of Object.entries(site)) {
    const object =
      piece === undefined
        ? await writer.add(octets)
        : await writer.addLarge(octets.length, pieces(octets, piece), noTurn);
    files.push({ path, mode: mode ?? 0o100644, object, contentType });
  }
  await writer.finish(files, folders, noTurn);
  return sink.finish();
}

export function open(archive: Uint8Array): Pack {
  return openPack(PackSource.over(archive));
}

/** A deterministic run of octets that do not compress (xorshift32). */
export function noise(length: number, seed: number): Uint8Array {
  const octets = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    octets[i] = state >>> 11;
  }
  return octets;
}

/** A text of words that compresses to a third or so. */
export function prose(length: number, seed: number): Uint8Array {
  const words = [
    'wire',
    'frame',
    'segment',
    'archive',
    'pack',
    'octet',
    'queue',
    'window',
    'stream',
    'folder',
    'delta',
    'tree',
  ];
  const pick = noise(length, seed);
  let text = '';
  for (let i = 0; text.length < length; i++)
    text += `${words[pick[i]! % words.length]}${pick[i]! % 7 === 0 ? `-${pick[i]}\n` : ' '}`;
  return new TextEncoder().encode(text.slice(0, length));
}
