import { SliceQueue } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENT_PREFACE, Http2Server } from '../../src/http2/index.ts';
import { ResponseLog, statusResponse } from '../../src/semantics/index.ts';
import { CLIENT, frame, framesOf, GET, Peer, POST } from './peer.ts';

/** All that a conversation holds, as one run of octets. */
function conversation(peer: Peer): Uint8Array {
  const runs = [
    CLIENT_PREFACE,
    peer.settings(4, 1 << 20),
    frame(4, 1, 0),
    peer.window(0, 1 << 20),
    peer.headers(1),
    frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
    peer.headers(3, POST, 4),
    peer.data(3, 300),
    peer.get(5, '/40000'),
    peer.data(3, 70, 1),
    frame(1, 1, 7, peer.block(GET).slice(0, 2)),
    frame(9, 4, 7, peer.block(GET).slice(2)),
    frame(0x77, 0, 0, [1, 2, 3]),
    peer.reset(7),
  ];
  const whole = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}

describe('input in any pieces, output in any rooms', () => {
  it('come to the same', () => {
    const whole = conversation(new Peer());
    const straight = new Peer();
    straight.send(whole);
    const expected = straight.heard();
    expect(expected.filter((each) => each.startsWith('DATA'))).toHaveLength(5);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }), (sizes) => {
        const peer = new Peer();
        let at = 0;
        for (const size of sizes) {
          peer.send(whole.slice(at, at + size));
          at += size;
        }
        peer.send(whole.slice(at));
        expect(peer.heard()).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it.each([11, 30, 100, 1500, 5000])('rooms of %d octets: the same content, whole frames', (room) => {
    const peer = new Peer();
    peer.send(conversation(peer));
    const frames = peer.frames(room);
    const content = (stream: number) =>
      frames
        .filter((each) => each.type === 'DATA' && each.stream === stream)
        .reduce((sum, each) => sum + each.payload.length, 0);
    expect([1, 3, 5].map(content)).toEqual([5, 5, 40_000]);
    expect(frames.filter((each) => each.type === 'HEADERS').map((each) => peer.status(each.payload))).toEqual([
      '200',
      '200',
      '200',
    ]);
    expect(peer.server.idle).toBe(true);
  });

  it('connections of one context, in turn and in small rooms, do not mix', () => {
    const first = new Peer();
    const peers = [first, new Peer({}, {}, first.context), new Peer({}, {}, first.context)];
    for (const peer of peers) peer.send(conversation(peer));
    while (peers.map((peer, i) => peer.emit(40 + 7 * i)).some((count) => count > 0));
    const heard = peers.map((peer) => {
      const frames = peer.frames();
      const heads = frames
        .filter((each) => each.type === 'HEADERS')
        .map((each) => peer.fields(each.payload).at(-1)![1]);
      const data = frames.filter((each) => each.type === 'DATA');
      const text = (stream: number) =>
        data
          .filter((each) => each.stream === stream)
          .map((each) => String.fromCharCode(...each.payload))
          .join('');
      return [heads, text(1), text(3), text(5)];
    });
    const expected = [['"/"', '"/"', '"/40000"'], 'hello', 'hello', 'a'.repeat(40_000)];
    expect(heard).toEqual([expected, expected, expected]);
  });

  it('no octets make the machine throw', () => {
    const octet = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }) }, fc.integer({ min: 0, max: 255 }));
    const anyFrame = fc
      .tuple(octet, fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 30 }))
      .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload));
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 30 }), fc.integer({ min: 0, max: 40_000 }), (frames, time) => {
        const peer = Peer.ready();
        peer.send(peer.headers(1, POST, 4), peer.headers(3));
        for (const each of frames) peer.send(each);
        peer.pass(time);
        peer.frames(1000);
        peer.server.abort(peer.now);
        expect(peer.service.bodies.every((each) => each.held === 0)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

describe('heads', () => {
  /** Octets of the HEADERS payloads that answer the same request again and again. */
  function sizes(count: number, path: string = '/1000'): number[] {
    const peer = Peer.ready();
    const out: number[] = [];
    for (let i = 0; i < count; i++) {
      peer.send(peer.get(1 + 2 * i, path));
      const head = peer.frames()[0]!;
      out.push(head.payload.length);
      expect(peer.fields(head.payload)).toEqual([
        [':status', '200'],
        ['date', 'Sun, 09 Sep 2001 01:46:40 GMT'],
        ['content-type', 'text/plain'],
        ['content-length', '1000'],
        ['etag', '"/1000"'],
      ]);
    }
    return out;
  }

  it('cost five octets once they were sent twice', () => {
    const [first, second, ...others] = sizes(6);
    expect(first).toBeLessThan(60);
    expect(second).toBeLessThan(first!);
    expect(others).toEqual([5, 5, 5, 5]);
  });

  it('mean the same after others moved the table', () => {
    const peer = Peer.ready();
    // Each three times, so that its block is kept; the next ones push its entries back.
    const paths = [7, 8, 9, 10, 11, 7, 9, 12, 8, 10, 7].flatMap((size) => new Array<string>(3).fill(`/${size}`));
    const tags = paths.map((path, i) => {
      peer.send(peer.get(1 + 2 * i, path));
      return peer.fields(peer.frames()[0]!.payload).at(-1)![1];
    });
    expect(tags).toEqual(paths.map((path) => `"${path}"`));
  });

  it('tell a new table size once', () => {
    const peer = Peer.ready();
    const sizes: number[] = [];
    for (let i = 0; i < 8; i++) {
      if (i === 4) peer.send(peer.settings(1, 2000));
      peer.send(peer.headers(1 + 2 * i));
      sizes.push(peer.frames().find((each) => each.type === 'HEADERS')!.payload.length);
    }
    expect(sizes.slice(3)).toEqual([5, 8, 5, 5, 5]);
  });

  it('come from the memo also where the client allows no table', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(1, 0), peer.headers(1), peer.headers(3), peer.headers(5));
    peer.decoder.limitCapacity(0);
    const heads = peer.frames().filter((each) => each.type === 'HEADERS');
    expect(heads.map((each) => peer.fields(each.payload).at(-1))).toEqual(new Array(3).fill(['etag', '"/"']));
    expect(heads[1]!.payload).toEqual(heads[2]!.payload);
    expect(peer.decoder.table.count).toBe(0);
  });

  it('carry the date of their second', () => {
    const peer = Peer.ready();
    const dates: string[] = [];
    for (let i = 0; i < 200; i++) {
      peer.now += 400;
      peer.send(peer.get(1 + 2 * i, i % 3 === 0 ? '/7' : '/1000'));
      dates.push(peer.fields(peer.frames()[0]!.payload)[1]![1]);
    }
    expect(dates.slice(0, 4)).toEqual(['40', '40', '41', '41'].map((s) => `Sun, 09 Sep 2001 01:46:${s} GMT`));
    expect(new Set(dates).size).toBe(81);
  });

  it('leave out what belongs to HTTP/1.1 (RFC 9113 §8.2.2)', () => {
    const fields = [
      ['connection', 'close'],
      ['keep-alive', 'a'],
      ['x-kept', 'b'],
      ['transfer-encoding', 'chunked'],
    ] as const;
    const peer = Peer.ready({}, { service: { respond: () => statusResponse(200, fields) } });
    peer.send(peer.headers(1));
    const names = peer.fields(peer.frames()[0]!.payload).map(([name]) => name);
    expect(names).toEqual([':status', 'date', 'content-type', 'content-length', 'x-content-type-options', 'x-kept']);
  });

  it('longer than a frame go on in CONTINUATION', () => {
    const peer = Peer.ready({}, { service: { respond: () => statusResponse(200, [['x-long', '~'.repeat(40_000)]]) } });
    peer.send(peer.headers(1));
    const frames = peer.frames(1000);
    expect(frames.map((each) => [each.type, each.flags])).toEqual([
      ['HEADERS', 0],
      ['CONTINUATION', 0],
      ['CONTINUATION', 4],
      ['DATA', 1],
    ]);
    const block = frames.slice(0, 3).flatMap((each) => [...each.payload]);
    expect(peer.fields(Uint8Array.from(block)).at(-1)).toEqual(['x-long', '~'.repeat(40_000)]);
  });
});

describe('the memo of requests', () => {
  it('answers a block that came before without decoding it, until the table or the service changes', () => {
    const peer = Peer.ready();
    peer.service.reusable = true;
    let stream = -1;
    const send = (block: ArrayLike<number>) => peer.send(frame(1, 5, (stream += 2), block));
    const request = (name: string, value: string) => [...peer.block(GET), ...peer.block([[name, value]], 0)];
    for (let i = 0; i < 12; i++) send(request('user-agent', 'test'));
    expect(peer.heard()).toHaveLength(24);
    // The first made an entry, the second was remembered.
    expect([peer.service.requests.length, peer.context.counters.memoHits]).toEqual([2, 10]);
    // Another entry in front: the same octets now mean something else.
    const before = request('user-agent', 'test');
    send(request('x-new', 'entry'));
    expect(request('x-new', 'entry')).toEqual(before);
    send(before);
    expect(peer.service.requests.at(-1)!.fields.get('x-new')).toBe('entry');
    expect(peer.context.counters.memoHits).toBe(10);
    send(request('user-agent', 'test'));
    expect(peer.service.requests.at(-1)!.fields.get('user-agent')).toBe('test');
    peer.context.service = { respond: () => statusResponse(503) };
    send(request('user-agent', 'test'));
    expect(peer.heard().slice(-2)[0]).toBe(`HEADERS ${stream} 503`);
  });

  it('does not keep a block that sets the size of the table', () => {
    const peer = Peer.ready();
    peer.service.reusable = true;
    const get = peer.block(GET);
    for (let i = 0; i < 6; i++)
      peer.send(frame(1, 5, 1 + 2 * i, [...(i % 2 === 0 ? [0x20] : [0x3f, 0xe1, 0x1f]), ...get]));
    expect([peer.service.requests.length, peer.context.counters.memoHits]).toEqual([6, 0]);
  });

  it('does not keep what the service does not call reusable', () => {
    const peer = Peer.ready();
    for (let i = 0; i < 5; i++) peer.send(peer.headers(1 + 2 * i));
    expect([peer.service.requests.length, peer.context.counters.memoHits]).toEqual([5, 0]);
  });
});

it('the log says what was answered, whole or not', () => {
  const log = new ResponseLog();
  const peer = Peer.ready({}, { log });
  peer.send(
    peer.settings(4, 10),
    peer.get(1, '/', ['user-agent', 'test'], ['referer', 'http://a/']),
    peer.get(3, '/30'),
  );
  peer.now = 5;
  peer.heard();
  peer.now = 9;
  peer.send(peer.reset(3));
  const records = log.take();
  expect(records).toMatchObject([
    {
      method: 'GET',
      target: '/',
      authority: 'example.com',
      version: 20,
      status: 200,
      octets: 5,
      complete: true,
      referer: 'http://a/',
      userAgent: 'test',
      startedAt: 0,
      endedAt: 5,
    },
    { target: '/30', octets: 10, complete: false, endedAt: 9 },
  ]);
  expect(records[0]!.client).toBe(CLIENT);
});

it('frames lie in as few slices as can be: head and DATA header in one, the body by reference in another', () => {
  const peer = Peer.ready();
  peer.send(peer.headers(1), peer.headers(3));
  const queue = new SliceQueue();
  peer.server.emit(queue, 1 << 20, 0);
  expect(queue.slices).toBe(4);
  const octets = new Uint8Array(queue.length);
  queue.copy(0, queue.length, octets, 0);
  expect(framesOf(octets).map((each) => each.type)).toEqual(['HEADERS', 'DATA', 'HEADERS', 'DATA']);
  expect(new Http2Server(peer.context, CLIENT, 0).idle).toBe(true);
});
