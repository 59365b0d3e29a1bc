import { describe, expect, it } from 'vitest';
import { parsePriority } from '../../src/http2/priority.ts';
import { frame, Peer, u32 } from './peer.ts';

describe('Priority field values (RFC 9218 §4)', () => {
  it.each<[string, number, boolean]>([
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i', 3, true],
    ['i=?0', 3, false],
    ['i, u=5', 5, true],
    ['u=5,i=?1', 5, true],
    ['  u=1 ,\ti ', 1, true],
    ['u=2;x=y;z, i', 2, true],
    ['u=1, u=4', 4, false],
    ['u=8', 3, false],
    ['u=-1', 3, false],
    ['u="1"', 3, false],
    ['i=1', 3, false],
    ['u=1, foo=(a b);q=1, bar="x", baz=:AA==:, qux=1.5', 1, false],
    ['u=1,', 3, false],
    ['u=1 i', 3, false],
    ['U=1', 3, false],
    ['u=', 3, false],
    ['u=1;', 3, false],
    ['=1', 3, false],
  ])('%j', (value, urgency, incremental) => {
    const packed = parsePriority(value);
    expect([packed & 7, packed >> 3 === 1]).toEqual([urgency, incremental]);
  });
});

function update(stream: number, value: string): Uint8Array {
  return frame(0x10, 0, 0, [...u32(stream), ...Array.from(value, (c) => c.charCodeAt(0))]);
}

/** Streams in the order in which their DATA frames came. */
function order(peer: Peer): number[] {
  return peer
    .frames()
    .filter((each) => each.type === 'DATA')
    .map((each) => each.stream);
}

function wide(): Peer {
  const peer = Peer.ready();
  peer.send(peer.settings(4, 1 << 24), peer.window(0, 1 << 24));
  peer.heard();
  return peer;
}

const SIZE = String(16_384 * 2);

describe('scheduling (RFC 9218 §10)', () => {
  it('without signals: one after the other', () => {
    const peer = wide();
    for (const stream of [1, 3, 5]) peer.send(peer.get(stream, `/${SIZE}`));
    expect(order(peer)).toEqual([1, 1, 3, 3, 5, 5]);
  });

  it('by urgency', () => {
    const peer = wide();
    for (const [stream, u] of [
      [1, 7],
      [3, 1],
      [5, 3],
      [7, 0],
    ])
      peer.send(peer.get(stream!, `/${SIZE}`, ['priority', `u=${u}`]));
    expect(order(peer)).toEqual([7, 7, 3, 3, 5, 5, 1, 1]);
  });

  it('incremental ones in turn', () => {
    const peer = wide();
    for (const stream of [1, 3, 5]) peer.send(peer.get(stream, `/${SIZE}`, ['priority', 'i']));
    expect(order(peer)).toEqual([1, 3, 5, 1, 3, 5]);
  });

  it('where both kinds wait, neither starves', () => {
    const peer = wide();
    peer.send(peer.get(1, `/${16_384 * 3}`), peer.get(3, `/${SIZE}`, ['priority', 'i']), peer.get(5, `/${SIZE}`));
    expect(order(peer)).toEqual([1, 3, 1, 3, 1, 5, 5]);
  });

  it('a more urgent request overtakes in the middle of a response', () => {
    const peer = wide();
    peer.send(peer.get(1, `/${16_384 * 4}`));
    peer.emit(20_000);
    peer.send(peer.get(3, '/', ['priority', 'u=0']));
    expect(order(peer)).toEqual([1, 1, 3, 1, 1, 1]);
  });

  it('PRIORITY_UPDATE moves a response', () => {
    const peer = wide();
    peer.send(peer.get(1, `/${SIZE}`), peer.get(3, `/${SIZE}`), update(1, 'u=6'));
    expect(order(peer)).toEqual([3, 3, 1, 1]);
  });

  it('PRIORITY_UPDATE that comes before its request overrides the field', () => {
    const peer = wide();
    peer.send(update(3, 'u=0'), peer.get(1, `/${SIZE}`), peer.get(3, `/${SIZE}`, ['priority', 'u=7']));
    expect(order(peer)).toEqual([3, 3, 1, 1]);
  });

  it('PRIORITY_UPDATE makes room again once its stream came', () => {
    const peer = Peer.ready({ concurrentStreams: 2 });
    for (let stream = 1; stream < 20; stream += 4) {
      peer.send(update(stream + 2, 'u=0'), peer.headers(stream), peer.headers(stream + 2));
      expect(order(peer)).toEqual([stream + 2, stream]);
    }
  });

  it('PRIORITY_UPDATE for streams to come is kept for as many as can be open', () => {
    const peer = Peer.ready({ concurrentStreams: 100 });
    for (let i = 0; i < 500; i++) peer.send(update(1001 + 2 * i, 'u=0'));
    expect(peer.server.failure).toBeUndefined();
  });

  it('streams whose windows open are served in the order of their identifiers all the same', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 0));
    for (const stream of [1, 3, 5, 7]) peer.send(peer.headers(stream));
    peer.heard();
    for (const stream of [5, 1, 7, 3]) peer.send(peer.window(stream, 100));
    expect(order(peer)).toEqual([1, 3, 5, 7]);
  });

  it('a response under a closed window gives way to others', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 10), peer.get(1, '/30', ['priority', 'u=0']), peer.get(3, '/5'));
    expect(peer.heard()).toEqual(['SETTINGS ACK', 'HEADERS 1 200', 'DATA 1 10', 'HEADERS 3 200', 'DATA 3 5 .']);
    peer.send(update(1, 'u=7, i'), peer.window(1, 20));
    expect(peer.heard()).toEqual(['DATA 1 20 .']);
  });
});

describe('PRIORITY_UPDATE that is wrong (RFC 9218 §7.1)', () => {
  it.each<[string, Uint8Array, string]>([
    ['on a stream', frame(0x10, 0, 1, u32(1)), 'GOAWAY 0 ProtocolError'],
    ['too short', frame(0x10, 0, 0, [0, 0, 1]), 'GOAWAY 0 FrameSizeError'],
    ['of stream 0', update(0, 'i'), 'GOAWAY 0 ProtocolError'],
    ['of a push stream', update(2, 'i'), 'GOAWAY 0 ProtocolError'],
  ])('%s', (_, octets, goaway) => {
    const peer = Peer.ready();
    peer.send(octets);
    expect(peer.heard()).toEqual([goaway]);
  });

  it('a value that is none is ignored', () => {
    const peer = Peer.ready();
    peer.send(update(1, '\x00\xff'), update(1, 'a'.repeat(10_000)), peer.headers(1));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });
});
