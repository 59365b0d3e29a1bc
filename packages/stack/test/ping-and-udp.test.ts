import { MemoryWire } from '@immuable-net/ethernet';
import { IpAddress, OutputResult } from '@immuable-net/ip';
import type { UdpSocket } from '@immuable-net/udp';
import { describe, expect, it } from 'vitest';
import { type Ping, StackEvent } from '../src/index.ts';
import { NetworkStack } from '../src/network-stack.ts';
import { Pair, seeded } from './pair.ts';

const RIGHT = IpAddress.parse('10.0.0.2');

describe('ping', () => {
  for (const octets of [0, 1, 56, 1472, 1473, 9000, 65_507]) {
    it(`is answered with ${octets} octets`, () => {
      const pair = new Pair();
      const over: Ping[] = [];
      pair.left.ping({ address: '10.0.0.2', octets, over: (ping) => over.push(ping) }, pair.now);
      pair.settle();
      expect(over).toHaveLength(1);
      expect(over[0]).toMatchObject({ roundTripMs: 0, octets, failure: undefined });
    });
  }

  it('gives up in time when nobody answers, and says so', () => {
    const pair = new Pair();
    const nobody = pair.left.ping({ address: '10.0.0.9', timeoutMs: 60_000 }, pair.now);
    pair.elapse(10_000);
    // No ARP reply: the neighbour is unreachable, long before the ping's own time is over.
    expect(nobody.failure).toBe('EHOSTUNREACH');
    pair.wire.right.close();
    const late = pair.left.ping({ address: '10.0.0.2', timeoutMs: 700 }, pair.now);
    pair.elapse(699);
    expect(late.failure).toBeUndefined();
    pair.elapse(1);
    expect(late.failure).toBe('ETIMEDOUT');
  });

  it('throws where no route leads', () => {
    const pair = new Pair();
    expect(() => pair.left.ping({ address: '192.0.2.1' }, pair.now)).toThrow('no route leads to 192.0.2.1');
  });

  it('works on a link without MAC addresses', () => {
    const pair = new Pair({ medium: 'ip' });
    const ping = pair.left.ping({ address: '10.0.0.2' }, pair.now);
    pair.settle();
    expect(ping.roundTripMs).toBe(0);
  });
});

describe('UDP', () => {
  const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
  const octets = (of: string): Uint8Array => new TextEncoder().encode(of);

  it('carries datagrams both ways, told in the poll that they arrive in', () => {
    const pair = new Pair();
    const server = pair.right.bind({ port: 7 });
    server.userData = {
      ready(socket: UdpSocket, now: number): void {
        for (let got = socket.receive(); got !== undefined; got = socket.receive()) {
          pair.right.send(socket, got.octets, got.source, got.sourcePort, now);
        }
      },
    };
    const client = pair.left.bind();
    expect(pair.left.send(client, octets('echo'), RIGHT, 7, pair.now)).toBe(OutputResult.Pending);
    pair.settle();
    const answer = client.receive();
    expect(text(answer!.octets)).toBe('echo');
    expect(answer!.sourcePort).toBe(7);
    expect(pair.left.send(client, new Uint8Array(60_000).fill(5), RIGHT, 7, pair.now)).toBe(OutputResult.Sent);
    pair.settle();
    expect(client.receive()!.octets).toEqual(new Uint8Array(60_000).fill(5));
  });

  it('tells a connected socket that nobody is there', () => {
    const pair = new Pair();
    const client = pair.left.bind();
    client.connect(pair.left.pathTo(RIGHT), 9);
    pair.left.send(client, octets('?'), undefined, 0, pair.now);
    pair.settle();
    expect(client.takeFailure()?.code).toBe('ECONNREFUSED');
    expect(pair.right.counters.udp.droppedNoSocket).toBe(1);
    expect(pair.right.counters.icmp.errorsSent).toBe(1);
  });
});

describe('the stack', () => {
  it('lists every counter by layer', () => {
    const pair = new Pair();
    pair.left.ping({ address: '10.0.0.2' }, pair.now);
    pair.settle();
    const counters = new Map([...pair.right.counters.all()].map(({ name, value }) => [name, value]));
    expect(counters.get('icmp.echoRequests')).toBe(1);
    expect(counters.get('arp.requestsReceived')).toBeGreaterThan(0);
    expect([...counters.keys()].some((name) => name.startsWith('tcp.'))).toBe(true);
  });

  it('reports an address conflict in clear words', () => {
    const wire = new MemoryWire({ schedule: (task) => task() });
    const one = new NetworkStack({ link: wire.left, addresses: ['10.0.0.1/24'], random: seeded(1) });
    const two = new NetworkStack({ link: wire.right, addresses: ['10.0.0.1/24'], random: seeded(2) });
    for (let i = 0; i < 4; i++) {
      one.poll(i);
      two.poll(i);
    }
    expect(two.takeEvents() & StackEvent.Conflict).toBe(StackEvent.Conflict);
    expect(two.takeConflict()!.message).toContain('10.0.0.1');
  });

  it('probes first when told to: silent until then', () => {
    const pair = new Pair({}, { claim: 'probe' });
    pair.settle();
    expect(pair.left.ready).toBe(false);
    pair.elapse(8000);
    expect(pair.left.ready).toBe(true);
    const ping = pair.left.ping({ address: '10.0.0.2' }, pair.now);
    pair.settle();
    expect(ping.roundTripMs).toBe(0);
  });

  it('knows when its link is gone, and has nothing to do once closed', () => {
    const pair = new Pair();
    pair.settle();
    pair.wire.right.close();
    expect(pair.left.takeEvents()).toBe(StackEvent.Offline | StackEvent.Gone);
    expect(pair.left.online).toBe(false);
    pair.left.close(pair.now);
    expect(pair.left.pollAt()).toBe(Number.POSITIVE_INFINITY);
    expect(pair.left.poll(pair.now)).toBe(false);
  });

  it('lives beside others in one process', () => {
    const pairs = [new Pair(), new Pair({ mtu: 9000 }), new Pair({ medium: 'ip' })];
    const pings = pairs.map((pair) => pair.left.ping({ address: '10.0.0.2' }, pair.now));
    for (const pair of pairs) pair.settle();
    expect(pings.map((ping) => ping.roundTripMs)).toEqual([0, 0, 0]);
  });
});
