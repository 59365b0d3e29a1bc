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
const KOFFI = /^packages\/(tap\/src\/|server\/src\/(archive-file|sandbox)\/|tls\/src\/(evp-cipher|ml-kem)\.ts)/;

/** Node modules behind seams: the files that import them say so in their names. */
const SEAMS = ['node:crypto', 'node:zlib'];

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

  it('lets no import reach into another package but by what it exports', () => {
    const inside = all.filter(({ specifier }) => {
      const [, name, path] = /^@immuable-net\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
      if (name === undefined) return /^\.\..*\/packages\//.test(specifier);
      const { exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
      return exports[`./${path}`] === undefined;
    });
    expect(inside).toEqual([]);
  });

  it('calls native code only where DESIGN says', () => {
    const wrong = all.filter(({ file, specifier }) => specifier === 'koffi' && !KOFFI.test(file));
    expect(wrong).toEqual([]);
  });

  it('imports node:crypto and node:zlib in files that say so in their names', () => {
    const wrong = all.filter(
      ({ package: from, file, specifier }) =>
        SEAMS.includes(specifier) && from !== 'server' && from !== 'harness' && !/\/node-[^/]+\.ts$/.test(file),
    );
    expect(wrong).toEqual([]);
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
