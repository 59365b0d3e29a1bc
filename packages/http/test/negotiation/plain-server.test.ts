import { SliceQueue } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { Http1Context, Http1Server } from '../../src/http1/index.ts';
import { CLIENT_PREFACE, Http2Context, Http2Server } from '../../src/http2/index.ts';
import { PlainServer } from '../../src/negotiation/index.ts';
import { DateClock } from '../../src/semantics/index.ts';
import { CLIENT, frame, framesOf, Peer, SizesService } from '../http2/peer.ts';

function plain(): PlainServer {
  const options = { service: new SizesService(), clock: new DateClock(1e12) };
  return new PlainServer(new Http1Context(options), new Http2Context(options), CLIENT, 0);
}

function say(server: PlainServer, octets: Uint8Array, piece: number): void {
  for (let at = 0; at < octets.length; at += piece) {
    const end = Math.min(at + piece, octets.length);
    expect(server.arrive(octets, at, end, 0)).toBe(end - at);
  }
}

function heard(server: PlainServer): Uint8Array {
  const queue = new SliceQueue();
  while (server.emit(queue, 1 << 20, 0) > 0);
  const octets = new Uint8Array(queue.length);
  queue.copy(0, queue.length, octets, 0);
  return octets;
}

const text = (octets: Uint8Array) => String.fromCharCode(...octets);
const octetsOf = (string: string) => Uint8Array.from(string, (c) => c.charCodeAt(0));

describe.each([1, 2, 3, 7, 1000])('in pieces of %d octets', (piece) => {
  it('the preface begins HTTP/2', () => {
    const server = plain();
    const peer = new Peer();
    const request = peer.headers(1);
    say(server, Uint8Array.from([...CLIENT_PREFACE, ...frame(4, 0, 0), ...request]), piece);
    expect(server.protocol).toBeInstanceOf(Http2Server);
    expect(framesOf(heard(server)).map((each) => each.type)).toEqual(['SETTINGS', 'SETTINGS', 'HEADERS', 'DATA']);
  });

  it.each(['GET', 'PUT', 'POST', 'PRIVATE', 'PRI'])('%s is a method of HTTP/1.1', (method) => {
    const server = plain();
    say(server, octetsOf(`${method} /5 HTTP/1.1\r\nHost: a\r\n\r\n`), piece);
    expect(server.protocol).toBeInstanceOf(Http1Server);
    expect(text(heard(server))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('a preface that is none is HTTP/1.1, and refused', () => {
    const server = plain();
    say(server, octetsOf('PRI * HTTP/2.0\r\n\r\nSMALL'), piece);
    expect(server.protocol).toBeInstanceOf(Http1Server);
    expect(text(heard(server))).toMatch(/^HTTP\/1\.1 (400|505) /);
    expect(server.wish).not.toBe(0);
  });
});

describe('before it is decided', () => {
  it('has the timeouts of HTTP/1.1', () => {
    const server = plain();
    say(server, octetsOf('PR'), 1);
    expect(server.nextTimeout()).toBeLessThan(Number.POSITIVE_INFINITY);
    server.timeoutsExpire(server.nextTimeout());
    expect(server.wish).not.toBe(0);
  });

  it('can end, stop and fail', () => {
    const ended = plain();
    say(ended, octetsOf('PRI * H'), 7);
    ended.arriveEnd(0);
    heard(ended);
    expect(ended.wish).not.toBe(0);
    const stopped = plain();
    stopped.stop(0);
    expect(stopped.wish).not.toBe(0);
    const failed = plain();
    failed.abort(0);
    expect(failed.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });
});
