import { describe, expect, it } from 'vitest';
import { HeaderRules } from '../../src/site/index.ts';
import { archiveOf, field, Served } from './served.ts';

const rulesOf = (text: string): HeaderRules => HeaderRules.parse(new TextEncoder().encode(text));

const applied = (rules: HeaderRules, path: string, fields: readonly (readonly [string, string])[] = []): string =>
  rules
    .apply(fields, rules.match(path))
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');

describe('_headers', () => {
  const rules = rulesOf(`# everywhere
/*
  X-All: yes

/assets/*
  Cache-Control: max-age=31536000, immutable
  Link: </a>; rel=preload
  Link: </b>; rel=preload
/blog/:year/:post.html
  X-Post: yes
/assets/plain.css
  ! Cache-Control
  X-Ünicode: no
  X-Text: ünicode
`);

  it('is read as Netlify and Cloudflare write it', () => {
    expect(applied(rules, '/')).toBe('x-all: yes');
    expect(applied(rules, '/assets/a/b.js')).toBe(
      'x-all: yes; cache-control: max-age=31536000, immutable; link: </a>; rel=preload; link: </b>; rel=preload',
    );
    expect(applied(rules, '/blog/2026/x.html')).toBe('x-all: yes; x-post: yes');
    expect(applied(rules, '/blog/2026/x/y.html')).toBe('x-all: yes');
    expect(applied(rules, '/assets/plain.css')).toContain('x-text: \xc3\xbcnicode');
    expect(applied(rules, '/assets/plain.css')).not.toContain('cache-control');
  });

  it('replaces fields of the same name', () => {
    const fields = [
      ['cache-control', 'no-cache'],
      ['x-own', 'a'],
    ] as const;
    expect(applied(rules, '/assets/x', fields)).toContain('x-own: a; x-all: yes; cache-control: max-age');
    expect(applied(rules, '/assets/plain.css', fields)).not.toContain('no-cache');
  });

  it('says what it does not understand, and goes on', () => {
    const odd = rulesOf(`https://example.org/*
  X-A: b
nonsense
/a***
/ok
  no colon
  Content-Length: 5
  Bad Name: x
  X-Good: y
`);
    expect(odd.warnings.length).toBe(6);
    expect(odd.warnings[0]).toBe('_headers, line 1: "https://example.org/*" is no path pattern');
    expect(odd.warnings[4]).toBe('_headers, line 7: content-length is set by the server itself');
    expect(applied(odd, '/ok')).toBe('x-good: y');
  });

  it('cannot break a head apart', () => {
    const odd = rulesOf('/a\n  X: b\rY: c\n  Z: \0\n');
    expect(applied(odd, '/a')).toBe('');
    expect(odd.warnings.length).toBe(2);
  });

  it('takes patterns for what they are', () => {
    const odd = rulesOf('/a.b+(c)\n  X: 1\n/%C3%A9\n  X: 2\n');
    expect(applied(odd, '/a.b+(c)')).toBe('x: 1');
    expect(applied(odd, '/aXbb(c)')).toBe('');
    expect(applied(odd, '/é')).toBe('x: 2');
  });

  it('is applied, and never served', async () => {
    const served = new Served(
      await archiveOf({
        _headers: '/app/*\n  X-App: yes\n  Content-Type: application/own\n/index.html\n  X-Home: yes\n',
        'app/a.txt': 'same',
        'b.txt': 'same',
        'index.html': 'home',
        'sub/_headers': 'a file like any other',
      }),
      { cacheControl: 'no-cache', spa: true },
    );
    expect(served.get('/sub/_headers').status).toBe(200);
    const answer = served.get('/app/a.txt');
    expect([field(answer, 'x-app'), field(answer, 'content-type'), field(answer, 'cache-control')]).toEqual([
      'yes',
      'application/own',
      'no-cache',
    ]);
    expect(field(served.get('/b.txt'), 'x-app')).toBe(undefined);
    const plain = new Served(await archiveOf({ _headers: '/*\n  A: b\n', 'c.txt': 'c' }), { cleanUrls: true });
    for (const target of ['/_headers', '/%5Fheaders', '/x/../_headers', '//_headers', '/./_headers']) {
      expect(plain.get(target).status, target).toBe(404);
    }
  });
});
