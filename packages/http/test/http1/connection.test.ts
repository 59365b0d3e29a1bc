import {
  BODY_FAILED,
  type Body,
  DateClock,
  Http1Context,
  Http1Server,
  type HttpResponse,
  OctetsBody,
  octetsOf,
  ResponseHead,
  ResponseLog,
} from '@immuable-net/http';
import { SliceQueue, StreamWish } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { CLIENT, Conversation, EPOCH_MS } from './conversation.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const HEAD_OF_OK =
  'HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\n';

describe('a response', () => {
  it('is this, to the octet', () => {
    const conversation = new Conversation();
    conversation.sendText(GET);
    expect(conversation.output).toBe(`${HEAD_OF_OK}hello\n`);
  });

  it('has the date of its second, and shares its head within it', () => {
    const conversation = new Conversation();
    conversation.sendText(GET);
    conversation.now = 999.5;
    conversation.sendText(GET);
    expect(conversation.queue.octetsAt(2)).toBe(conversation.queue.octetsAt(0));
    conversation.now = 1000;
    conversation.sendText(GET);
    const dates = conversation.responses().map((response) => response.fields.get('date'));
    expect(dates).toEqual([
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:38 GMT',
    ]);
  });

  it('is the same in rooms of any size', () => {
    for (let room = 1; room < 200; room++) {
      const conversation = new Conversation();
      conversation.send(octetsOf(GET + GET), room);
      expect(conversation.output).toBe(`${HEAD_OF_OK}hello\n`.repeat(2));
      expect(conversation.server.idle).toBe(true);
    }
  });

  it('consumes no second request before the first is answered', () => {
    const conversation = new Conversation();
    const octets = octetsOf(GET + GET);
    expect(conversation.server.arrive(octets, 0, octets.length, 0)).toBe(GET.length);
    expect(conversation.server.arrive(octets, GET.length, octets.length, 0)).toBe(0);
    conversation.server.emit(conversation.queue, 1e6, 0);
    expect(conversation.server.arrive(octets, GET.length, octets.length, 0)).toBe(GET.length);
  });
});

describe('the memo', () => {
  it('answers a head that came twice without asking the service', () => {
    const conversation = new Conversation();
    for (let i = 0; i < 6; i++) conversation.sendText(GET);
    conversation.sendText('GET /other HTTP/1.1\r\nHost: a\r\n\r\n');
    conversation.sendText(GET);
    expect(conversation.greeter.requests.length).toBe(3);
    expect(conversation.context.counters.memoHits).toBe(5);
    expect(conversation.responses().length).toBe(8);
  });

  it('is no part of what was not reusable, nor of a request with content', () => {
    const conversation = new Conversation();
    for (let i = 0; i < 3; i++) {
      conversation.sendText('GET /missing HTTP/1.1\r\nHost: a\r\n\r\n');
      conversation.sendText('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
    }
    expect(conversation.greeter.requests.length).toBe(6);
  });

  it('forgets everything when the service is another one', () => {
    const conversation = new Conversation();
    for (let i = 0; i < 3; i++) conversation.sendText(GET);
    const gone = new ResponseHead(410, [['content-length', '0']]);
    conversation.context.service = { respond: () => ({ head: gone, body: undefined, reusable: true }) };
    conversation.sendText(GET);
    conversation.sendText(GET);
    expect(conversation.responses().map((response) => response.status)).toEqual([200, 200, 200, 410, 410]);
  });

  it('tells heads apart that differ in their last octet, or only in length', () => {
    const conversation = new Conversation();
    for (let i = 0; i < 5; i++) {
      for (const name of ['a', 'b', 'ab', 'aa', '']) {
        conversation.sendText(`GET /${name} HTTP/1.1\r\nHost: a\r\nX: ${name}\r\n\r\n`);
      }
    }
    expect(conversation.greeter.requests.map((request) => request.target)).toEqual([
      ...['/a', '/b', '/ab', '/aa', '/'],
      ...['/a', '/b', '/ab', '/aa', '/'],
    ]);
  });

  it('stays right when far more heads come than it holds', () => {
    const conversation = new Conversation();
    conversation.context.service = {
      respond: (request) => {
        const octets = octetsOf(request.target);
        const head = new ResponseHead(200, [['content-length', String(octets.length)]]);
        return { head, body: new OctetsBody(octets), reusable: true };
      },
    };
    const targets: string[] = [];
    let state = 7;
    for (let i = 0; i < 12_000; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      targets.push(`/${(state >>> 8) % 6007}`);
    }
    for (const target of targets) conversation.sendText(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(conversation.responses().map((response) => response.body)).toEqual(targets);
    expect(conversation.context.counters.memoHits).toBeGreaterThan(100);
  });
});

describe('time', () => {
  it('ends an idle connection after 75 s, in silence', () => {
    const conversation = new Conversation();
    conversation.wait(70_000);
    conversation.sendText(GET);
    conversation.wait(74_999);
    expect(conversation.server.wish).toBe(StreamWish.None);
    conversation.wait(1);
    expect(conversation.server.wish).toBe(StreamWish.End | StreamWish.Linger);
    expect(conversation.context.counters.idleTimeouts).toBe(1);
    expect(conversation.responses().length).toBe(1);
    expect(conversation.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('gives a head 30 s in all, however often a bit of it comes', () => {
    const conversation = new Conversation();
    for (const character of 'GET / HTTP/1.1\r\nHost: a') {
      conversation.sendText(character);
      conversation.wait(2000);
      if (conversation.server.wish !== 0) break;
    }
    expect(conversation.events).toEqual(['response 408 connection: close', 'failure headTimeout', 'closed']);
    expect(conversation.now).toBe(30_000);
  });

  it('does not take empty lines for a sign of life', () => {
    const conversation = new Conversation();
    for (let i = 0; i < 80 && conversation.server.wish === 0; i++) {
      conversation.sendText('\r\n');
      conversation.wait(1000);
    }
    expect(conversation.now).toBe(75_000);
    expect(conversation.events).toEqual(['closed']);
  });

  it('gives content 30 s from one arrival to the next', () => {
    const conversation = new Conversation();
    conversation.sendText('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
    conversation.wait(29_000);
    conversation.sendText('12345');
    conversation.wait(29_999);
    expect(conversation.output).toBe('');
    conversation.wait(1);
    expect(conversation.events.slice(1)).toEqual([
      'response 408 connection: close',
      'failure contentTimeout',
      'closed',
    ]);
  });

  it('gives content 300 s in all', () => {
    const conversation = new Conversation();
    conversation.sendText('GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    while (conversation.server.wish === 0) {
      conversation.sendText('1\r\nx\r\n');
      conversation.wait(20_000);
    }
    expect(conversation.events).toContain('failure contentTimeout');
    expect(conversation.now).toBe(300_000);
  });

  it('gives up on content that stops after its response was sent', () => {
    const conversation = new Conversation();
    conversation.sendText('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    conversation.wait(30_000);
    expect(conversation.events.slice(1)).toEqual(['response 405', 'failure contentTimeout', 'closed']);
  });

  it('drops a client that takes nothing of a response for 180 s', () => {
    const stuck = new Conversation();
    const octets = octetsOf(GET);
    stuck.server.arrive(octets, 0, octets.length, 0);
    expect(stuck.server.emit(stuck.queue, 10, 5)).toBe(10);
    expect(stuck.server.emit(stuck.queue, 0, 150_000)).toBe(0);
    expect(stuck.server.nextTimeout()).toBe(180_005);
    stuck.server.timeoutsExpire(180_005);
    expect(stuck.server.wish).toBe(StreamWish.Abort);
    expect(stuck.context.counters.sendTimeouts).toBe(1);
  });
});

describe('heads that do not end', () => {
  it('take a bounded amount of memory on all connections together, and give it back', () => {
    const first = new Conversation({ parameters: { partialOctets: 10_000 } });
    const { context } = first;
    const slow: Conversation[] = [];
    for (let i = 0; i < 40; i++) {
      const conversation = new Conversation({}, context);
      conversation.sendText('GET / HTTP/1.1\r\nHost: ');
      slow.push(conversation);
    }
    const refused = slow.filter((conversation) => conversation.output.includes('503 Service Unavailable'));
    expect(refused.length).toBe(21);
    expect(context.partialOctets).toBe(19 * 512);
    // Who sends a whole head is served.
    first.sendText(GET);
    expect(first.responses()[0]!.status).toBe(200);
    slow[0]!.server.abort(0);
    slow[1]!.end();
    slow[2]!.wait(30_000);
    slow[3]!.sendText('a\r\n\r\n');
    slow[4]!.sendText('\0');
    expect(context.partialOctets).toBe(14 * 512);
    for (const conversation of slow) conversation.wait(30_000);
    expect(context.partialOctets).toBe(0);
  });
});

describe('stop', () => {
  it('ends an idle connection at once', () => {
    const conversation = new Conversation();
    conversation.sendText(GET);
    conversation.server.stop(0);
    expect(conversation.server.wish).toBe(StreamWish.End | StreamWish.Linger);
  });

  it('lets a response that was begun run to its end', () => {
    const conversation = new Conversation();
    const octets = octetsOf(GET);
    conversation.server.arrive(octets, 0, octets.length, 0);
    conversation.server.emit(conversation.queue, 20, 0);
    conversation.server.stop(0);
    expect(conversation.server.wish).toBe(0);
    conversation.server.emit(conversation.queue, 1e6, 0);
    expect(conversation.output).toBe(`${HEAD_OF_OK}hello\n`);
    expect(conversation.server.wish).toBe(StreamWish.End | StreamWish.Linger);
  });

  it('says close in a response that was not begun', () => {
    const conversation = new Conversation();
    conversation.sendText('GET / HTTP/1.1\r\nHo');
    conversation.server.stop(0);
    expect(conversation.server.wish).toBe(0);
    conversation.sendText('st: a\r\n\r\n');
    expect(conversation.events.slice(1)).toEqual(['response 200 connection: close', 'closed']);
  });
});

/** A body that gives at most `turn` octets a call, and fails at `failAt`. */
class SlowBody implements Body {
  readonly length = 1000;
  retained = 0;
  released = 0;
  readonly #turn: number;
  readonly #failAt: number;

  constructor(turn: number, failAt: number = Number.POSITIVE_INFINITY) {
    this.#turn = turn;
    this.#failAt = failAt;
  }

  retain(): void {
    this.retained++;
  }

  release(): void {
    this.released++;
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    if (from >= this.#failAt) return BODY_FAILED;
    const count = Math.min(room, this.#turn, this.length - from);
    queue.append(new Uint8Array(count).fill(0x61), 0, count, undefined);
    return count;
  }
}

function contextOf(body: Body, log?: ResponseLog): Http1Context {
  const head = new ResponseHead(200, [['content-length', String(body.length)]]);
  const response: HttpResponse = { head, body, reusable: false };
  return new Http1Context({ service: { respond: () => response }, clock: new DateClock(EPOCH_MS), log });
}

describe('bodies', () => {
  it('are asked again the next turn when they give less than there is room for', () => {
    const body = new SlowBody(300);
    const conversation = new Conversation({}, contextOf(body));
    const octets = octetsOf(GET);
    conversation.server.arrive(octets, 0, octets.length, 0);
    conversation.server.emit(conversation.queue, 1e6, 0);
    expect(conversation.bodyOctets()).toBe(300);
    expect(conversation.server.nextTimeout()).toBe(0);
    conversation.wait(0);
    expect(conversation.bodyOctets()).toBe(1000);
    expect([body.retained, body.released]).toEqual([1, 1]);
    expect(conversation.server.nextTimeout()).toBe(75_000);
  });

  it('that fail break the connection', () => {
    const body = new SlowBody(300, 600);
    const log = new ResponseLog();
    const conversation = new Conversation({}, contextOf(body, log));
    conversation.sendText(GET);
    conversation.wait(0);
    expect(conversation.server.wish).toBe(StreamWish.Abort);
    expect(conversation.context.counters.bodyFailures).toBe(1);
    expect([body.retained, body.released]).toEqual([1, 1]);
    const [record] = log.take();
    expect(record).toMatchObject({ octets: 600, complete: false });
  });

  it('are released when the connection fails', () => {
    const body = new SlowBody(300);
    const conversation = new Conversation({}, contextOf(body));
    conversation.sendText(GET);
    conversation.server.abort(0);
    expect([body.retained, body.released]).toEqual([1, 1]);
    expect(conversation.context.counters.aborted).toBe(1);
  });

  it('are released when the client refuses to read', () => {
    const body = new SlowBody(300);
    const server = new Http1Server(contextOf(body), CLIENT, 0);
    const octets = octetsOf(GET);
    server.arrive(octets, 0, octets.length, 0);
    server.emit(new SliceQueue(), 50, 0);
    server.timeoutsExpire(server.nextTimeout());
    expect([body.retained, body.released]).toEqual([1, 1]);
  });
});

describe('the log', () => {
  it('records each response, known or not', () => {
    const log = new ResponseLog();
    const conversation = new Conversation({ log });
    const request = 'GET /a?b HTTP/1.1\r\nHost: c\r\nReferer: d\r\nUser-Agent: e\r\n\r\n';
    conversation.now = 10;
    conversation.sendText(request);
    conversation.now = 20;
    conversation.sendText(request);
    conversation.sendText('HEAD / HTTP/1.0\r\n\r\n');
    const records = log.take();
    expect(records.length).toBe(3);
    expect(records[0]).toEqual({
      client: CLIENT,
      method: 'GET',
      target: '/a?b',
      authority: 'c',
      version: 11,
      status: 200,
      octets: 6,
      referer: 'd',
      userAgent: 'e',
      startedAt: 10,
      endedAt: 10,
      complete: true,
    });
    expect(records[1]).toEqual({ ...records[0], startedAt: 20, endedAt: 20 });
    expect(records[2]).toMatchObject({ method: 'HEAD', version: 10, octets: 0, userAgent: undefined });
    expect(log.length).toBe(0);
  });

  it('records refused requests as far as they were read', () => {
    const log = new ResponseLog();
    const conversation = new Conversation({ log });
    conversation.sendText('GET /a HTTP/1.1\r\n\r\n');
    expect(log.take()).toMatchObject([{ method: 'GET', target: '/a', status: 400, complete: true }]);
  });

  it('counts what nobody takes', () => {
    const log = new ResponseLog(2);
    const conversation = new Conversation({ log });
    for (let i = 0; i < 5; i++) conversation.sendText(GET);
    expect([log.length, log.lost]).toEqual([2, 3]);
  });
});

describe('Expect: 100-continue', () => {
  it('goes before the response to a request whose content comes later', () => {
    const conversation = new Conversation();
    conversation.sendText('GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    expect(conversation.output).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    conversation.sendText(`abc${GET}`);
    expect(conversation.events.slice(2)).toEqual(['response 100', 'response 200', 'response 200', 'open']);
  });

  it('is not said when the content is there already', () => {
    const conversation = new Conversation();
    conversation.sendText('GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc');
    expect(conversation.events.slice(1)).toEqual(['response 200', 'open']);
  });
});

it('reads nothing after it wants to end, and holds nothing', () => {
  const conversation = new Conversation();
  conversation.sendText('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const rest = octetsOf(GET.repeat(100));
  expect(conversation.server.arrive(rest, 0, rest.length, 0)).toBe(rest.length);
  expect(conversation.responses().length).toBe(1);
});
