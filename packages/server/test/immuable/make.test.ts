import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openPack, type Pack, PackSource, verifyPack } from '@immuable-net/pack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type Program } from './program.ts';

const fixtures = join(import.meta.dirname, '../../../pack/test/fixtures');

let program: Program;
beforeAll(async () => {
  program = await bundleProgram();
});
afterAll(() => program.remove());

function read(path: string): Pack {
  return openPack(PackSource.over(readFileSync(join(program.folder, path))));
}

let folders = 0;

/** A new folder with these files; a value that begins with `-> ` is a link. */
function folderOf(files: Record<string, string>): string {
  const folder = join(program.folder, `site-${folders++}`);
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(folder, path));
    else writeFileSync(join(folder, path), content);
  }
  return folder;
}

function pathsOf(pack: Pack): string[] {
  return [...pack.entries()].map((entry) => entry.path);
}

describe('immuable make', () => {
  it("packs the ancestor's sites so that they are read back octet for octet", () => {
    for (const site of ['small', 'single', 'perm']) {
      expect(program.run(['make', '-q', '-o', `${site}.pack`, join(fixtures, 'sites', site)])).toEqual({
        status: 0,
        out: '',
        error: '',
      });
      const pack = verifyPack(PackSource.over(readFileSync(join(program.folder, `${site}.pack`))));
      for (const entry of pack.entries()) {
        expect(
          Buffer.compare(pack.inflateWhole(entry), readFileSync(join(fixtures, 'sites', site, entry.path))),
          entry.path,
        ).toBe(0);
      }
      const theirs = openPack(PackSource.over(readFileSync(join(fixtures, `${site}.pack`))));
      for (const entry of theirs.entries()) {
        // sites/perm has lost its links and a mode on the way through Git.
        if (site !== 'perm') expect(pack.find(entry.path)?.id).toBe(entry.id);
      }
    }
  });

  it('is the default command, names the archive by its trailer, and prints that name', () => {
    const site = folderOf({ 'index.html': '<p>' });
    const { status, out } = program.run([site]);
    expect(status).toBe(0);
    expect(out).toMatch(/^pack-[0-9a-f]{40}\.pack\n$/);
    const archive = readFileSync(join(program.folder, out.trim()));
    const { end } = openPack(PackSource.over(archive));
    expect(out).toBe(`pack-${archive.subarray(end, end + 20).toString('hex')}.pack\n`);
  });

  it('makes the same octets however the folder is spelled, and whenever', () => {
    const site = folderOf({ 'a/b.html': '<p>'.repeat(500), 'c.txt': 'c', 'ü.txt': 'u' });
    const name = site.split('/').at(-1)!;
    for (const [i, spelling] of [site, `${site}/`, name, `./${name}/../${name}`, `${name}/.`].entries()) {
      expect(program.run(['-q', '-o', `same-${i}.pack`, spelling]).status).toBe(0);
      expect(
        Buffer.compare(
          readFileSync(join(program.folder, `same-${i}.pack`)),
          readFileSync(join(program.folder, 'same-0.pack')),
        ),
      ).toBe(0);
    }
  });

  it('leaves out what no visitor is to see, says so, and keeps what --include names', () => {
    const files = {
      'index.html': '<p>',
      '.well-known/acme-challenge/token': 'token',
      '.hidden': 'kept',
      '.git/config': '[core]',
      '.env': 'SECRET=1',
      '.env.local': 'SECRET=2',
      'sub/.env': 'SECRET=3',
      '.htpasswd': 'a:b',
      '.DS_Store': 'x',
      '.index.html.swp': 'x',
      'index.html~': 'x',
      '#draft.html#': 'x',
      'notes.draft': 'x',
      'deep/notes.draft': 'x',
      'kept.draft': 'x',
      '.immuableignore': '# drafts\n*.draft\n!kept.draft\n',
    };
    const site = folderOf(files);
    const { status, error } = program.run(['-o', 'left.pack', site]);
    expect(status).toBe(0);
    expect(pathsOf(read('left.pack'))).toEqual([
      '.hidden',
      '.well-known/acme-challenge/token',
      'index.html',
      'kept.draft',
    ]);
    expect(error).toMatch(/left out: .*\.env.* and \d+ more/);
    expect(
      program.run([
        '-o',
        'kept.pack',
        '--include',
        '.env.local',
        '--include',
        '.git/config',
        '--include',
        'deep/*',
        site,
      ]).status,
    ).toBe(0);
    expect(pathsOf(read('kept.pack'))).toEqual([
      '.env.local',
      '.git/config',
      '.hidden',
      '.well-known/acme-challenge/token',
      'deep/notes.draft',
      'index.html',
      'kept.draft',
    ]);
    expect(program.run(['-vv', '-o', 'said.pack', site]).error).toMatch(
      /left out: (?=.*\.DS_Store)(?=.*sub\/\.env)(?=.*\.git\/)/,
    );
  });

  it('follows links, refuses those that lead out or in a circle, and hides what is left out behind them', () => {
    const site = folderOf({
      'a.txt': 'a',
      'd/b.txt': 'b',
      'link.txt': '-> a.txt',
      dlink: '-> d',
      '.env': 'SECRET',
      'public.txt': '-> .env',
    });
    expect(program.run(['-q', '-o', 'links.pack', site]).status).toBe(0);
    const pack = read('links.pack');
    expect(pathsOf(pack)).toEqual(['a.txt', 'd/b.txt', 'dlink/b.txt', 'link.txt']);
    expect(pack.find('link.txt')!.start).toBe(pack.find('a.txt')!.start);
    for (const [files, message] of [
      [{ 'out.txt': '-> /etc/hostname' }, /leads out of the folder/],
      [{ 'out.txt': '-> ../' }, /leads out of the folder/],
      [{ 'd/loop': '-> ../d' }, /a folder that it is in/],
      [{ loop: '-> .' }, /a folder that it is in/],
      [{ broken: '-> nowhere' }, /leads nowhere/],
    ] as const) {
      const { status, error } = program.run(['-o', 'never.pack', folderOf(files as unknown as Record<string, string>)]);
      expect(status).toBe(6);
      expect(error).toMatch(message);
      expect(error.trim()).not.toContain('\n');
      expect(existsSync(join(program.folder, 'never.pack'))).toBe(false);
    }
  });

  it('records modes, empty folders and types', () => {
    const site = folderOf({ 'run.sh': '#!/bin/sh\n', 'page.html': '<p>', 'shared.txt': 's' });
    chmodSync(join(site, 'run.sh'), 0o755);
    chmodSync(join(site, 'shared.txt'), 0o664);
    chmodSync(join(site, 'page.html'), 0o644);
    mkdirSync(join(site, 'hollow/inner'), { recursive: true });
    expect(program.run(['-q', '-o', 'modes.pack', site]).status).toBe(0);
    const pack = read('modes.pack');
    expect([...pack.entries()].map((entry) => entry.mode.toString(8))).toEqual(['100644', '100755', '100664']);
    expect(pack.find('page.html')!.contentType).toBe('text/html; charset=utf-8');
    expect(program.run(['-q', '--without-recognition', '-o', 'untyped.pack', site]).status).toBe(0);
    expect(read('untyped.pack').find('page.html')!.contentType).toBeUndefined();
  });

  it('takes hashes, a page size, and a limit above which files are stored', () => {
    const site = folderOf({
      'a.txt': 'text '.repeat(1000),
      'b.txt': 'text '.repeat(1000),
      'c.txt': 'more '.repeat(1000),
    });
    expect(
      program.run([
        '-q',
        '-a',
        'sha3-256',
        '--signature',
        'blake2b',
        '--pagesize',
        '4096',
        '--store-above',
        '1K',
        '-o',
        'hashes.pack',
        site,
      ]).status,
    ).toBe(0);
    const pack = read('hashes.pack');
    expect([pack.hash, pack.trailerHash]).toEqual(['sha3-256', 'blake2b']);
    expect(pack.source.length % 4096).toBe(0);
    expect([...pack.entries()].map((entry) => entry.storage)).toEqual(['stored', 'stored', 'stored']);
    // Large files that are equal are one object too.
    expect(pack.find('a.txt')!.start).toBe(pack.find('b.txt')!.start);
    expect(pack.find('a.txt')!.start).not.toBe(pack.find('c.txt')!.start);
  });

  it('never replaces an archive but by --force, then at once', () => {
    const site = folderOf({ 'a.txt': 'first' });
    expect(program.run(['-q', '-o', 'out.pack', site]).status).toBe(0);
    const before = readFileSync(join(program.folder, 'out.pack'));
    const inode = statSync(join(program.folder, 'out.pack')).ino;
    writeFileSync(join(site, 'a.txt'), 'second');
    const refused = program.run(['-o', 'out.pack', site]);
    expect(refused).toMatchObject({ status: 6, out: '' });
    expect(refused.error).toMatch(/^immuable: error: cannot make out\.pack: it is there already; .*--force\.\n$/);
    expect(Buffer.compare(readFileSync(join(program.folder, 'out.pack')), before)).toBe(0);
    expect(program.run(['-q', '--force', '-o', 'out.pack', site]).status).toBe(0);
    expect(Buffer.from(read('out.pack').inflateWhole(read('out.pack').find('a.txt')!)).toString()).toBe('second');
    expect(statSync(join(program.folder, 'out.pack')).ino).not.toBe(inode);
  });

  it('does not put the archive into itself', () => {
    const site = folderOf({ 'a.txt': 'a' });
    for (let i = 0; i < 2; i++) expect(program.run(['-q', '-f', '-o', join(site, 'site.pack'), site]).status).toBe(0);
    expect(pathsOf(read(`${site.split('/').at(-1)}/site.pack`))).toEqual(['a.txt']);
    expect(readdirSync(site).sort()).toEqual(['a.txt', 'site.pack']);
  });

  it('says in one line what is wrong', () => {
    const cases: [string[], number, RegExp][] = [
      [['nowhere'], 6, /cannot read nowhere: there is no such file or folder/],
      [['-o', 'no/such/folder.pack', '.'], 6, /cannot write in no\/such: there is no such file or folder/],
      [['--pagesize', '1000', '.'], 2, /no page size: give a power of two/],
      [['--store-above', 'much', '.'], 2, /no size/],
      [['-a', 'md5', '.'], 2, /sha1, sha256/],
      [['--width', '0', '.'], 2, /no width/],
      [['--nonsense', '.'], 2, /unknown option/],
      [['make', '.', 'more'], 2, /too many arguments/],
      [[], 2, /missing required argument 'folder'/],
    ];
    for (const [argv, status, message] of cases) {
      const ran = program.run(argv);
      expect(ran.status, argv.join(' ')).toBe(status);
      expect(ran.error).toMatch(message);
      expect(ran.error.trim()).not.toContain('\n');
    }
  });

  it('is quiet without a terminal: no bar, no colours; colours when asked for', () => {
    const escapeCharacter = '\u001b';
    const plain = program.run(['-o', 'bar.pack', folderOf({ 'a.txt': 'a' })]);
    expect(plain.error + plain.out).not.toContain(escapeCharacter);
    expect(program.run(['--color', 'always', 'nowhere']).error).toContain(escapeCharacter);
    expect(program.run(['--color', 'never', 'nowhere']).error).not.toContain(escapeCharacter);
  });

  it('prints its version and help', () => {
    expect(program.run(['--version']).out).toMatch(/^\d+\.\d+\.\d+/);
    const help = program.run(['make', '--help']);
    expect(help.status).toBe(0);
    for (const flag of [
      '--output',
      '--algorithm',
      '--pagesize',
      '--width',
      '--without-progress',
      '--without-recognition',
      '--color',
      '--verbosity',
      '--signature',
      '--force',
      '--include',
    ]) {
      expect(help.out).toContain(flag);
    }
  });
});
