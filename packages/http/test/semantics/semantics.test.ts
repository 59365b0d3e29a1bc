import {
  Coding,
  DateClock,
  encodePath,
  entityTagsHold,
  evaluatePreconditions,
  Fields,
  formatDate,
  ifRangeHolds,
  isAuthority,
  isFieldValue,
  isToken,
  JoinedBody,
  listMembers,
  MAXIMUM_RANGES,
  OctetsBody,
  PartOfBody,
  parseAcceptEncoding,
  parseRange,
  percentDecode,
  phraseOf,
  resolveTarget,
  statusResponse,
  UNNAMEABLE,
  Verdict,
} from '@immuable-net/http';
import { SliceQueue } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const SEED = 9110;

describe('dates (RFC 9110 §5.6.7)', () => {
  it('are IMF-fixdates', () => {
    expect(formatDate(784_111_777)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    expect(formatDate(0)).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
    expect(formatDate(951_782_400)).toBe('Tue, 29 Feb 2000 00:00:00 GMT');
    expect(formatDate(4_107_542_399)).toBe('Sun, 28 Feb 2100 23:59:59 GMT');
  });

  it('are what Date says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(formatDate(seconds)).toBe(new Date(seconds * 1000).toUTCString());
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('are made once a second, and follow a clock that is set', () => {
    const clock = new DateClock(784_111_777_000);
    clock.update(0);
    const { octets } = clock;
    clock.update(999);
    expect(clock.octets).toBe(octets);
    clock.epochMs -= 1000;
    clock.update(999);
    expect(clock.text).toBe('Sun, 06 Nov 1994 08:49:36 GMT');
    expect(clock.octets).not.toBe(octets);
  });
});

describe('lists (RFC 9110 §5.6.1)', () => {
  it('leave empty members out and keep quoted commas', () => {
    expect(listMembers('a, b\t,, c ,')).toEqual(['a', 'b', 'c']);
    expect(listMembers('a="x, \\" y", b')).toEqual(['a="x, \\" y"', 'b']);
    expect(listMembers('"never ends, a')).toEqual(['"never ends, a']);
    expect(listMembers(' , ')).toEqual([]);
  });
});

describe('syntax', () => {
  it('of tokens, values and authorities', () => {
    expect(isToken('X-a_b!')).toBe(true);
    for (const text of ['', 'a b', 'a:', 'é', 'a\u0100']) expect(isToken(text)).toBe(false);
    for (const text of ['', 'a b\tc', 'é']) expect(isFieldValue(text)).toBe(true);
    for (const text of [' a', 'a ', 'a\nb', 'a\0', '\u0100', 'a\x7f']) expect(isFieldValue(text)).toBe(false);
    for (const text of ['', 'a', 'a.b:80', 'a:', '[::1]', '[::1]:80', '1.2.3.4:5', 'a%20b']) {
      expect(isAuthority(text)).toBe(true);
    }
    for (const text of ['a:b', 'a b', 'a/b', 'u@a', 'a, b', '[::1', '::1', 'a:123456', 'é', '[a]x']) {
      expect(isAuthority(text)).toBe(false);
    }
  });

  it('has a phrase for each status', () => {
    for (const status of [200, 206, 301, 304, 400, 404, 405, 412, 414, 416, 417, 431, 500, 501, 505]) {
      expect(phraseOf(status)).not.toBe('');
    }
    expect(phraseOf(299)).toBe('');
  });
});

describe('entity tags (RFC 9110 §8.8.3.2)', () => {
  // The table of that section, both ways.
  for (const [first, second, strong, weak] of [
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
    ['W/"2"', '"1"', false, false],
  ] as const) {
    it(`${first} and ${second}`, () => {
      expect(entityTagsHold(first, second, false)).toBe(strong);
      expect(entityTagsHold(first, second, true)).toBe(weak);
    });
  }

  it('are found in lists', () => {
    expect(entityTagsHold('"a", W/"b,c" ,"d"', '"b,c"', true)).toBe(true);
    expect(entityTagsHold('"a", W/"b,c" ,"d"', '"d"', false)).toBe(true);
    expect(entityTagsHold('"a","b"', '"a","b"', true)).toBe(false);
    expect(entityTagsHold(' * ', '"x"', false)).toBe(true);
    for (const text of ['', 'a', '"a', 'w/"a"', '"a"x"b"'])
      expect(entityTagsHold(text, text === '"a"x"b"' ? '"b"' : '"a"', true)).toBe(false);
  });
});

function fieldsOf(...lines: readonly (readonly [string, string])[]): Fields {
  const fields = new Fields();
  for (const [name, value] of lines) fields.append(name, value);
  return fields;
}

describe('preconditions (RFC 9110 §13.2.2)', () => {
  it('come in their order', () => {
    const verdict = (...lines: readonly (readonly [string, string])[]): Verdict =>
      evaluatePreconditions(fieldsOf(...lines), '"t"');
    expect(verdict()).toBe(Verdict.Proceed);
    expect(verdict(['if-none-match', '"x", W/"t"'])).toBe(Verdict.NotModified);
    expect(verdict(['if-none-match', '"x"'], ['if-none-match', '"t"'])).toBe(Verdict.NotModified);
    expect(verdict(['if-none-match', '*'])).toBe(Verdict.NotModified);
    expect(verdict(['if-none-match', '"x"'])).toBe(Verdict.Proceed);
    expect(verdict(['if-match', '"x"'])).toBe(Verdict.Failed);
    expect(verdict(['if-match', 'W/"t"'])).toBe(Verdict.Failed);
    expect(verdict(['if-match', '"t"'])).toBe(Verdict.Proceed);
    expect(verdict(['if-match', '*'])).toBe(Verdict.Proceed);
    expect(verdict(['if-match', '"x"'], ['if-none-match', '"t"'])).toBe(Verdict.Failed);
    expect(verdict(['if-modified-since', 'Sun, 06 Nov 1994 08:49:37 GMT'])).toBe(Verdict.Proceed);
  });

  it('let If-Range hold for the very tag alone', () => {
    expect(ifRangeHolds('"t"', '"t"')).toBe(true);
    for (const value of ['W/"t"', '"x"', 'Sun, 06 Nov 1994 08:49:37 GMT', '*', '"x", "t"']) {
      expect(ifRangeHolds(value, '"t"')).toBe(false);
    }
  });
});

describe('ranges (RFC 9110 §14)', () => {
  const ranges = (value: string, length = 1000): string | undefined =>
    parseRange(value, length)
      ?.map(({ from, to }) => `${from}-${to - 1}`)
      .join(' ');

  it('are read', () => {
    expect(ranges('bytes=0-499')).toBe('0-499');
    expect(ranges('bytes=500-')).toBe('500-999');
    expect(ranges('bytes=-100')).toBe('900-999');
    expect(ranges('bytes=-5000')).toBe('0-999');
    expect(ranges('bytes=900-5000')).toBe('900-999');
    expect(ranges('BYTES=0-0, , -1')).toBe('0-0 999-999');
    expect(ranges('bytes= 1-2 ,\t4-5')).toBe('1-2 4-5');
    expect(ranges('bytes=99999999999999999999-')).toBe('');
  });

  it('are ignored where they are none', () => {
    for (const value of [
      '',
      'bytes',
      'bytes=',
      'bytes=,',
      'bytes=a',
      'bytes=5-4',
      'bytes=1',
      'lines=0-1',
      'bytes=-',
      'bytes=0-1;2-3',
      'bytes =0-1',
      'bytes=0x0-1',
    ]) {
      expect(ranges(value)).toBe(undefined);
    }
    expect(ranges(`bytes=${'0-0,'.repeat(MAXIMUM_RANGES)}`)).toBe('0-0');
    expect(ranges(`bytes=${'0-0,'.repeat(MAXIMUM_RANGES + 1)}`)).toBe(undefined);
  });

  it('that cannot be satisfied are left out', () => {
    expect(ranges('bytes=1000-')).toBe('');
    expect(ranges('bytes=-0')).toBe('');
    expect(ranges('bytes=2000-3000,0-1')).toBe('0-1');
    expect(ranges('bytes=0-', 0)).toBe('');
    expect(ranges('bytes=-1', 0)).toBe(undefined);
  });

  it('are merged where they overlap or touch, in the order asked for', () => {
    expect(ranges('bytes=0-10,5-20')).toBe('0-20');
    expect(ranges('bytes=0-9,10-19')).toBe('0-19');
    expect(ranges('bytes=50-60,0-10,55-70')).toBe('50-70 0-10');
    expect(ranges('bytes=0-1,4-5,8-9,2-8')).toBe('0-9');
    expect(ranges('bytes=8-9,4-5,0-1,1-8')).toBe('0-9');
  });

  it('hold the octets asked for, each once', () => {
    const spec = fc.record({ from: fc.nat(60), length: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: MAXIMUM_RANGES }),
        fc.integer({ min: 1, max: 50 }),
        (specs, length) => {
          const asked = new Set<number>();
          for (const { from, length: count } of specs) {
            for (let at = from; at < from + count && at < length; at++) asked.add(at);
          }
          const found: number[] = [];
          const value = specs.map(({ from, length: count }) => `${from}-${from + count - 1}`).join(',');
          for (const { from, to } of parseRange(`bytes=${value}`, length)!) {
            for (let at = from; at < to; at++) found.push(at);
          }
          expect(new Set(found)).toEqual(asked);
          expect(found.length).toBe(asked.size);
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

describe('Accept-Encoding (RFC 9110 §12.5.3)', () => {
  const order = (value: string | undefined): string =>
    parseAcceptEncoding(value)
      .order.map((coding) => ['identity', 'gzip', 'deflate'][coding])
      .join(' ');

  it('is read with its weights', () => {
    expect(order(undefined)).toBe('identity');
    expect(order('')).toBe('identity');
    expect(order('gzip')).toBe('gzip identity');
    expect(order('deflate, gzip')).toBe('gzip deflate identity');
    expect(order('GZIP;q=0.5, deflate;Q=0.8')).toBe('deflate gzip identity');
    expect(order('gzip;q=0, *')).toBe('deflate identity');
    expect(order('*')).toBe('gzip deflate identity');
    expect(order('x-gzip')).toBe('gzip identity');
    expect(order('br, zstd')).toBe('identity');
    expect(order('identity, gzip;q=0.5')).toBe('identity gzip');
    expect(order('identity;q=0')).toBe('');
    expect(order('*;q=0')).toBe('');
    expect(order('*;q=0, gzip')).toBe('gzip');
    expect(order('*;q=0, identity')).toBe('identity');
    expect(order('gzip ; q=1.000, deflate; q=0.001')).toBe('gzip deflate identity');
    expect(order('gzip;q=2, deflate;q=x')).toBe('identity');
    expect(order('gzip, deflate, br, zstd')).toBe('gzip deflate identity');
    expect(parseAcceptEncoding('gzip').order[0]).toBe(Coding.Gzip);
  });
});

describe('targets (RFC 3986 §5.2.4)', () => {
  const path = (target: string): string | undefined => resolveTarget(target)?.path;

  it('are decoded and resolved', () => {
    expect(resolveTarget('/a/b?c=%zz/../d')).toEqual({ path: '/a/b', query: '?c=%zz/../d' });
    expect(path('/')).toBe('/');
    expect(path('/a/')).toBe('/a/');
    expect(path('/a/./b/../c')).toBe('/a/c');
    expect(path('/a/b/..')).toBe('/a/');
    expect(path('/a/b/.')).toBe('/a/b/');
    expect(path('/../../etc/passwd')).toBe('/etc/passwd');
    expect(path('/%2e%2e/%2E/a')).toBe('/a');
    expect(path('/a%20b%c3%a9')).toBe('/a b\xc3\xa9');
    expect(path('//a///b')).toBe('/a/b');
    expect(path('/...')).toBe('/...');
    expect(path('/%252e')).toBe('/%2e');
  });

  it('name nothing where a slash or NUL is encoded', () => {
    for (const target of ['/a%2fb', '/%2F', '/..%2f..', '/a%00']) expect(path(target)).toBe(UNNAMEABLE);
  });

  it('are none where an escape is malformed', () => {
    for (const target of ['/%', '/%2', '/%zz', '/%2g', '/a%']) expect(path(target)).toBe(undefined);
  });

  it('never lead above the root', () => {
    const segment = fc.constantFrom('..', '.', '', 'a', '%2e%2e', '%2E.', '.%2e', 'b%2fc', '%5c..');
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 12 }), (segments) => {
        const found = path(`/${segments.join('/')}`)!;
        if (found === UNNAMEABLE) return;
        expect(found.startsWith('/')).toBe(true);
        expect(found).not.toContain('//');
        expect(found.split('/')).not.toContain('..');
        expect(found.split('/')).not.toContain('.');
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('come back from Location', () => {
    expect(encodePath('//evil.example/')).toBe('/evil.example/');
    expect(encodePath('/\\evil.example/')).toBe('/%5Cevil.example/');
    expect(encodePath('/a b%\r\n/')).toBe('/a%20b%25%0D%0A/');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 20 }), (codes) => {
        const decoded = `/${String.fromCharCode(...codes)}`.replace(/\/+/g, '/');
        expect(percentDecode(encodePath(decoded))).toBe(decoded);
        expect(encodePath(decoded)).toMatch(/^\/(?!\/)[!-~]*$/);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

describe('bodies', () => {
  const body = (text: string): OctetsBody => new OctetsBody(new TextEncoder().encode(text));
  const read = (whole: JoinedBody | PartOfBody, room: number): string => {
    const queue = new SliceQueue();
    for (let at = 0; at < whole.length; ) at += whole.emit(queue, at, room);
    const octets = new Uint8Array(queue.length);
    queue.copy(0, octets.length, octets, 0);
    return new TextDecoder().decode(octets);
  };

  it('joined, and in parts, are the same in rooms of any size', () => {
    const joined = new JoinedBody([body('ab'), body(''), body('cdefg'), body('h')]);
    for (let room = 1; room < 12; room++) {
      expect(read(joined, room)).toBe('abcdefgh');
      for (let from = 0; from < 8; from++) {
        for (let to = from + 1; to <= 8; to++) {
          expect(read(new PartOfBody(joined, from, to), room)).toBe('abcdefgh'.slice(from, to));
        }
      }
    }
  });

  it('of a status say it', () => {
    const { head, body: said } = statusResponse(405, [['allow', 'GET']], 'no');
    expect(head.status).toBe(405);
    expect(head.get('allow')).toBe('GET');
    expect(head.get('content-length')).toBe(String(said!.length));
  });
});
