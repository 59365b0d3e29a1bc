import { IpAddress, type TransportError, TransportErrorKind } from '@immuable-net/ip';
import { describe, expect, it } from 'vitest';
import { type TcpConnection, TcpState } from '../src/index.ts';
import { Pair, pattern, type Sent, seeded, transfer, type WireOptions } from './pair.ts';
import { ACK, craft, MSS_1460, RawPeer } from './raw-peer.ts';

/** Data segments of the client whose ordinal is listed are lost, once. */
const losing = (ordinals: number[]): ((segment: Sent) => boolean) => {
  let count = 0;
  const left = new Set(ordinals);
  return (segment) => segment.from === 'client' && segment.length > 0 && left.delete(count++);
};

const carry = (options: WireOptions, octets = 200_000, prepare?: (pair: Pair) => void): [Pair, TcpConnection] => {
  const pair = new Pair({ delay: 20, ...options });
  prepare?.(pair);
  const [client, server] = pair.open();
  pair.log.length = 0;
  const data = pattern(octets);
  expect(Buffer.compare(transfer(pair, client, server, data), data)).toBe(0);
  return [pair, client];
};

describe('loss recovery', () => {
  it('repairs one loss by fast retransmission, exactly that segment', () => {
    const [pair] = carry({ drop: losing([20]) });
    expect(pair.client.counters).toMatchObject({
      fastRecoveries: 1,
      retransmissionTimeouts: 0,
      octetsRetransmitted: 1448,
    });
  });
  it('repairs a burst of 20 without a timeout', () => {
    const [pair] = carry({ drop: losing(Array.from({ length: 20 }, (_, i) => 40 + i)) }, 400_000);
    expect(pair.client.counters).toMatchObject({ retransmissionTimeouts: 0, octetsRetransmitted: 20 * 1448 });
  });
  it('finds a lost retransmission without a timeout (RFC 8985)', () => {
    let seq: number | undefined;
    let times = 0;
    let count = 0;
    const [pair] = carry(
      {
        drop: (s) => {
          if (s.from !== 'client' || s.length === 0) return false;
          if (count++ === 200) seq = s.seq;
          return s.seq === seq && times++ < 2;
        },
      },
      2_000_000,
    );
    expect(pair.client.counters.retransmissionTimeouts).toBe(0);
    expect(pair.client.counters.lostRetransmissions).toBe(1);
  });
  it('probes a lost tail within 2 SRTT + 25 ms, and repairs it without a timeout', () => {
    const pair = new Pair({ delay: 20 });
    const [client, server] = pair.open();
    pair.onReady = (c) => void c.consume(c.readable);
    for (let i = 0; i < 10; i++) {
      client.write(pattern(5000), 0, 5000);
      pair.runUntil(() => client.info.outstanding === 0);
    }
    const srtt = client.info.rtt;
    pair.log.length = 0;
    let lost = 0;
    let at = 0;
    pair.options.drop = (s) => {
      if (s.from !== 'client' || s.length === 0 || lost >= 2) return false;
      // The last two of ten.
      if (client.outstanding < 8 * 1448) return false;
      at = s.at;
      lost++;
      return true;
    };
    client.write(pattern(14_480), 0, 14_480);
    pair.runUntil(() => client.info.outstanding === 0);
    expect(lost).toBe(2);
    const first = pair.log.find((s) => s.from === 'client' && s.length > 0 && s.at > at + 1)!;
    // The timer begins anew with each acknowledgment; the last of them was heard then:
    const heard = pair.log.filter((s) => s.from === 'server' && s.at + 20 < first.at).pop()!.at + 20;
    expect(first.at - heard).toBeLessThanOrEqual(2 * srtt + 25 + 1);
    expect(pair.client.counters).toMatchObject({ retransmissionTimeouts: 0, tailLossProbes: 1 });
    expect(server.failure).toBeUndefined();
  });
  it('probes a single lost segment within 2 SRTT + 25 ms + the delayed ACK', () => {
    const pair = new Pair({ delay: 20 });
    const [client] = pair.open();
    pair.onReady = (c) => void c.consume(c.readable);
    for (let i = 0; i < 10; i++) {
      client.write(pattern(3000), 0, 3000);
      pair.runUntil(() => client.info.outstanding === 0);
    }
    const srtt = client.info.rtt;
    pair.options.drop = losing([0]);
    const start = pair.now;
    client.write(pattern(100), 0, 100);
    pair.runUntil(() => pair.client.counters.tailLossProbes === 1);
    expect(pair.now - start).toBeLessThanOrEqual(2 * srtt + 25 + 40 + 1);
    pair.runUntil(() => client.info.outstanding === 0);
    expect(pair.client.counters.retransmissionTimeouts).toBe(0);
    // What the probe repaired was congestion (RFC 8985 §7.4.2), where no DSACK says otherwise.
    expect(pair.client.counters.octetsRetransmitted).toBe(100);
  });
  it('goes on after a timeout from the first octet, in slow start', () => {
    const pair = new Pair({ delay: 20 });
    const [client, server] = pair.open();
    const data = pattern(60_000);
    let down = true;
    pair.options.drop = (s) => s.from === 'client' && down;
    client.write(data, 0, data.length);
    pair.run(400);
    expect(pair.client.counters.retransmissionTimeouts).toBe(1);
    expect(client.info.cwnd).toBe(1448);
    down = false;
    pair.runUntil(() => server.readable === 60_000);
    const got = new Uint8Array(60_000);
    server.read(got, 0, got.length);
    expect(Buffer.compare(got, data)).toBe(0);
  });
  it('backs off, at most to the maximum', () => {
    const peer = new RawPeer({ maximumRtoMs: 5000 });
    const connection = peer.open();
    connection.write(pattern(10), 0, 10);
    const start = peer.now;
    const sent = peer.run(30_000).filter((s) => s.length > 0);
    const gaps = sent.slice(1).map((s, i) => s.at - sent[i]!.at);
    for (let i = 2; i < gaps.length; i++) expect(gaps[i]).toBeLessThanOrEqual(5001);
    expect(gaps[gaps.length - 1]).toBe(5000);
    expect(sent[0]!.at).toBe(start);
  });
  it('undoes a spurious timeout (RFC 5682, RFC 3522)', () => {
    // 200 ms of nothing, then everything arrives.
    const pair = new Pair({ delay: 20 });
    const [client, server] = pair.open();
    const data = pattern(300_000);
    let count = 0;
    let until = 0;
    pair.stall = (s) => {
      if (s.from === 'client' && s.length > 0 && count++ === 30) until = s.at + 600;
      return s.from === 'client' && s.at < until ? until - s.at : 0;
    };
    expect(Buffer.compare(transfer(pair, client, server, data), data)).toBe(0);
    expect(pair.client.counters.retransmissionTimeouts).toBeGreaterThan(0);
    expect(pair.client.counters.spuriousTimeouts).toBeGreaterThan(0);
  });
  it('learns that the path reorders, and then loses little by it', () => {
    const rate = { rate: 1250, queue: 60 };
    const elapsed = (options: WireOptions): [number, number] => {
      const pair = new Pair({ delay: 20, ...rate, ...options });
      const [client, server] = pair.open();
      const start = pair.now;
      const data = pattern(3_000_000);
      expect(Buffer.compare(transfer(pair, client, server, data), data)).toBe(0);
      return [pair.now - start, pair.client.counters.octetsRetransmitted];
    };
    const [clean] = elapsed({});
    const [reordered] = elapsed({ reorder: 0.02, reorderDelay: 3.6, seed: 7 });
    expect(reordered).toBeLessThan(clean * 1.05);
  });
  it('recovers without SACK (RFC 6582)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open([...MSS_1460]);
    const base = peer.ack;
    connection.write(pattern(14_600), 0, 14_600);
    peer.pair.settle();
    peer.take();
    // The first and the fourth are lost.
    for (let i = 0; i < 2; i++) expect(peer.send({ ack: base })).toEqual([]);
    const [again] = peer.send({ ack: base });
    expect(again?.seq).toBe(base);
    expect(connection.info.ssthresh).toBe(Math.floor(14_600 * 0.7));
    const partial = peer.send({ ack: base + 3 * 1460 });
    expect(partial[0]?.seq).toBe(base + 3 * 1460);
    peer.send({ ack: base + 14_600 });
    expect(connection.info.outstanding).toBe(0);
    expect(connection.info.cwnd).toBe(Math.floor(14_600 * 0.7));
  });
  it('sends new segments on the first two duplicates (RFC 3042)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open([...MSS_1460]);
    const base = peer.ack;
    connection.write(pattern(50_000), 0, 50_000);
    peer.pair.settle();
    expect(peer.take().length).toBe(10);
    expect(peer.send({ ack: base }).map((s) => s.seq)).toEqual([base + 14_600]);
    expect(peer.send({ ack: base }).map((s) => s.seq)).toEqual([base + 16_060]);
    expect(peer.send({ ack: base })[0]?.seq).toBe(base);
  });
  it('never sends beyond ssthresh while recovery repairs a heavy loss (RFC 9937)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open();
    const base = peer.ack;
    connection.write(pattern(100_000), 0, 100_000);
    peer.pair.settle();
    peer.take();
    const word = (v: number): number[] => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255];
    // Of ten segments only the last three arrive.
    for (let i = 8; i <= 10; i++) {
      peer.send({ ack: base, options: [1, 1, 5, 10, ...word(base + 7 * 1460), ...word(base + i * 1460)] });
    }
    expect(connection.info.limit).toBe('recovery');
    for (let i = 1; i <= 6; i++) {
      peer.send({ ack: base + i * 1460, options: [1, 1, 5, 10, ...word(base + 7 * 1460), ...word(base + 10 * 1460)] });
      expect(connection.info.inFlight).toBeLessThanOrEqual(connection.info.ssthresh);
    }
  });
  it('undoes a recovery when DSACKs say that nothing was lost (RFC 3708)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open();
    const base = peer.ack;
    connection.write(pattern(14_600), 0, 14_600);
    peer.run(20);
    const block = (from: number, to: number): number[] =>
      [base + from, base + to].flatMap((v) => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);
    const before = connection.info.cwnd;
    peer.send({ ack: base, options: [1, 1, 5, 10, ...block(1460, 5840)] });
    expect(connection.info.limit).toBe('recovery');
    // The first was only late: it, and its retransmission, arrive.
    peer.send({ ack: base + 5840, options: [1, 1, 5, 10, ...block(0, 1460)] });
    expect(peer.pair.server.counters.spuriousRecoveries).toBe(1);
    expect(connection.info.cwnd).toBeGreaterThanOrEqual(before);
  });
  it('forgets SACKs that the peer took back (RFC 2018 §8)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open();
    const base = peer.ack;
    connection.write(pattern(7300), 0, 7300);
    peer.pair.settle();
    const edges = [base + 1460, base + 7300].flatMap((v) => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);
    peer.send({ ack: base, options: [1, 1, 5, 10, ...edges] });
    peer.send({ ack: base + 1460 });
    const sent = peer.run(3000);
    expect(peer.pair.server.counters.sackReneging).toBe(1);
    expect(sent.some((s) => s.seq === base + 1460)).toBe(true);
  });
  for (const loss of [0.01, 0.05, 0.2]) {
    it(`carries 500 kB through ${loss * 100} % of loss both ways, seeds 1 to 10`, () => {
      for (let seed = 1; seed <= 10; seed++) {
        const pair = new Pair({ delay: 10, loss, seed });
        const [client, server] = pair.open();
        const data = pattern(loss > 0.1 ? 100_000 : 500_000);
        const arrived = transfer(pair, client, server, data, 3_000_000);
        expect(Buffer.compare(arrived, data), `seed ${seed}`).toBe(0);
        expect(pair.server.memoryUsed, `seed ${seed}`).toBe(0);
      }
    });
  }
});

describe('congestion control', () => {
  it('stays within ten segments a burst where the round trip allows pacing', () => {
    const pair = new Pair({ delay: 30, rate: 12_500, queue: 500 });
    const [client, server] = pair.open();
    transfer(pair, client, server, pattern(3_000_000));
    const bursts = new Map<number, number>();
    for (const s of pair.log)
      if (s.from === 'client' && s.length > 0) bursts.set(s.at, (bursts.get(s.at) ?? 0) + s.length);
    // A burst: ten segments or a millisecond of the rate, and what was begun is finished.
    expect(Math.max(...bursts.values())).toBeLessThan(45_000);
  });
  for (const congestionControl of ['cubic', 'newreno'] as const) {
    it(`${congestionControl} fills a clean line to 85 % at least`, () => {
      const pair = new Pair({ delay: 20, rate: 1250, queue: 34, parameters: { congestionControl } });
      const [client, server] = pair.open();
      const start = pair.now;
      transfer(pair, client, server, pattern(6_400_000));
      expect(6_400_000 / (pair.now - start)).toBeGreaterThan(1250 * 0.85);
    });
  }
  it('lets two flows share a line', () => {
    const pair = new Pair({ delay: 20, rate: 1250, queue: 34 });
    const [a, serverA] = pair.open();
    const b = pair.connect();
    pair.runUntil(() => pair.accepted.length === 2);
    const random = seeded(5);
    pair.onReady = (c, _events, side) => {
      if (side === 'server') c.consume(c.readable);
      else if (c.room > 0) c.write(new Uint8Array(c.room), 0, c.room);
    };
    for (const c of [a, b]) c.write(new Uint8Array(c.room), 0, c.room);
    pair.run(60_000 + random());
    const [first, second] = [a.info.delivered, b.info.delivered];
    expect(Math.min(first, second) / Math.max(first, second)).toBeGreaterThan(0.5);
    expect((first + second) / 60_000).toBeGreaterThan(1250 * 0.85);
    expect(serverA.failure).toBeUndefined();
  });
  it('earns nothing while the application holds it back', () => {
    const pair = new Pair({ delay: 20 });
    const [client] = pair.open();
    pair.onReady = (c) => void c.consume(c.readable);
    for (let i = 0; i < 200; i++) {
      client.write(pattern(100), 0, 100);
      pair.run(50);
    }
    expect(client.info.cwnd).toBe(14_480);
    expect(client.info.limit).toBe('application');
  });
  it('restarts gently after it was idle (RFC 5681 §4.1)', () => {
    const pair = new Pair({ delay: 20 });
    const [client] = pair.open();
    pair.onReady = (c) => void c.consume(c.readable);
    for (let i = 0; i < 20; i++) {
      client.write(pattern(200_000), 0, Math.min(200_000, client.room));
      pair.runUntil(() => client.info.outstanding === 0);
    }
    expect(client.info.cwnd).toBeGreaterThan(100_000);
    pair.run(60_000);
    client.write(pattern(100_000), 0, 100_000);
    pair.settle();
    expect(client.info.cwnd).toBe(14_480);
  });
});

describe('path MTU', () => {
  const tooBig = (peer: RawPeer, seq: number, mtu: number, kind: number = TransportErrorKind.PacketTooBig): void => {
    const octets = craft(80, peer.port, seq, 0, ACK, {});
    const error: TransportError = {
      kind: kind as TransportError['kind'],
      family: 4,
      protocol: 6,
      local3: IpAddress.parse('10.0.0.2').word3,
      remote3: IpAddress.parse('10.0.0.1').word3,
      octets,
      view: new DataView(octets.buffer),
      start: 0,
      end: 8,
      mtu,
    };
    peer.pair.server.arriveError(error, peer.now);
    peer.pair.settle();
  };
  it('sends smaller segments when it is told, again what was in flight, with no loss of window (RFC 1191)', () => {
    const peer = new RawPeer({ pacing: false });
    const connection = peer.open();
    const base = peer.ack;
    connection.write(pattern(14_600), 0, 14_600);
    peer.pair.settle();
    peer.take();
    const cwnd = connection.info.cwnd;
    tooBig(peer, base, 1000);
    const sent = peer.take();
    expect(sent.length).toBe(Math.ceil(14_600 / 960));
    expect(Math.max(...sent.map((s) => s.length))).toBe(960);
    expect(connection.info.cwnd).toBe(cwnd);
  });
  it('ignores errors about what is not in flight, and those that would raise it (RFC 5927)', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    const base = peer.ack;
    connection.write(pattern(2000), 0, 2000);
    peer.pair.settle();
    tooBig(peer, base - 1, 1000);
    tooBig(peer, base + 2000, 1000);
    tooBig(peer, base, 9000);
    tooBig(peer, base, 10);
    expect(connection.path.mtu).toBe(1500);
    expect(peer.pair.server.counters.droppedErrorInvalid).toBe(4);
    // A hard error is a soft one here (RFC 5927 §5).
    tooBig(peer, base, 0, TransportErrorKind.PortUnreachable);
    tooBig(peer, base, 0, TransportErrorKind.HostUnreachable);
    expect(connection.state).toBe(TcpState.ESTABLISHED);
    peer.run(2_000_000);
    expect(connection.failure?.code).toBe('EHOSTUNREACH');
  });
  it('finds its way out of a black hole (RFC 4821)', () => {
    const pair = new Pair({ delay: 10, drop: (s) => s.length > 1200 });
    const [client, server] = pair.open();
    const data = pattern(100_000);
    expect(Buffer.compare(transfer(pair, client, server, data), data)).toBe(0);
    expect(pair.client.counters.blackHolesFound).toBe(1);
  });
});
