import { StreamWish } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { CLIENT_PREFACE, HTTP2_PARAMETERS } from '../../src/http2/index.ts';
import { frame, GET, Peer, POST, u32 } from './peer.ts';

const CALM = /^GOAWAY \d+ EnhanceYourCalm$/;

/** Sends a frame again and again, taking answers as they come, and says how many it took to be told to calm down. */
function flood(peer: Peer, octets: () => Uint8Array, limit: number = 5000): number {
  for (let i = 1; i <= limit; i++) {
    peer.send(octets());
    peer.emit();
    if (peer.server.failure !== undefined) {
      expect(peer.server.failure).toBe('ENHANCE_YOUR_CALM');
      expect(peer.heard().at(-1)).toMatch(CALM);
      return i;
    }
  }
  return Number.POSITIVE_INFINITY;
}

describe('floods of frames that bring nothing on', () => {
  it.each<[string, (peer: Peer) => Uint8Array]>([
    ['PING (CVE-2019-9512)', () => frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])],
    ['acknowledgements of PING', () => frame(6, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8])],
    ['SETTINGS (CVE-2019-9515)', () => frame(4, 0, 0)],
    ['acknowledgements of SETTINGS', () => frame(4, 1, 0)],
    ['PRIORITY (CVE-2019-9513)', () => frame(2, 0, 3, [0, 0, 0, 5, 1])],
    ['PRIORITY_UPDATE', () => frame(0x10, 0, 0, [...u32(7), 0x69])],
    ['empty DATA (CVE-2019-9518)', (peer) => peer.data(1, 0)],
    ['DATA that is only padding', () => frame(0, 8, 1, [0])],
    ['WINDOW_UPDATE of one octet', (peer) => peer.window(0, 1)],
    ['unknown frames', () => frame(0x42, 0, 0)],
    ['RST_STREAM of a closed stream', (peer) => peer.reset(3)],
    ['GOAWAY', () => frame(7, 0, 0, new Array(8).fill(0))],
  ])('%s', (_, octets) => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, POST, 4), peer.headers(3));
    peer.heard();
    expect(flood(peer, () => octets(peer))).toBeGreaterThan(900);
  });

  it('do not end a connection that gets on', () => {
    const peer = Peer.ready();
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 100; j++) peer.send(frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
      peer.send(peer.headers(1 + 2 * i));
      peer.emit();
    }
    expect(peer.server.failure).toBeUndefined();
  });

  it('a download through WINDOW_UPDATE after WINDOW_UPDATE is progress', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 0), peer.get(1, '/3000000'));
    for (let i = 0; i < 2000; i++) {
      peer.send(peer.window(1, 1000), peer.window(0, 1000));
      peer.emit();
    }
    expect(peer.server.failure).toBeUndefined();
    expect(peer.frames().filter((each) => each.type === 'DATA').length).toBe(2000);
  });

  it('a download squeezed through a window of one octet is not', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 0), peer.get(1, '/3000000'));
    peer.heard();
    expect(flood(peer, () => peer.window(1, 1))).toBeLessThanOrEqual(1000);
  });

  it('a client that does not take what we answer is not read any more', () => {
    const peer = Peer.ready({ idleFrames: 1e9 });
    const ping = frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
    const run = new Uint8Array(ping.length * 10_000);
    for (let at = 0; at < run.length; at += ping.length) run.set(ping, at);
    const taken = peer.server.arrive(run, 0, run.length, 0);
    expect(taken).toBeLessThan(HTTP2_PARAMETERS.controlOctets + 100);
    peer.send(run.slice(taken));
    expect(peer.heard()).toHaveLength(10_000);
  });
});

describe('resets', () => {
  it('rapid reset (CVE-2023-44487)', () => {
    const peer = Peer.ready();
    let stream = -1;
    const count = flood(peer, () => {
      stream += 2;
      const open = peer.headers(stream);
      const reset = peer.reset(stream);
      const both = new Uint8Array(open.length + reset.length);
      both.set(open);
      both.set(reset, open.length);
      return both;
    });
    expect(count).toBe(201);
    expect(peer.service.bodies.every((each) => each.held === 0)).toBe(true);
  });

  it.each<[string, (peer: Peer, stream: number) => Uint8Array]>([
    ['WINDOW_UPDATE of 0', (peer, stream) => peer.window(stream, 0)],
    [
      'a window beyond 2^31 - 1',
      (peer, stream) => Uint8Array.from([...peer.window(stream, 0x7fffffff), ...peer.window(stream, 0x7fffffff)]),
    ],
    ['DATA after END_STREAM', (peer, stream) => peer.data(stream, 1)],
    ['HEADERS after END_STREAM', (peer, stream) => peer.headers(stream)],
    ['PRIORITY of 4 octets', (_, stream) => frame(2, 0, stream, [0, 0, 0, 0])],
    ['PRIORITY on itself', (_, stream) => frame(2, 0, stream, [...u32(stream), 0])],
  ])('MadeYouReset (CVE-2025-8671) by %s', (_, spoil) => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 1), peer.window(0, 10_000));
    let stream = -1;
    let opened = 0;
    while (peer.server.failure === undefined && opened < 1000) {
      stream += 2;
      opened++;
      peer.send(peer.headers(stream));
      peer.emit();
      peer.send(spoil(peer, stream));
    }
    expect([peer.server.failure, opened]).toEqual(['ENHANCE_YOUR_CALM', 201]);
    expect(peer.heard().at(-1)).toMatch(CALM);
    expect(peer.service.bodies.every((each) => each.held === 0)).toBe(true);
  });

  it('malformed requests count too', () => {
    const peer = Peer.ready();
    let stream = -1;
    expect(flood(peer, () => peer.headers((stream += 2), GET.slice(1)))).toBe(201);
  });

  it('a browser that cancels fewer than half of what it asked for goes on', () => {
    const peer = Peer.ready();
    for (let stream = 1; stream < 4000; stream += 2) {
      peer.send(peer.headers(stream));
      if (stream % 5 === 1) peer.send(peer.reset(stream));
      peer.emit();
    }
    expect(peer.server.failure).toBeUndefined();
    expect(peer.context.counters.resetsByPeer).toBe(400);
  });
});

describe('field blocks', () => {
  it('CONTINUATION without end (CVE-2024-27316)', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 1, 1, peer.block(GET)));
    let count = 0;
    while (peer.server.failure === undefined && count < 100) {
      peer.send(frame(9, 0, 1));
      count++;
    }
    expect([peer.server.failure, count]).toEqual(['ENHANCE_YOUR_CALM', 9]);
  });

  it('a block of more octets than any list needs', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 1, 1, new Uint8Array(16_384).fill(0x82)));
    let count = 0;
    while (peer.server.failure === undefined && count < 100) {
      peer.send(frame(9, 0, 1, new Uint8Array(16_384).fill(0x82)));
      count++;
    }
    expect([peer.server.failure, count]).toEqual(['ENHANCE_YOUR_CALM', 4]);
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    ['octets', Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'a'.repeat(1000)] as const)],
    ['lines', Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'a'] as const)],
  ])('a list of too many %s is answered 431, and the connection goes on', (_, more) => {
    const peer = Peer.ready();
    const block = peer.block([...GET, ...more]);
    peer.send(frame(1, 1, 1, block.slice(0, 16_384)), frame(9, 4, 1, block.slice(16_384)));
    expect(peer.frames()[0]!.type).toBe('HEADERS');
    peer.send(frame(1, 4, 3, block.slice(0, 0)));
    expect(peer.server.failure).toBeUndefined();
    peer.send(peer.headers(5));
    expect(peer.service.requests).toHaveLength(1);
  });

  it('a header list bomb: one large entry named again and again', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 5, 1, peer.block([...GET, ['x-bomb', 'b'.repeat(4000)]], 0)));
    peer.heard();
    peer.send(frame(1, 5, 3, new Uint8Array(16_000).fill(0xbe)));
    expect(peer.heard()[0]).toBe('HEADERS 3 431');
    expect(peer.server.failure).toBeUndefined();
  });
});

describe('clients that stand still', () => {
  it('a response under a closed window: CANCEL after 30 s, and its body is released', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 0), peer.headers(1));
    peer.heard();
    peer.pass(29_999);
    expect(peer.heard()).toEqual([]);
    peer.pass(1);
    expect(peer.heard()).toEqual(['RST_STREAM 1 Cancel']);
    expect(peer.service.bodies[0]!.held).toBe(0);
    expect(peer.server.failure).toBeUndefined();
  });

  it('a window that opens by an octet now and then does not hold a response for ever', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 0), peer.get(1, '/100000'));
    for (let i = 0; i < 4 && peer.server.failure === undefined; i++) {
      peer.pass(10_000);
      peer.send(peer.window(1, 1));
      peer.emit();
    }
    expect(peer.heard()).toContain('RST_STREAM 1 Cancel');
  });

  it('a slow reader whose windows wait for what still lies in the queue below keeps its response', () => {
    const peer = Peer.ready();
    peer.send(peer.get(1, '/500000'));
    peer.emit(100_000);
    // 65,535 octets wait there; 4,000 of them arrive every 20 s.
    for (let room = 38_500; room <= 100_000; room += 4000) {
      peer.pass(20_000);
      expect(peer.emit(room)).toBe(0);
    }
    expect(peer.heard().filter((each) => each.startsWith('RST'))).toEqual([]);
    peer.pass(30_000);
    expect(peer.heard()).toEqual(['RST_STREAM 1 Cancel']);
  });

  it('a slow reader that takes 2 KiB every 20 s keeps its response', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 0), peer.get(1, '/20000'));
    for (let i = 0; i < 10; i++) {
      peer.pass(20_000);
      peer.send(peer.window(1, 2000));
      peer.emit();
    }
    expect(peer.heard().at(-1)).toBe('DATA 1 2000 .');
  });

  it('the connection’s window closed: all streams are cancelled; behind one that moves: none', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 1 << 20), peer.get(1, '/500000'), peer.get(3, '/500000'));
    peer.heard();
    for (let i = 0; i < 5; i++) {
      peer.pass(20_000);
      peer.send(peer.window(0, 5000));
      expect(peer.heard()).toEqual(['DATA 1 5000']);
    }
    peer.pass(30_000);
    expect(peer.heard()).toEqual(['RST_STREAM 1 Cancel', 'RST_STREAM 3 Cancel']);
  });

  it('content that does not come: CANCEL after 30 s; content that does: none', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, POST, 4), peer.headers(3, POST, 4));
    peer.pass(20_000);
    peer.send(peer.data(3, 10));
    peer.pass(20_000);
    expect(peer.heard()).toEqual(['RST_STREAM 1 Cancel']);
    peer.send(peer.data(3, 10, 1));
    expect(peer.heard()).toEqual(['HEADERS 3 200', 'DATA 3 5 .']);
  });

  it('no preface, half a frame, half a field block', () => {
    const silent = new Peer();
    silent.pass(10_000);
    expect(silent.server.failure).toBe('PROTOCOL_ERROR');
    for (const octets of [frame(6, 0, 0, new Array(8).fill(0)).slice(0, 12), frame(1, 0, 1, [0x82])]) {
      const peer = Peer.ready();
      peer.send(octets);
      peer.pass(9_999);
      expect(peer.server.failure).toBeUndefined();
      peer.pass(1);
      expect(peer.server.failure).toBe('ENHANCE_YOUR_CALM');
    }
  });

  it('a client that takes nothing of what waits: dropped after 3 min; one that takes a little: not', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 1 << 20), peer.window(0, 1 << 20), peer.get(1, '/500000'));
    peer.emit(5000);
    for (let i = 0; i < 5; i++) {
      peer.pass(170_000);
      expect(peer.emit(2000)).toBe(2000);
    }
    peer.pass(100_000);
    expect(peer.emit(0)).toBe(0);
    peer.pass(79_999);
    expect(peer.server.wish).toBe(0);
    peer.pass(1);
    expect(peer.server.wish).toBe(StreamWish.Abort);
    expect([peer.service.bodies[0]!.held, peer.context.counters.sendTimeouts]).toEqual([0, 1]);
    expect(peer.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('nothing is due once the connection has ended', () => {
    const peer = new Peer();
    peer.send(CLIENT_PREFACE, frame(4, 0, 0), peer.headers(1), peer.headers(2));
    expect(peer.server.failure).toBe('PROTOCOL_ERROR');
    expect(peer.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    expect(peer.service.bodies.every((each) => each.held === 0)).toBe(true);
  });
});

describe('content of requests', () => {
  it('beyond the limit: 413, and no more of it is wanted', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, POST, 4));
    for (let i = 0; i < 65; i++) peer.send(peer.data(1, 16_384));
    const heard = peer.heard().filter((each) => !each.startsWith('WINDOW'));
    expect(heard[0]).toBe('HEADERS 1 413');
    expect(heard.at(-1)).toBe('RST_STREAM 1 NoError');
    expect(peer.service.requests).toHaveLength(0);
  });
});
