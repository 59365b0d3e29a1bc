import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { code, imports, root, sources } from './imports.ts';

/** Who may import whom: DESIGN §2. */
const ALLOWED: Record<string, readonly string[]> = {
  octets: [],
  ethernet: ['octets'],
  ip: ['octets'],
  ipv4: ['octets', 'ethernet', 'ip'],
  udp: ['octets', 'ip'],
  tcp: ['octets', 'ip'],
  tls: ['octets'],
  http: ['octets'],
  pack: ['octets'],
  stack: ['octets', 'ethernet', 'ip', 'ipv4', 'udp', 'tcp'],
  tap: ['octets', 'ethernet'],
  harness: ['octets', 'ethernet', 'ip', 'ipv4', 'udp', 'tcp', 'tls', 'http', 'pack', 'stack', 'tap'],
  server: ['octets', 'ethernet', 'ip', 'ipv4', 'udp', 'tcp', 'tls', 'http', 'pack', 'stack', 'tap'],
};

/** Where native code may be called from. */
const KOFFI = /^packages\/(tap\/src\/|server\/src\/(archive-file|sandbox)\/|tls\/src\/(.*\/)?evp-)/;

/** Node modules that one file a package may import, and what that file's name says. */
const SEAMS: Record<string, RegExp> = {
  'node:crypto': /crypto/,
  'node:zlib': /zlib/,
};

/** The packages whose machines take time and randomness as arguments. */
const SANS_IO = ['octets', 'ethernet', 'ip', 'ipv4', 'udp', 'tcp', 'tls', 'http', 'pack'];

describe('the dependency rules of the house', () => {
  const all = imports();

  it('finds imports at all', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it('has every package import only what DESIGN allows, and declare exactly that', () => {
    const wrong = all.filter(({ package: from, specifier }) => {
      const to = /^@immuable-net\/([^/]+)/.exec(specifier)?.[1];
      return to !== undefined && to !== from && !ALLOWED[from]!.includes(to);
    });
    expect(wrong).toEqual([]);
    for (const [name, allowed] of Object.entries(ALLOWED)) {
      const declared =
        JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).dependencies ?? {};
      const ours = Object.keys(declared).filter((key) => key.startsWith('@immuable-net/'));
      expect(ours.sort(), name).toEqual(allowed.map((to) => `@immuable-net/${to}`).sort());
    }
  });

  it('lets no import reach into another package', () => {
    const inside = all.filter(({ specifier }) => /^@immuable-net\/(?!tls\/certificates$)[^/]+\/|^\.\..*\/packages\//.test(specifier));
    expect(inside).toEqual([]);
  });

  it('calls native code only where DESIGN says', () => {
    const wrong = all.filter(({ file, specifier }) => specifier === 'koffi' && !KOFFI.test(file));
    expect(wrong).toEqual([]);
  });

  it('imports node:crypto and node:zlib by one file a package that says so in its name', () => {
    for (const [module, name] of Object.entries(SEAMS)) {
      const importers = new Map<string, Set<string>>();
      for (const { package: from, file, specifier } of all) {
        if (specifier !== module || from === 'server' || from === 'harness') continue;
        expect(file.split('/').at(-1), `${file} imports ${module}`).toMatch(name);
        importers.set(from, (importers.get(from) ?? new Set()).add(file));
      }
      for (const [from, files] of importers) expect([...files], `${from} and ${module}`).toHaveLength(1);
    }
  });

  it('keeps clocks, timers and chance out of the machines', () => {
    const wrong: string[] = [];
    for (const file of sources()) {
      if (!SANS_IO.includes(file.split('/')[1]!)) continue;
      const found = code(file).match(
        /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bset(?:Timeout|Interval|Immediate)\(|\bMath\.random\b/,
      );
      if (found) wrong.push(`${file}: ${found[0]}`);
    }
    expect(wrong).toEqual([]);
  });

  it('leaves nothing half done', () => {
    const wrong = sources().filter((file) => /\b(TODO|FIXME|XXX)\b/.test(readFileSync(join(root, file), 'utf8')));
    expect(wrong).toEqual([]);
  });
});
