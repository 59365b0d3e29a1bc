import { crc32 } from 'node:zlib';
import { SliceQueue } from '@immuable-net/octets';
import { openPack, PackEntry, PackSource } from '@immuable-net/pack';
import { describe, expect, it } from 'vitest';
import { writeCommit } from '../src/commit.ts';
import { EntryKind, writeEntryHeader } from '../src/entry-header.ts';
import { storedZlib } from '../src/making/stored-zlib.ts';
import { objectId } from '../src/object-id.ts';
import { writeIndex } from '../src/pack-index.ts';
import { noise } from './site.ts';

const WINDOW = 256 * 1024 * 1024;
/** 4.5 GiB of zeros, all one array, between the head and the last file. */
const EMPTY_WINDOWS = 17;

/** An archive of 4.75 GiB whose only file lies at its end, across two windows. */
function archive(body: Uint8Array): PackSource {
  const before = WINDOW - 70_000;
  const start = WINDOW * (EMPTY_WINDOWS + 1) + before;
  const zlib = storedZlib(body);
  const header = writeEntryHeader(EntryKind.Blob, body.length);
  const rawId = objectId('sha1', EntryKind.Blob, body);
  const zlibStart = start + header.length;
  const zlibEnd = zlibStart + zlib.length;
  const entry = new PackEntry(
    'far.bin',
    0o100644,
    'stored',
    body.length,
    undefined,
    crc32(body),
    0,
    start,
    zlibStart,
    zlibEnd,
    rawId,
  );
  const list = writeIndex([entry], 20);
  const commit = writeCommit(new Uint8Array(20), new Uint8Array(20), zlibEnd);
  const first = new Uint8Array(WINDOW);
  first.set([
    ...Buffer.from('PACK'),
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    3,
    ...writeEntryHeader(EntryKind.Commit, commit.length),
    ...storedZlib(commit),
  ]);
  const tail = Buffer.concat([
    header,
    zlib,
    writeEntryHeader(EntryKind.Blob, list.length),
    storedZlib(list),
    Buffer.alloc(20),
  ]);
  const zeros = new Uint8Array(WINDOW);
  const late = new Uint8Array(WINDOW);
  late.set(tail.subarray(0, 70_000), before);
  return new PackSource(
    [first, ...new Array<Uint8Array>(EMPTY_WINDOWS).fill(zeros), late, tail.subarray(70_000)],
    WINDOW,
  );
}

describe('beyond 4 GiB', () => {
  it('files are found, inflated and given as slices, across windows too', () => {
    const body = noise(200_000, 3);
    const source = archive(body);
    expect(source.length).toBeGreaterThan(2 ** 32);
    const pack = openPack(source);
    const entry = pack.find('far.bin')!;
    const queue = new SliceQueue();
    expect(pack.appendPlain(queue, entry, 0, entry.length, entry.length, undefined)).toBe(body.length);
    const octets = new Uint8Array(body.length);
    queue.copy(0, octets.length, octets, 0);
    expect(Buffer.compare(octets, body)).toBe(0);
    const stream = pack.inflateStream(entry, 50_000, 150_000);
    const inflated = new SliceQueue();
    while (stream.left > 0) stream.emit(inflated, 1e6);
    inflated.copy(0, 100_000, octets, 0);
    expect(Buffer.compare(octets.subarray(0, 100_000), body.subarray(50_000, 150_000))).toBe(0);
  });
});
