import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const names = readdirSync(join(root, 'packages'));

/** Every workspace packed as it would be published, installed into an empty folder, imported and run. */
describe('the packages as a user installs them', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'immuable-net-install-'));
    const packed = JSON.parse(
      execFileSync('npm', ['pack', '--workspaces', '--json', '--ignore-scripts', '--pack-destination', folder], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    const entries: { name: string; filename: string }[] = Array.isArray(packed) ? packed : Object.values(packed);
    const dependencies = Object.fromEntries(entries.map(({ name, filename }) => [name, `file:./${filename}`]));
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'nobody', private: true, type: 'module', dependencies, overrides: dependencies }),
    );
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of names) {
    it(`imports @immuable-net/${name}`, () => {
      const exported = execFileSync(
        process.execPath,
        ['-e', `import('@immuable-net/${name}').then((module) => console.log(Object.keys(module).length))`],
        { cwd: folder, encoding: 'utf8' },
      );
      expect(Number(exported)).toBeGreaterThan(0);
    });
  }

  it('runs both programs', () => {
    const bin = (program: string, ...args: string[]): string =>
      execFileSync(join(folder, 'node_modules/.bin', program), args, { cwd: folder, encoding: 'utf8' });
    const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'));
    expect(bin('immuable-net', '--version').trim()).toBe(version);
    bin('immuable', 'make', '--quiet', '-o', 'site.pack', join(root, 'examples/site'));
    expect(bin('immuable', 'list', 'site.pack')).toContain('index.html');
    expect(bin('immuable', 'cat', 'site.pack', 'robots.txt')).toBe(
      readFileSync(join(root, 'examples/site/robots.txt'), 'utf8'),
    );
    expect(bin('immuable-net', '--pack', 'site.pack', '--check')).toBe('');
  });
});
