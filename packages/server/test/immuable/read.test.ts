import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type Program } from './program.ts';

const fixtures = join(import.meta.dirname, '../../../pack/test/fixtures');
const small = join(fixtures, 'small.pack');

let program: Program;
beforeAll(async () => {
  program = await bundleProgram();
});
afterAll(() => program.remove());

/** Writes what is in the archive's place and returns its path. */
function archive(name: string, octets: Uint8Array): string {
  const path = join(program.folder, name);
  writeFileSync(path, octets);
  return path;
}

describe('immuable list, cat, verify, mime', () => {
  it("list shows the ancestor's files", () => {
    const { status, out } = program.run(['list', small]);
    expect(status).toBe(0);
    const lines = Buffer.from(out, 'latin1').toString().trim().split('\n');
    expect(lines).toHaveLength(17);
    expect(lines[0]).toBe('100644\t954926edc34c7fefe99453159730d721bbbd7322\tdeflated\t1082\ttext/html\tabout.html');
    expect(lines.find((line) => line.endsWith('two.html'))).toContain('\tdelta\t1672\t');
    expect(lines.find((line) => line.endsWith('noext'))).toContain('\t-\t');
  });

  it('cat prints files, deltas too', () => {
    for (const path of ['index.html', '/blog/2026/two.html', 'img/logo.png', 'empty.txt', 'café.txt']) {
      const { status, out, error } = program.run(['cat', small, path]);
      expect([status, error]).toEqual([0, '']);
      expect(Buffer.compare(Buffer.from(out, 'latin1'), readFileSync(join(fixtures, 'sites/small', path))), path).toBe(
        0,
      );
    }
    expect(program.run(['cat', small, 'nothing'])).toMatchObject({
      status: 3,
      out: '',
      error: expect.stringMatching(/has no file nothing/),
    });
  });

  it('verify says that an archive is sound', () => {
    for (const name of ['small.pack', 'small-sha256.pack', 'perm.pack']) {
      expect(program.run(['verify', join(fixtures, name)])).toMatchObject({
        status: 0,
        error: expect.stringMatching(/is sound: \d+ objects/),
      });
    }
    expect(program.run(['verify', '-a', 'sha1', small]).status).toBe(0);
  });

  it('mime prints a type', () => {
    expect(program.run(['mime', join(fixtures, 'sites/small/img/logo.png')]).out).toBe('image/png\n');
    expect(program.run(['mime', join(fixtures, 'sites/small/index.html')]).out).toBe('text/html; charset=utf-8\n');
    expect(program.run(['mime', 'nowhere'])).toMatchObject({
      status: 6,
      error: expect.stringMatching(/cannot read nowhere/),
    });
  });

  it('a bad archive is one line and status 3, whatever is asked of it', () => {
    const whole = readFileSync(small);
    const altered = Uint8Array.from(whole);
    altered[3000]! ^= 1;
    const cases: [string, RegExp, string[]][] = [
      [join(program.folder, 'missing.pack'), /there is no such file/, []],
      [archive('cut.pack', whole.subarray(0, 4000)), /ends|does not inflate|too short/, []],
      [archive('cut-in-the-trailer.pack', whole.subarray(0, 6790)), /ends before its trailer|altered or cut/, []],
      [archive('altered.pack', altered), /altered|does not inflate/, []],
      [archive('page.pack', Buffer.from('<!doctype html>')), /no archive/, []],
      [archive('empty.pack', new Uint8Array(0)), /no archive/, []],
      [small, /ids have 20 octets, and those of sha256 have 32/, ['-a', 'sha256']],
      [small, /trailer is made by sha1, not sha512/, ['--signature', 'sha512']],
      [program.folder, /it is a folder/, []],
    ];
    for (const [path, message, flags] of cases) {
      for (const argv of [
        ['verify', ...flags, path],
        ['list', ...flags, path],
        ['cat', ...flags, path, 'index.html'],
      ]) {
        const ran = program.run(argv);
        expect(ran.status, argv.join(' ')).toBe(3);
        expect(ran.out).toBe('');
        expect(ran.error).toMatch(message);
        expect(ran.error.trim()).not.toContain('\n');
      }
    }
  });

  it('names cannot command the terminal', () => {
    const path = join(program.folder, '\u001b[2J.html');
    writeFileSync(path, 'x');
    expect(program.run(['-q', '-o', 'escape.pack', path]).status).toBe(0);
    const { out } = program.run(['list', 'escape.pack']);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('\\u001b[2J.html');
  });
});
