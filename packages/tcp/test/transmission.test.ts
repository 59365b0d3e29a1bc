import { describe, expect, it } from 'vitest';
import { type TcpConnection, TcpEvent, TcpState } from '../src/index.ts';
import { Pair, pattern, type Sent, transfer } from './pair.ts';
import { ACK, FIN, MSS_1460, PSH, RawPeer, SYN } from './raw-peer.ts';

const write = (peer: RawPeer, connection: TcpConnection, count: number): Sent[] => {
  connection.write(pattern(count), 0, count);
  peer.pair.settle();
  return peer.take();
};
const sizes = (sent: Sent[]): number[] => sent.map((s) => s.length);

describe('sending', () => {
  it('starts with ten segments (RFC 6928)', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    expect(sizes(write(peer, connection, 50_000))).toEqual(new Array(10).fill(1460));
  });
  it('counts octets, not acknowledgments (RFC 3465)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open();
    const base = peer.ack;
    write(peer, connection, 200_000);
    // One segment acknowledged in 146 pieces: one segment's worth of growth.
    for (let i = 10; i <= 1460; i += 10) peer.send({ ack: base + i });
    expect(connection.info.cwnd).toBe(11 * 1460);
  });
  it('holds a small segment back while one is out (Nagle), not with noDelay, not a FIN', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    expect(sizes(write(peer, connection, 10))).toEqual([10]);
    expect(sizes(write(peer, connection, 10))).toEqual([]);
    expect(sizes(write(peer, connection, 10))).toEqual([]);
    expect(sizes(peer.send())).toEqual([20]);
    connection.noDelay = true;
    expect(sizes(write(peer, connection, 10))).toEqual([10]);
    expect(sizes(write(peer, connection, 10))).toEqual([10]);
    connection.noDelay = false;
    connection.write(pattern(5), 0, 5);
    connection.shutdown();
    peer.pair.settle();
    expect(peer.take()[0]).toMatchObject({ length: 5, control: FIN | ACK | PSH });
  });
  it('corks until it is a segment, or 200 ms have passed', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.cork = true;
    expect(sizes(write(peer, connection, 1000))).toEqual([]);
    expect(sizes(write(peer, connection, 1000))).toEqual([1460]);
    peer.send();
    const [late] = peer.run(250);
    expect(late?.length).toBe(540);
  });
  it('rides acknowledgments on what it sends', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    peer.pair.onReady = (c, events, side) => {
      if (side === 'server' && events & TcpEvent.Readable) {
        c.consume(c.readable);
        c.write(pattern(300), 0, 300);
      }
    };
    const sent = peer.send({ octets: pattern(100) });
    expect(sent.length).toBe(1);
    expect(sent[0]).toMatchObject({ length: 300, ack: peer.seq });
    expect(connection.state).toBe(TcpState.ESTABLISHED);
    expect(peer.run(39).length).toBe(0);
  });
  it('delays acknowledgments by 40 ms, but not of every second segment', () => {
    const peer = new RawPeer();
    peer.open();
    expect(peer.send({ octets: pattern(1460) })).toEqual([]);
    expect(peer.send({ octets: pattern(1460) }).length).toBe(1);
    expect(peer.send({ octets: pattern(1460) })).toEqual([]);
    const start = peer.now;
    const late = peer.run(100);
    expect(late.map((s) => s.at - start)).toEqual([40]);
  });
  it('never sends beyond the window; probes a closed one for ever, with backoff', () => {
    const peer = new RawPeer();
    const connection = peer.open([...MSS_1460]);
    peer.send({ window: 2000 });
    expect(sizes(write(peer, connection, 10_000))).toEqual([1460]);
    expect(peer.send({ window: 0 })).toEqual([]);
    const start = peer.now;
    const probes = peer.run(5000);
    expect(probes.every((p) => p.length === 0 && p.seq === ((peer.ack - 1) | 0))).toBe(true);
    expect(probes.map((p) => Math.round((p.at - start) / 200))).toEqual([1, 3, 7, 15]);
    // The peer answers each: it lives, however long.
    for (let i = 0; i < 200; i++) {
      peer.run(60_000);
      peer.send({ window: 0 });
    }
    expect(connection.state).toBe(TcpState.ESTABLISHED);
    expect(sizes(peer.send({ window: 65_535 }))).not.toEqual([]);
  });
  it('bounds holders of a closed window where the policy says so', () => {
    const peer = new RawPeer({ persistLimitMs: 10_000 });
    const connection = peer.open([...MSS_1460]);
    peer.send({ window: 0 });
    write(peer, connection, 1000);
    for (let i = 0; i < 20; i++) {
      peer.run(1000);
      if (connection.state === TcpState.ESTABLISHED) peer.send({ window: 0 });
    }
    expect(connection.failure?.code).toBe('ETIMEDOUT');
    expect(peer.pair.server.counters.persistHoldersAborted).toBe(1);
  });
  it('does not send silly segments: waits for half of the largest window, or overrides', () => {
    const peer = new RawPeer();
    const connection = peer.open([...MSS_1460]);
    peer.send({ window: 1000 });
    // Half of the largest window seen (65,535) is more than a segment.
    expect(sizes(write(peer, connection, 5000))).toEqual([]);
    const late = peer.run(400);
    expect(sizes(late)).toEqual([1000]);
  });
  it('ends with the user timeout', () => {
    const peer = new RawPeer({}, { userTimeoutMs: 5000 });
    const connection = peer.open();
    write(peer, connection, 100);
    peer.run(20_000);
    expect(connection.failure?.code).toBe('ETIMEDOUT');
  });
  it('gives up after R2', () => {
    const peer = new RawPeer({ retransmissionLimitMs: 100_000 });
    const connection = peer.open();
    write(peer, connection, 100);
    peer.run(300_000);
    expect(connection.failure?.code).toBe('ETIMEDOUT');
    expect(peer.pair.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
  it('probes an idle peer when told to keep alive, and gives up without an answer', () => {
    const peer = new RawPeer(
      {},
      { keepAlive: true, keepAliveIdleMs: 10_000, keepAliveIntervalMs: 1000, keepAliveProbes: 3 },
    );
    const connection = peer.open();
    const start = peer.now;
    const [first] = peer.run(10_100);
    expect(first).toMatchObject({ length: 0, seq: (peer.ack - 1) | 0 });
    peer.send();
    expect(peer.run(9000)).toEqual([]);
    const probes = peer.run(20_000);
    expect(probes.filter((p) => p.length === 0).length).toBeGreaterThanOrEqual(3);
    expect(connection.failure?.code).toBe('ETIMEDOUT');
    expect(peer.now - start).toBeLessThan(60_000);
  });
  it('keeps quiet without keep-alive', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    expect(peer.run(100_000_000)).toEqual([]);
    expect(connection.state).toBe(TcpState.ESTABLISHED);
  });
  it('lends one timer to the layer above', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.takeEvents();
    connection.setApplicationDeadline(peer.now + 500);
    peer.run(400);
    expect(connection.takeEvents()).toBe(0);
    peer.run(200);
    expect(connection.takeEvents()).toBe(TcpEvent.Timeout);
  });
  it('keeps its place when the link is full', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    const path = peer.pair.serverPaths[peer.pair.serverPaths.length - 1]!;
    path.full = true;
    expect(write(peer, connection, 100)).toEqual([]);
    path.full = false;
    peer.pair.settle();
    expect(sizes(peer.take())).toEqual([100]);
  });
  it('sends super-segments that the link cuts, none larger than it takes', () => {
    const pair = new Pair({ segments: 65_535, delay: 1 });
    const [client, server] = pair.open();
    const octets = pattern(2_000_000);
    expect(Buffer.compare(transfer(pair, client, server, octets), octets)).toBe(0);
    expect(pair.client.counters.segmentsSent).toBeLessThan(700);
  });
  it('tells of room once half of it is free, and of everything acknowledged', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.takeEvents();
    const room = connection.room;
    connection.write(new Uint8Array(room), 0, room);
    expect(connection.room).toBe(0);
    let events = 0;
    for (let i = 0; i < 400 && (events & TcpEvent.Drained) === 0; i++) {
      peer.run(5);
      peer.send();
      events |= connection.takeEvents();
    }
    expect(events).toBe(TcpEvent.Writable | TcpEvent.Drained);
  });
});

describe('receiving', () => {
  it('lends octets where they lie, and copies what is left', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    peer.send({ octets: pattern(100) });
    expect(peer.pair.server.memoryUsed).toBe(100);
    connection.consume(60);
    peer.send({ octets: pattern(100, 100) });
    const got = new Uint8Array(200);
    expect(connection.read(got, 0, 200)).toBe(140);
    expect(Buffer.compare(got.subarray(0, 140), pattern(200).subarray(60))).toBe(0);
    expect(peer.pair.server.memoryUsed).toBe(0);
    expect(connection.received).toBeUndefined();
  });
  it('closes its window to a slow reader, and opens it in one step', () => {
    const peer = new RawPeer({}, { receiveLimit: 20_000 });
    const connection = peer.open([...MSS_1460]);
    let last: Sent | undefined;
    for (let i = 0; i < 20; i++) last = peer.send({ octets: pattern(1000) })[0] ?? last;
    last = peer.run(50)[0] ?? last;
    expect(last?.window).toBe(0);
    expect(connection.readable).toBe(20_000);
    // A closed window takes nothing.
    peer.send({ octets: pattern(1000) });
    peer.seq -= 1000;
    expect(connection.readable).toBe(20_000);
    connection.consume(1000);
    peer.pair.settle();
    expect(peer.take()).toEqual([]);
    connection.consume(19_000);
    peer.pair.settle();
    expect(peer.take()[0]?.window).toBe(20_000);
  });
  it('grows with the pace of its reader, up to the limit', () => {
    const pair = new Pair({ delay: 20 });
    const [client, server] = pair.open({}, { receiveLimit: 1_000_000 });
    expect(server.info.receiveBuffer).toBe(65_536);
    const octets = pattern(8_000_000);
    transfer(pair, client, server, octets);
    expect(server.rcvBuffer).toBe(1_000_000);
  });
  it('keeps under the budget of all connections', () => {
    const peer = new RawPeer({ memoryBudget: 100_000 });
    const pair = peer.pair;
    for (let port = 1; port <= 20; port++) {
      peer.port = port;
      peer.seq = 5000;
      peer.ack = 0;
      const connection = peer.open([...MSS_1460]);
      for (let i = 0; i < 40; i++) {
        const before = connection.rcvNxt;
        peer.send({ seq: before, octets: pattern(Math.min(1000, (connection.rcvEdge - before) | 0)) });
      }
      // Nobody reads; the windows that were promised at first are kept, what comes later is small.
    }
    expect(pair.server.memoryUsed).toBeLessThan(20 * 66_000);
    peer.port = 21;
    peer.seq = 5000;
    peer.ack = 0;
    const connection = peer.open([...MSS_1460]);
    peer.send({ seq: peer.seq + 1000, octets: pattern(1000) });
    expect(pair.server.counters.droppedMemory).toBe(1);
    expect(connection.readable).toBe(0);
  });
});

describe('attacks', () => {
  it('floors a tiny MSS', () => {
    const peer = new RawPeer();
    const connection = peer.open([2, 4, 0, 1]);
    expect(connection.info.segmentSize).toBe(64);
  });
  it('answers a flood of SYNs with cookies, and keeps window scale and SACK in the timestamp', () => {
    const peer = new RawPeer({ halfOpenLimit: 10 });
    for (let port = 1; port <= 100; port++) peer.send({ control: SYN, port, ack: 0, seq: port });
    expect(peer.pair.server.halfOpenCount).toBe(10);
    peer.take();
    peer.seq = 777;
    peer.ack = 0;
    const connection = peer.open(undefined, true);
    expect(peer.pair.server.counters.synCookiesAccepted).toBe(1);
    expect(connection.info).toMatchObject({ sack: true, timestamps: true, sendWindowShift: 7, segmentSize: 1448 });
    peer.send({ octets: pattern(100) });
    expect(connection.readable).toBe(100);
    // A guess is a RST.
    peer.timestamps = false;
    peer.send({ port: 999, seq: 4, ack: 12_345 });
    expect(peer.pair.server.counters.synCookiesInvalid).toBe(1);
  });
  it('accepts a cookie without timestamps, and not when it is old', () => {
    const peer = new RawPeer({ halfOpenLimit: 0 });
    const connection = peer.open([...MSS_1460]);
    expect(connection.info).toMatchObject({ sack: false, sendWindowShift: 0, segmentSize: 1460 });
    peer.port = 2;
    peer.ack = 0;
    peer.send({ control: SYN, options: [...MSS_1460] });
    peer.run(200_000);
    peer.send();
    expect(peer.pair.accepted.length).toBe(1);
  });
  it('limits connections, per address and altogether', () => {
    const peer = new RawPeer({ maximumPerAddress: 2 });
    const open = (p: RawPeer, port: number): number => {
      p.port = port;
      p.ack = 0;
      const before = p.pair.accepted.length;
      p.send({ control: SYN });
      p.send();
      return p.pair.accepted.length - before;
    };
    expect([1, 2, 3].map((port) => open(peer, port))).toEqual([1, 1, 0]);
    peer.pair.accepted[0]!.abort();
    peer.pair.settle();
    expect(open(peer, 4)).toBe(1);
    const total = new RawPeer({ maximumConnections: 2 });
    expect([1, 2, 3].map((port) => open(total, port))).toEqual([1, 1, 0]);
    const rate = new RawPeer({ maximumNewPerAddress: 2 });
    expect([1, 2, 3].map((port) => open(rate, port))).toEqual([1, 1, 0]);
    rate.run(600);
    expect(open(rate, 5)).toBe(1);
  });
  it('bounds out-of-order runs', () => {
    const peer = new RawPeer({}, { receiveLimit: 4_000_000 });
    peer.pair.options.parameters = {};
    const connection = peer.open();
    for (let i = 1; i < 3000; i++) peer.send({ seq: peer.seq + i * 2, octets: pattern(1) });
    expect(connection.received!.runs).toBe(1024);
    expect(peer.pair.server.counters.droppedOutOfOrderFull).toBeGreaterThan(0);
  });
  it('does not believe SACKs of what was never sent, or cut to pieces', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    const base = peer.ack;
    write(peer, connection, 14_600);
    const sack = (from: number, to: number): number[] => {
      const edges = [base + from, base + to].flatMap((v) => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);
      return [1, 1, 5, 10, ...edges];
    };
    peer.send({ ack: base, options: sack(100_000, 200_000) });
    peer.send({ ack: base, options: sack(500, 400) });
    expect(peer.pair.server.counters.sacksIgnored).toBe(2);
    expect(connection.info.sacked).toBe(0);
    for (let i = 1; i < 14_000; i += 2) peer.send({ ack: base, options: sack(i, i + 1) });
    expect(connection.recovery!.board.ranges).toBeLessThanOrEqual(8192);
    peer.send({ ack: (base + 14_600) | 0 });
    expect(connection.info.outstanding).toBe(0);
  });
});
