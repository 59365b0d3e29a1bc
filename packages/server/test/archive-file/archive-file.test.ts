import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SliceQueue } from '@immuable-net/octets';
import { MemorySink, openPack, PackWriter } from '@immuable-net/pack';
import { afterAll, describe, expect, it } from 'vitest';
import { openArchiveFile, readIntoMemory } from '../../src/archive-file/archive-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'immuable-archive-'));
const path = join(folder, 'site.pack');
const body = Buffer.alloc(300_000);
for (let i = 0, state = 1; i < body.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  body[i] = state >>> 20;
}

const sink = new MemorySink();
const writer = new PackWriter(sink);
const object = await writer.add(body);
await writer.finish([{ path: 'a.bin', mode: 0o100644, object, contentType: undefined }], [], () => Promise.resolve());
const archive = sink.finish();
writeFileSync(path, archive);

afterAll(() => rmSync(folder, { recursive: true }));

/** The file's octets, as slices of the archive. */
function served(source: Parameters<typeof openPack>[0]): Buffer {
  const pack = openPack(source);
  const queue = new SliceQueue();
  const entry = pack.find('a.bin')!;
  expect(pack.appendPlain(queue, entry, 0, entry.length, entry.length, undefined)).toBe(body.length);
  const octets = Buffer.alloc(queue.length);
  queue.copy(0, octets.length, octets, 0);
  return octets;
}

describe('openArchiveFile', () => {
  it.runIf(process.platform === 'linux')('a copy stays as it was, whatever becomes of the file', () => {
    const copied = join(folder, 'copied.pack');
    writeFileSync(copied, archive);
    const file = openArchiveFile(copied);
    truncateSync(copied, 100);
    writeFileSync(copied, 'overwritten');
    expect(file.source.length).toBe(archive.length);
    expect(Buffer.compare(served(file.source), body)).toBe(0);
    file.close();
  });

  it('a large archive is mapped in windows, and files straddle them', () => {
    const file = openArchiveFile(path, { copyOctets: 0, windowOctets: 65_536 });
    expect(file.source.windows.length).toBe(Math.ceil(archive.length / 65_536));
    expect(Buffer.compare(served(file.source), body)).toBe(0);
    // A file replaced by renaming is another file: the mapping stays.
    rmSync(path);
    writeFileSync(path, archive);
    expect(Buffer.compare(served(file.source), body)).toBe(0);
    file.close();
  });

  it('where there is no memfd, the archive is read', () => {
    const fd = openSync(path, 'r');
    const file = readIntoMemory(fd, archive.length, 100_000);
    closeSync(fd);
    expect(file.source.windows.length).toBe(Math.ceil(archive.length / 100_000));
    expect(Buffer.compare(served(file.source), body)).toBe(0);
    file.close();
  });

  it('leaves no descriptor open', () => {
    const before = openSync(path, 'r');
    closeSync(before);
    for (let i = 0; i < 20; i++) openArchiveFile(path).close();
    const after = openSync(path, 'r');
    closeSync(after);
    expect(after).toBe(before);
  });

  it('says what the operating system says', () => {
    expect(() => openArchiveFile(join(folder, 'missing'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => openArchiveFile(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });

  it('an empty file is no archive', () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const file = openArchiveFile(empty);
    expect(() => openPack(file.source)).toThrow(/no archive/);
    file.close();
  });
});
