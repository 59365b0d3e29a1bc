import { octetsOf } from '@immuable-net/http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.ts';

const SEED = 0x48545450;

/** Pieces that requests are made of, and pieces that break them. */
const piece = fc.constantFrom(
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\n',
  'HEAD /x HTTP/1.1\r\n',
  'POST / HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'Host: a\r\n',
  'Content-Length: 4\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Expect: 100-continue\r\n',
  '\r\n',
  '\r',
  '\n',
  '4\r\nabcd\r\n',
  '0\r\n\r\n',
  'abcd',
  ' ',
  ':',
  '\0',
  'X',
);

const octets = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { maxLength: 14 }).map((pieces) => octetsOf(pieces.join(''))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

describe('any octets', () => {
  it('come to the same however they are split', () => {
    fc.assert(
      fc.property(octets, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), (input, cuts) => {
        const whole = new Conversation();
        whole.send(input);
        whole.end();
        const split = new Conversation();
        for (let at = 0, i = 0; at < input.length; i++) {
          const end = Math.min(input.length, at + cuts[i % cuts.length]!);
          split.send(input.subarray(at, end));
          at = end;
        }
        split.end();
        // 100 Continue is left out where the content has come already.
        const without = (events: string[]): string[] => events.filter((event) => event !== 'response 100');
        expect(without(split.events)).toEqual(without(whole.events));
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('never make it throw or emit more than there is room for, and it always ends', () => {
    fc.assert(
      fc.property(octets, fc.integer({ min: 1, max: 300 }), (input, room) => {
        const conversation = new Conversation();
        conversation.send(input, room);
        for (let i = 0; i < 10 && conversation.server.wish === 0; i++) conversation.wait(100_000);
        expect(conversation.server.wish).not.toBe(0);
        expect(conversation.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
        conversation.responses();
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});
