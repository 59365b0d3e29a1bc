import { crc32, gunzipSync, inflateSync } from 'node:zlib';
import type { PackEntry } from '@immuable-net/pack';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentTypeOf } from '../../src/site/content-type.ts';
import { extensionTypesFor, Site } from '../../src/site/index.ts';
import { type Answer, archiveOctetsOf, archiveOf, field, noise, Served, textOf } from './served.ts';

const TEXT = 'From wire to file, in TypeScript. '.repeat(300);
const LARGE = Array.from({ length: 60_000 }, (_, i) => `line ${i * 7919}\n`).join('');
const NOISE = noise(200_000, 7);
const HTML = 'text/html; charset=utf-8';

let pack: Awaited<ReturnType<typeof archiveOf>>;
let served: Served;

beforeAll(async () => {
  pack = await archiveOf({
    'index.html': { octets: new TextEncoder().encode(`<h1>home</h1>${TEXT}`), contentType: HTML },
    'text.txt': { octets: new TextEncoder().encode(TEXT), contentType: 'text/plain; charset=utf-8' },
    'large.log': LARGE,
    'noise.bin': { octets: NOISE },
    empty: { octets: new Uint8Array(0) },
    'guide/index.html': { octets: new TextEncoder().encode('<h1>guide</h1>'), contentType: HTML },
    'guide/deep/page.html': { octets: new TextEncoder().encode('<h1>page</h1>'), contentType: HTML },
    'a b/é%41.txt': 'odd name',
    'noindex/file.txt': 'file',
    '\\evil.example/index.html': 'evil',
  });
  served = new Served(pack);
});

const entry = (path: string): PackEntry => pack.find(path)!;

describe('files', () => {
  it('are served with what is known of them', () => {
    const answer = served.get('/index.html');
    expect(answer.status).toBe(200);
    expect(textOf(answer)).toBe(`<h1>home</h1>${TEXT}`);
    expect(Object.fromEntries(answer.fields)).toEqual({
      date: ['Sun, 06 Nov 1994 08:49:37 GMT'],
      'content-type': [HTML],
      'content-length': [String(TEXT.length + 13)],
      etag: [`"${entry('index.html').id}"`],
      'accept-ranges': ['bytes'],
      vary: ['accept-encoding'],
      'x-content-type-options': ['nosniff'],
    });
  });

  it('are all served octet for octet, whatever the coding and the room', () => {
    for (const room of [1460, 20_000, 1_000_000]) {
      const narrow = new Served(pack, {}, room);
      for (const file of pack.entries()) {
        const plain = pack.inflateWhole(file);
        const target = `/${encodeURI(file.path)}`;
        expect(Buffer.compare(narrow.get(target).body, plain)).toBe(0);
        for (const coding of ['gzip', 'deflate']) {
          const answer = narrow.get(target, { 'Accept-Encoding': coding });
          const told = field(answer, 'content-encoding');
          if (file.storage === 'deflated' && file.length > 0) expect(told).toBe(coding);
          const decoded =
            told === 'gzip' ? gunzipSync(answer.body) : told === 'deflate' ? inflateSync(answer.body) : answer.body;
          expect(Buffer.compare(decoded, plain)).toBe(0);
        }
      }
    }
  });

  it('of every way of storage are among these', () => {
    const storages = new Set(Array.from(pack.entries(), (file) => file.storage));
    expect(storages).toContain('stored');
    expect(storages).toContain('deflated');
    expect(entry('large.log').storage).toBe('deflated');
    expect(entry('noise.bin').storage).toBe('stored');
  });

  it('answer HEAD with the same head', () => {
    for (const target of ['/index.html', '/noise.bin', '/large.log', '/empty']) {
      for (const coding of ['identity', 'gzip']) {
        const get = served.get(target, { 'Accept-Encoding': coding });
        const head = served.request('HEAD', target, { 'Accept-Encoding': coding });
        expect(head.status).toBe(200);
        expect(head.fields).toEqual(get.fields);
        expect(head.body.length).toBe(0);
      }
    }
  });

  it('ignore queries', () => {
    expect(textOf(served.get('/text.txt?a=b/../c'))).toBe(TEXT);
    expect(served.get('/?x').status).toBe(200);
  });
});

describe('names', () => {
  it('are decoded, dot segments resolved', () => {
    expect(textOf(served.get('/a%20b/%C3%A9%2541.txt'))).toBe('odd name');
    expect(textOf(served.get('/a%20b/%c3%a9%41.txt'))).not.toBe('odd name');
    expect(textOf(served.get('/guide/../text.txt'))).toBe(TEXT);
    expect(textOf(served.get('/guide/%2e%2e/%74ext.txt'))).toBe(TEXT);
    expect(textOf(served.get('//text.txt'))).toBe(TEXT);
  });

  it('that are none are not found', () => {
    for (const target of [
      '/nothing',
      '/text.txt/',
      '/guide%2findex.html',
      '/%ff',
      '/a%00',
      '/../../etc/passwd',
      '/TEXT.txt',
      '/text.txt.',
      '/noindex/',
      '/noindex',
    ]) {
      expect(served.get(target).status, target).toBe(404);
    }
    expect(served.get('/%zz').status).toBe(400);
  });

  it('of folders serve their index.html, or lead to it', () => {
    expect(textOf(served.get('/guide/'))).toBe('<h1>guide</h1>');
    const answer = served.get('/guide?q=1&r=%20');
    expect([answer.status, field(answer, 'location')]).toEqual([301, '/guide/?q=1&r=%20']);
    expect(field(served.get('/x/../guide'), 'location')).toBe('/guide/');
    expect(served.request('HEAD', '/guide').status).toBe(301);
  });

  it('lead to no other host', () => {
    for (const target of ['//guide', '///guide', '/.//guide', '/%2e//guide']) {
      expect(field(served.get(target), 'location'), target).toBe('/guide/');
    }
    expect(field(served.get('/%5Cevil.example'), 'location')).toBe('/%5Cevil.example/');
  });
});

describe('methods', () => {
  it('beside GET and HEAD are not allowed, or not implemented', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
      const answer = served.request(method, '/index.html');
      expect([answer.status, field(answer, 'allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    }
    expect(served.request('BREW', '/').status).toBe(501);
    expect(served.request('get', '/').status).toBe(501);
  });

  it('are listed by OPTIONS', () => {
    for (const target of ['/', '*', '/nothing']) {
      const answer = served.request('OPTIONS', target);
      expect([answer.status, field(answer, 'allow')]).toEqual([200, 'GET, HEAD, OPTIONS']);
    }
  });
});

describe('codings', () => {
  it('have entity tags of their own', () => {
    const { id, codedCrc32 } = entry('index.html');
    const crc = codedCrc32.toString(16).padStart(8, '0');
    const tag = (coding: string): string | undefined => field(served.get('/', { 'Accept-Encoding': coding }), 'etag');
    expect(tag('gzip')).toBe(`"${id}-gzip-${crc}"`);
    expect(tag('deflate')).toBe(`"${id}-deflate-${crc}"`);
    expect(tag('identity')).toBe(`"${id}"`);
    expect(crc32(served.get('/', { 'Accept-Encoding': 'deflate' }).body)).toBe(codedCrc32);
  });

  it('are chosen by weight', () => {
    const coding = (value: string): string | undefined =>
      field(served.get('/', { 'Accept-Encoding': value }), 'content-encoding');
    expect(coding('gzip, deflate, br, zstd')).toBe('gzip');
    expect(coding('deflate')).toBe('deflate');
    expect(coding('gzip;q=0.1, deflate;q=0.2')).toBe('deflate');
    expect(coding('gzip;q=0')).toBe(undefined);
    expect(coding('br')).toBe(undefined);
    expect(coding('*')).toBe('gzip');
  });

  it('are all refused where nothing is acceptable', () => {
    expect(served.get('/', { 'Accept-Encoding': 'identity;q=0, br' }).status).toBe(406);
    expect(served.get('/', { 'Accept-Encoding': 'identity;q=0, gzip' }).status).toBe(200);
    expect(served.get('/noise.bin', { 'Accept-Encoding': 'identity;q=0, gzip' }).status).toBe(406);
  });

  it('do not vary where there is but one', () => {
    expect(field(served.get('/noise.bin'), 'vary')).toBe(undefined);
    expect(field(served.get('/noise.bin', { 'Accept-Encoding': 'gzip' }), 'content-encoding')).toBe(undefined);
  });
});

describe('conditions', () => {
  it('answer 304 with what a cache needs', () => {
    const tag = `"${entry('text.txt').id}"`;
    for (const value of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const answer = served.get('/text.txt', { 'If-None-Match': value });
      expect(answer.status).toBe(304);
      expect([...answer.fields.keys()].sort()).toEqual(['date', 'etag', 'vary']);
      expect(field(answer, 'etag')).toBe(tag);
    }
    expect(served.request('HEAD', '/text.txt', { 'If-None-Match': tag }).status).toBe(304);
    expect(served.get('/text.txt', { 'If-None-Match': '"x"' }).status).toBe(200);
    // Another representation's tag is another tag.
    expect(served.get('/text.txt', { 'If-None-Match': tag, 'Accept-Encoding': 'gzip' }).status).toBe(200);
  });

  it('answer 412', () => {
    const tag = `"${entry('text.txt').id}"`;
    expect(served.get('/text.txt', { 'If-Match': '"x"' }).status).toBe(412);
    expect(served.get('/text.txt', { 'If-Match': `W/${tag}` }).status).toBe(412);
    expect(served.get('/text.txt', { 'If-Match': `"x", ${tag}` }).status).toBe(200);
    expect(served.get('/text.txt', { 'If-Match': '*' }).status).toBe(200);
  });

  it('are of no account for what is not there, nor for dates', () => {
    expect(served.get('/nothing', { 'If-Match': '"x"' }).status).toBe(404);
    expect(served.get('/text.txt', { 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' }).status).toBe(200);
  });
});

describe('ranges', () => {
  const partOf = (octets: Uint8Array, from: number, to: number): Uint8Array => octets.subarray(from, to);
  const targets = ['/noise.bin', '/text.txt', '/large.log'] as const;

  it('of every storage and coding are runs of the whole', () => {
    for (const target of targets) {
      for (const coding of ['identity', 'gzip', 'deflate']) {
        const whole = served.get(target, { 'Accept-Encoding': coding }).body;
        const { length } = whole;
        const cases: [string, number, number][] = [
          ['0-0', 0, 1],
          ['1-59', 1, 60],
          ['5-20', 5, 21],
          [`${length - 5}-`, length - 5, length],
          ['-9', length - 9, length],
          ['0-', 0, length],
          [`3-${length * 2}`, 3, length],
        ];
        if (length > 140_000) cases.push(['65530-65545', 65_530, 65_546], ['131070-', 131_070, length]);
        for (const [range, from, to] of cases) {
          const answer = served.get(target, { Range: `bytes=${range}`, 'Accept-Encoding': coding });
          expect(answer.status).toBe(206);
          expect(field(answer, 'content-range')).toBe(`bytes ${from}-${to - 1}/${length}`);
          expect(Buffer.compare(answer.body, partOf(whole, from, to)), `${target} ${coding} ${range}`).toBe(0);
        }
      }
    }
  });

  it('that are several come as multipart/byteranges', () => {
    for (const coding of ['identity', 'gzip']) {
      const whole = served.get('/text.txt', { 'Accept-Encoding': coding }).body;
      const answer = served.get('/text.txt', { Range: 'bytes=0-4,10-14,12-19,-3', 'Accept-Encoding': coding });
      expect(answer.status).toBe(206);
      const [, boundary] = /^multipart\/byteranges; boundary=([0-9a-zA-Z]{1,70})$/.exec(
        field(answer, 'content-type')!,
      )!;
      expect(field(answer, 'content-range')).toBe(undefined);
      expect(partsOf(answer, boundary!)).toEqual(
        [
          [0, 5],
          [10, 20],
          [whole.length - 3, whole.length],
        ].map(([from, to]) => ({
          head: `content-type: text/plain; charset=utf-8\r\ncontent-range: bytes ${from}-${to! - 1}/${whole.length}`,
          body: Buffer.from(partOf(whole, from!, to!)).toString('latin1'),
        })),
      );
    }
  });

  it('that merge into one come as one', () => {
    const answer = served.get('/text.txt', { Range: 'bytes=0-4,3-9' });
    expect(field(answer, 'content-range')).toBe(`bytes 0-9/${TEXT.length}`);
  });

  it('that cannot be satisfied get 416', () => {
    const answer = served.get('/text.txt', { Range: `bytes=${TEXT.length}-` });
    expect([answer.status, field(answer, 'content-range')]).toEqual([416, `bytes */${TEXT.length}`]);
    expect(served.get('/empty', { Range: 'bytes=0-' }).status).toBe(416);
    expect(served.get('/empty', { Range: 'bytes=-5' }).status).toBe(200);
  });

  it('are ignored where they are none, too many, for HEAD, or of a stream more than once', () => {
    expect(served.get('/text.txt', { Range: 'bytes=x' }).status).toBe(200);
    expect(
      served.get('/text.txt', { Range: `bytes=${Array.from({ length: 17 }, (_, i) => `${i * 9}-${i * 9}`).join()}` })
        .status,
    ).toBe(200);
    expect(served.request('HEAD', '/text.txt', { Range: 'bytes=0-1' }).status).toBe(200);
    expect(served.get('/large.log', { Range: 'bytes=0-1,5-6' }).status).toBe(200);
    expect(served.get('/noise.bin', { Range: 'bytes=0-1,5-6' }).status).toBe(206);
  });

  it('depend on If-Range', () => {
    const tag = `"${entry('text.txt').id}"`;
    const status = (value: string): number => served.get('/text.txt', { Range: 'bytes=0-1', 'If-Range': value }).status;
    expect(status(tag)).toBe(206);
    expect(status(`W/${tag}`)).toBe(200);
    expect(status('"x"')).toBe(200);
    expect(status('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(200);
  });

  it('come after If-None-Match', () => {
    const tag = `"${entry('text.txt').id}"`;
    expect(served.get('/text.txt', { Range: 'bytes=0-1', 'If-None-Match': tag }).status).toBe(304);
  });
});

function partsOf(answer: Answer, boundary: string): { head: string; body: string }[] {
  const text = Buffer.from(answer.body).toString('latin1');
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`);
  expect(pieces.shift()).toBe('');
  expect(pieces.pop()).toBe('--\r\n');
  return pieces.map((piece) => {
    const end = piece.indexOf('\r\n\r\n');
    return { head: piece.slice(2, end), body: piece.slice(end + 4) };
  });
}

describe('a large compressed file for a client that takes no compression', () => {
  it('is inflated 64 KiB a turn at most', () => {
    const wide = new Served(pack, {}, 100_000_000);
    expect(textOf(wide.get('/large.log'))).toBe(LARGE);
    expect(wide.turns).toBeGreaterThanOrEqual(Math.floor(LARGE.length / 65_536));
  });
});

describe('the cache', () => {
  it('inflates a small file once', () => {
    const fresh = new Served(pack);
    for (let i = 0; i < 3; i++) fresh.get('/text.txt', { 'X-Nothing': String(i) });
    expect(fresh.site.cache.misses).toBe(1);
    expect(fresh.site.cache.octets).toBe(TEXT.length);
    fresh.request('HEAD', '/index.html');
    expect(fresh.site.cache.misses).toBe(1);
  });

  it('never holds more than it may', async () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 50; i++) files[`${i}.txt`] = `${i * 7919} `.repeat(1000 + i);
    const many = await archiveOf(files);
    const small = new Served(many, { cacheOctets: 20_000 });
    for (let round = 0; round < 3; round++) {
      for (const [path, text] of Object.entries(files)) {
        expect(textOf(small.get(`/${path}`))).toBe(text);
        expect(small.site.cache.octets).toBeLessThanOrEqual(20_000);
      }
    }
    const none = new Served(many, { cacheOctets: 0 });
    for (const [path, text] of Object.entries(files)) expect(textOf(none.get(`/${path}`))).toBe(text);
    expect(none.site.cache.misses).toBe(0);
  });
});

describe('what is asked for all the time', () => {
  it('stays in the cache while other files come and go', async () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 20; i++) files[`${i}.txt`] = `${i * 7919} `.repeat(700);
    const hot = new Served(await archiveOf(files), { cacheOctets: 15_000 });
    for (const path of Object.keys(files)) {
      hot.get(`/${path}`);
      hot.get('/0.txt');
      expect(hot.site.cache.octets).toBeGreaterThanOrEqual(files['0.txt']!.length);
    }
    // In and out by age alone it would be inflated five times more.
    expect(hot.site.cache.misses).toBeLessThanOrEqual(22);
  });
});

describe('404.html', () => {
  it('is what is not found looks like', async () => {
    const own = new Served(await archiveOf({ 'index.html': 'x', '404.html': `<p>gone ${TEXT}` }));
    const answer = own.get('/nothing', { 'Accept-Encoding': 'gzip', 'If-None-Match': '*', Range: 'bytes=0-1' });
    expect([answer.status, field(answer, 'content-encoding')]).toEqual([404, 'gzip']);
    expect(gunzipSync(answer.body).toString()).toBe(`<p>gone ${TEXT}`);
    expect(field(answer, 'etag')).toBe(undefined);
    expect(own.request('HEAD', '/nothing').status).toBe(404);
    expect(own.get('/404.html').status).toBe(200);
  });
});

describe('Content-Type', () => {
  it("is the archive's, or the extension's where the archive is vague", async () => {
    const octets = new TextEncoder().encode('a');
    const vague = await archiveOf({
      'a.css': { octets, contentType: 'text/plain' },
      'a.svg': { octets, contentType: 'text/xml' },
      'a.txt': { octets, contentType: 'text/plain; charset=utf-16' },
      'a.html': { octets, contentType: 'text/x-own' },
      'a.json': 'b',
      'a.unheard-of': 'c',
      'a.js': 'f',
      README: 'd',
      '.css': 'e',
      notes: { octets, contentType: 'text/plain' },
    });
    const typed = new Served(vague, { typeOf: await extensionTypesFor(vague) });
    const type = (path: string): string | undefined => field(typed.get(`/${path}`), 'content-type');
    expect(type('a.css')).toBe('text/css; charset=utf-8');
    expect(type('a.svg')).toBe('image/svg+xml');
    expect(type('a.txt')).toBe('text/plain; charset=utf-16');
    expect(type('a.html')).toBe('text/x-own');
    expect(type('a.json')).toBe('application/json; charset=utf-8');
    expect(type('a.unheard-of')).toBe('application/octet-stream');
    expect(type('a.js')).toBe('text/javascript; charset=utf-8');
    expect(type('README')).toBe('application/octet-stream');
    expect(type('.css')).toBe('application/octet-stream');
    expect(type('notes')).toBe('text/plain');
  });

  it('of the archive is not passed on where it could be no field', () => {
    expect(contentTypeOf('a.js', 'a\u0001b', undefined)).toBe('application/octet-stream');
    expect(contentTypeOf('a.js', 'a\r\nb', () => 'text/javascript')).toBe('text/javascript');
  });

  it('needs no table where the archive says everything', async () => {
    const octets = new TextEncoder().encode('a');
    const told = await archiveOf({
      'a.css': { octets, contentType: 'text/css' },
      'robots.txt': { octets, contentType: 'text/plain' },
    });
    expect(await extensionTypesFor(told)).toBe(undefined);
  });
});

describe('options', () => {
  it('--cache-control and --header', () => {
    const own = new Served(pack, {
      cacheControl: 'max-age=60',
      headers: [
        ['X-Own', 'a'],
        ['X-Content-Type-Options', 'none'],
      ],
    });
    const answer = own.get('/text.txt');
    expect(field(answer, 'cache-control')).toBe('max-age=60');
    expect(field(answer, 'x-own')).toBe('a');
    expect(field(answer, 'x-content-type-options')).toBe('none');
    const tag = field(answer, 'etag')!;
    expect(field(own.get('/text.txt', { 'If-None-Match': tag }), 'cache-control')).toBe('max-age=60');
    const missing = own.get('/nothing');
    expect(field(missing, 'cache-control')).toBe(undefined);
    expect(field(missing, 'x-own')).toBe('a');
    expect(field(own.request('POST', '/'), 'x-own')).toBe('a');
  });

  it('--clean-urls', () => {
    expect(served.get('/guide/deep/page').status).toBe(404);
    const clean = new Served(pack, { cleanUrls: true });
    expect(textOf(clean.get('/guide/deep/page'))).toBe('<h1>page</h1>');
    expect(textOf(clean.get('/guide/deep/page.html'))).toBe('<h1>page</h1>');
    expect(clean.get('/guide/deep/page/').status).toBe(404);
    expect(clean.get('/guide').status).toBe(301);
  });

  it('--spa', () => {
    const spa = new Served(pack, { spa: true });
    const answer = spa.get('/app/route/7?x=y');
    expect(answer.status).toBe(200);
    expect(field(answer, 'etag')).toBe(`"${entry('index.html').id}"`);
    expect(spa.get('/guide').status).toBe(301);
  });
});

describe('symbolic links', () => {
  it('lead to files of the archive alone', async () => {
    const link = (target: string): { octets: Uint8Array; mode: number } => ({
      octets: new TextEncoder().encode(target),
      mode: 0o120000,
    });
    const linked = new Served(
      await archiveOf({
        'a/file.txt': 'file',
        'a/here': link('file.txt'),
        'b/there': link('../a/./here'),
        out: link('../../etc/passwd'),
        absolute: link('/a/file.txt'),
        loop: link('loop'),
        nowhere: link('c'),
      }),
    );
    expect(textOf(linked.get('/a/here'))).toBe('file');
    expect(textOf(linked.get('/b/there'))).toBe('file');
    for (const path of ['out', 'absolute', 'loop', 'nowhere']) expect(linked.get(`/${path}`).status, path).toBe(404);
  });
});

describe('a damaged archive', () => {
  it('gives 500 for a file whose octets are not what they should be, and serves the others', async () => {
    const octets = await archiveOctetsOf({ 'a.txt': TEXT, 'b.txt': LARGE.slice(0, 30_000) });
    const { openPack, PackSource } = await import('@immuable-net/pack');
    const broken = openPack(PackSource.over(octets));
    const a = broken.find('a.txt')!;
    octets.fill(0xff, a.zlibStart + 20, a.zlibEnd - 10);
    const own = new Served(broken);
    expect(own.get('/a.txt').status).toBe(500);
    expect(own.site.cache.failures).toBe(1);
    expect(textOf(own.get('/b.txt'))).toBe(LARGE.slice(0, 30_000));
  });
});

describe('a lease', () => {
  it('is given back when the archive is damaged in the middle of a file', async () => {
    const octets = await archiveOctetsOf({ 'noise.bin': { octets: NOISE } });
    const { openPack, PackSource } = await import('@immuable-net/pack');
    const broken = openPack(PackSource.over(octets));
    // The length of the second stored block.
    octets[broken.find('noise.bin')!.zlibStart + 2 + 65_540 + 1]! ^= 1;
    let held = 0;
    const lease = { retain: (): number => held++, release: (): number => held-- };
    const own = new Served(broken, { lease });
    expect(() => own.get('/noise.bin')).toThrow(/octets for a length of 200000/);
    expect(own.context.counters.bodyFailures).toBe(1);
    expect(held).toBe(0);
  });

  it('is retained as often as it is released', () => {
    let held = 0;
    let retained = 0;
    const lease = {
      retain: (): void => {
        held++;
        retained++;
      },
      release: (): void => {
        held--;
      },
    };
    const leased = new Served(pack, { lease }, 3000);
    for (const target of ['/noise.bin', '/text.txt', '/large.log', '/empty']) {
      for (const coding of ['identity', 'gzip']) {
        leased.get(target, { 'Accept-Encoding': coding });
        leased.get(target, { 'Accept-Encoding': coding, Range: 'bytes=1-3,7-9' });
        expect(held).toBe(0);
      }
    }
    expect(retained).toBeGreaterThan(100);
  });
});

it('opens with the table of types where it needs one', async () => {
  const site = await Site.open(await archiveOf({ 'a.css': 'a {}' }));
  expect(site.warnings).toEqual([]);
});
