import { copyOctets, type SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';
import { type TcpConnection, TcpEvent } from '@immuable-net/tcp';
import { describe, expect, it } from 'vitest';
import type { ConnectionApplication, StreamRunner, StreamService } from '../src/index.ts';
import { Pair } from './pair.ts';

/** Sends back what it is sent; at most `capacity` octets wait in it. */
class Echo implements StreamProtocol {
  wish: number = StreamWish.None;
  ended = false;
  aborted = 0;
  expired = 0;
  deadline = Number.POSITIVE_INFINITY;
  #waiting: Uint8Array;
  #count = 0;

  constructor(capacity = 65536) {
    this.#waiting = new Uint8Array(capacity);
  }

  arrive(octets: Uint8Array, start: number, end: number): number {
    const count = Math.min(end - start, this.#waiting.length - this.#count);
    copyOctets(octets, start, start + count, this.#waiting, this.#count);
    this.#count += count;
    return count;
  }

  arriveEnd(): void {
    this.ended = true;
  }

  abort(): void {
    this.aborted++;
  }

  emit(queue: SliceQueue, room: number): number {
    const count = Math.min(room, this.#count);
    queue.appendCopy(this.#waiting, 0, count);
    this.#waiting.copyWithin(0, count, this.#count);
    this.#count -= count;
    if (this.ended && this.#count === 0) this.wish = StreamWish.End;
    return count;
  }

  timeoutsExpire(): void {
    this.expired++;
    this.deadline = Number.POSITIVE_INFINITY;
  }

  nextTimeout(): number {
    return this.deadline;
  }
}

/** Reads everything; writes what it is told. */
class Client implements ConnectionApplication {
  readonly connection: TcpConnection;
  readonly pair: Pair;
  received: number[] = [];
  events = 0;
  reads = true;

  constructor(pair: Pair, port: number) {
    this.pair = pair;
    this.connection = pair.left.connect({ address: '10.0.0.2', port, application: this }, pair.now);
  }

  ready(connection: TcpConnection, events: number): void {
    this.events |= events;
    while (this.reads && connection.peek()) {
      for (let i = connection.readStart; i < connection.readEnd; i++) this.received.push(connection.readOctets[i]!);
      connection.consume(connection.readEnd - connection.readStart);
    }
  }

  write(octets: Uint8Array): number {
    this.pair.left.requestPoll();
    return this.connection.write(octets, 0, octets.length);
  }
}

interface Served {
  pair: Pair;
  service: StreamService;
  protocols: Echo[];
  runners: StreamRunner[];
  closed: number;
}

function serve(make: () => Echo = () => new Echo(), pair: Pair = new Pair()): Served {
  const served: Served = {
    pair,
    protocols: [],
    runners: [],
    closed: 0,
    service: undefined as unknown as StreamService,
  };
  served.service = pair.right.serve({
    port: 7,
    accept: (_connection, runner) => {
      const protocol = make();
      served.protocols.push(protocol);
      served.runners.push(runner);
      return protocol;
    },
    closed: () => {
      served.closed++;
    },
  });
  return served;
}

const numbers = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (i * 7) & 255);

describe('StreamService', () => {
  it('drives a protocol: octets up, octets down, end both ways', () => {
    const { pair, service, protocols } = serve();
    const client = new Client(pair, 7);
    pair.settle();
    expect(client.events & TcpEvent.Established).toBeTruthy();
    expect(service.connectionCount).toBe(1);
    client.write(numbers(10));
    pair.settle();
    expect(client.received).toEqual([...numbers(10)]);
    client.connection.shutdown();
    pair.left.requestPoll();
    pair.elapse(100);
    expect(protocols[0]!.ended).toBe(true);
    expect(client.connection.ended).toBe(true);
    pair.elapse(120_000);
    expect(protocols[0]!.aborted).toBe(0);
    expect(service.connectionCount).toBe(0);
    expect([...service.streams()]).toEqual([]);
    expect(pair.left.tcp.connectionCount + pair.right.tcp.connectionCount).toBe(0);
  });

  it('offers again what a full machine left, octet for octet', () => {
    const served = serve(() => new Echo(100));
    const { pair } = served;
    const client = new Client(pair, 7);
    const sent = numbers(300_000);
    let at = 0;
    for (let i = 0; i < 2000 && client.received.length < sent.length; i++) {
      if (at < sent.length) at += client.write(sent.subarray(at));
      pair.elapse(50);
    }
    expect(client.received).toEqual([...sent]);
  });

  it('leaves octets in the window while the client does not read', () => {
    const { pair } = serve();
    const client = new Client(pair, 7);
    client.reads = false;
    pair.settle();
    const sent = numbers(100_000);
    let written = 0;
    for (let i = 0; i < 400; i++) {
      written += client.write(sent);
      pair.elapse(10);
    }
    // Not for ever: the client's window, the server's queue, the server's window and the client's queue fill up.
    const stopped = written;
    for (let i = 0; i < 100; i++) {
      written += client.write(sent);
      pair.elapse(10);
    }
    expect(written).toBe(stopped);
    client.reads = true;
    client.ready(client.connection, 0);
    pair.left.requestPoll();
    for (let i = 0; i < 2000 && client.received.length < written; i++) pair.elapse(50);
    expect(client.received.length).toBe(written);
  });

  it('runs the machine when its deadline is due, and when it is woken', () => {
    const { pair, protocols, runners } = serve();
    const client = new Client(pair, 7);
    pair.settle();
    const protocol = protocols[0]!;
    protocol.deadline = pair.now + 500;
    client.write(numbers(1));
    pair.settle();
    pair.elapse(499);
    expect(protocol.expired).toBe(0);
    pair.elapse(2);
    expect(protocol.expired).toBe(1);
    protocol.arrive(numbers(3), 0, 3);
    runners[0]!.wake();
    runners[0]!.wake();
    pair.settle();
    expect(client.received).toHaveLength(4);
  });

  it('lingers: reads and discards after its end, for a bounded time', () => {
    const { pair, protocols, service } = serve();
    const client = new Client(pair, 7);
    pair.settle();
    protocols[0]!.wish = StreamWish.End | StreamWish.Linger;
    client.write(numbers(5));
    pair.elapse(100);
    expect(client.connection.ended).toBe(true);
    // The end arrived and no reset: what the client still sends is read, not answered with one.
    client.write(numbers(5));
    pair.elapse(5000);
    expect(client.connection.failure).toBeUndefined();
    expect(service.connectionCount).toBe(1);
    pair.elapse(10_000);
    expect(service.connectionCount).toBe(0);
    client.connection.close();
    pair.left.requestPoll();
    pair.elapse(300_000);
    expect(pair.right.tcp.connectionCount).toBe(0);
  });

  it('drops the connection when the machine says so', () => {
    const { pair, protocols, service } = serve();
    const client = new Client(pair, 7);
    pair.settle();
    protocols[0]!.wish = StreamWish.Abort;
    client.write(numbers(5));
    pair.elapse(100);
    expect(client.connection.failure?.code).toBe('ECONNRESET');
    expect(service.connectionCount).toBe(0);
  });

  it('tells the machine once when the client resets', () => {
    const served = serve();
    const { pair, protocols, service } = served;
    const client = new Client(pair, 7);
    pair.settle();
    client.connection.abort();
    pair.left.requestPoll();
    pair.elapse(100);
    expect(protocols[0]!.aborted).toBe(1);
    expect(served.closed).toBe(1);
    expect(service.connectionCount).toBe(0);
  });

  it('accepts a thousand at once, and resets what is left when it is told to', () => {
    const { pair, service, protocols } = serve();
    const clients = Array.from({ length: 1000 }, () => new Client(pair, 7));
    for (let i = 0; i < 100 && service.connectionCount < 1000; i++) pair.elapse(100);
    expect(service.connectionCount).toBe(1000);
    for (const client of clients) client.write(numbers(3));
    pair.left.requestPoll();
    pair.elapse(2000);
    expect(clients.every((client) => client.received.length === 3)).toBe(true);
    service.close();
    service.abort(pair.now);
    pair.right.requestPoll();
    pair.elapse(100);
    expect(service.connectionCount).toBe(0);
    expect(protocols.every((protocol) => protocol.aborted === 1)).toBe(true);
    expect(clients.every((client) => client.connection.failure?.code === 'ECONNRESET')).toBe(true);
  });

  it('refuses what accept refuses', () => {
    const pair = new Pair();
    const service = pair.right.serve({ port: 7, accept: () => undefined });
    const client = new Client(pair, 7);
    pair.elapse(100);
    expect(client.connection.failure?.code).toBe('ECONNRESET');
    expect(service.connectionCount).toBe(0);
  });
});
