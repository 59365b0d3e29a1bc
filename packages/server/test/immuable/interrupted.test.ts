import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type Program } from './program.ts';

let program: Program;
beforeAll(async () => {
  program = await bundleProgram();
});
afterAll(() => program.remove());

/** A mount namespace of our own: root makes one, others inside a user namespace where that is allowed. */
const unshare = process.getuid?.() === 0 ? '-m' : '-rm';
const canMount = spawnSync('unshare', [unshare, 'true']).status === 0;

describe('no half archive is left behind', () => {
  it('when the disk is full', ({ skip }) => {
    if (process.env.CI === undefined) skip(!canMount, 'this user may not make a mount namespace');
    const site = join(program.folder, 'full');
    mkdirSync(site);
    const noise = Buffer.alloc(6 << 20);
    for (let i = 0, state = 1; i < noise.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      noise[i] = state >>> 20;
    }
    writeFileSync(join(site, 'a.bin'), noise);
    writeFileSync(join(site, 'large.bin'), noise.subarray(0, 100));
    // Above 8 MiB: streamed.
    truncateSync(join(site, 'large.bin'), 20 << 20);
    const disk = join(program.folder, 'disk');
    mkdirSync(disk);
    for (const size of ['4m', '12m']) {
      const script = `mount -t tmpfs -o size=${size} tmpfs "$1" && { "$2" "$3" make -o "$1/site.pack" "$4"; echo "status $?"; ls -A "$1"; }`;
      const { stdout, stderr } = spawnSync(
        'unshare',
        [unshare, 'sh', '-c', script, 'sh', disk, process.execPath, program.main, site],
        {
          encoding: 'utf8',
        },
      );
      expect(stdout).toBe('status 6\n');
      expect(stderr).toMatch(
        /^immuable: error: cannot make .*site\.pack: the disk is full; nothing is left behind, make room and run it again\.\n$/,
      );
    }
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('when %s comes', async (signal) => {
    const site = join(program.folder, `site-${signal}`);
    mkdirSync(site);
    const place = join(program.folder, `place-${signal}`);
    mkdirSync(place);
    // 64 GiB of nothing: it takes far longer than the signal.
    writeFileSync(join(site, 'huge.bin'), '');
    truncateSync(join(site, 'huge.bin'), 64 * 2 ** 30);
    const child = program.start(['-o', join(place, 'site.pack'), site]);
    let said = '';
    child.stderr!.on('data', (chunk) => {
      said += chunk;
    });
    while (readdirSync(place).length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(readdirSync(place)[0]).toMatch(/^\.immuable-.*\.tmp$/);
    child.kill(signal);
    const [status] = await once(child, 'exit');
    expect(status).toBe(130);
    expect(readdirSync(place)).toEqual([]);
    expect(said).toMatch(/stopped; nothing is left behind/);
  });

  it('SIGUSR1 opens no debugger', async () => {
    const site = join(program.folder, 'site-usr1');
    mkdirSync(site);
    const place = join(program.folder, 'place-usr1');
    mkdirSync(place);
    writeFileSync(join(site, 'huge.bin'), '');
    truncateSync(join(site, 'huge.bin'), 64 * 2 ** 30);
    const child = program.start(['-o', join(place, 'site.pack'), site]);
    let said = '';
    child.stderr!.on('data', (chunk) => {
      said += chunk;
    });
    while (readdirSync(place).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const written = (): number => statSync(join(place, readdirSync(place)[0]!)).size;
    child.kill('SIGUSR1');
    // Node's default would open the port, and say so, long before as much again is written.
    for (const goal = written() + (256 << 20); written() < goal; )
      await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(said).not.toMatch(/debugger/i);
    expect(said).toMatch(/stopped/);
  });
});
