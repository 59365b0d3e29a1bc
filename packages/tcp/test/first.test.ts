import { describe, expect, it } from 'vitest';
import { TcpEvent, TcpState } from '../src/index.ts';
import { Pair, pattern, transfer } from './pair.ts';

describe('the first whole', () => {
  it('opens, carries octets both ways and closes', () => {
    const pair = new Pair({ delay: 5 });
    const [client, server] = pair.open();
    expect(client.state).toBe(TcpState.ESTABLISHED);
    expect(server.state).toBe(TcpState.ESTABLISHED);
    client.write(pattern(100), 0, 100);
    pair.runUntil(() => server.readable === 100);
    const got = new Uint8Array(100);
    expect(server.read(got, 0, 100)).toBe(100);
    expect(got).toEqual(pattern(100));
    server.write(pattern(5000), 0, 5000);
    server.close();
    pair.runUntil(() => client.readable === 5000);
    const back = new Uint8Array(5000);
    client.read(back, 0, 5000);
    expect(back).toEqual(pattern(5000));
    pair.runUntil(() => client.ended);
    client.close();
    pair.runUntil(() => (client.takeEvents() & TcpEvent.Closed) !== 0);
    pair.runUntil(() => (server.takeEvents() & TcpEvent.Closed) !== 0);
    expect(client.failure).toBeUndefined();
    expect(server.failure).toBeUndefined();
    expect(pair.client.connectionCount + pair.server.connectionCount).toBe(0);
    expect(pair.server.timeWaitCount).toBe(1);
    pair.run(61_000);
    expect(pair.server.timeWaitCount).toBe(0);
    expect(pair.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    expect(pair.server.memoryUsed).toBe(0);
  });

  for (const segments of [0, 65_535]) {
    it(`carries 1 MB over a clean wire, ${segments} octets cut by the link`, () => {
      const pair = new Pair({ delay: 5, segments });
      const [client, server] = pair.open();
      const octets = pattern(1_000_000);
      expect(Buffer.compare(transfer(pair, client, server, octets), octets)).toBe(0);
      expect(pair.client.counters.octetsRetransmitted).toBe(0);
    });
  }

  for (let seed = 1; seed <= 40; seed++) {
    it(`carries 300 kB intact over a bad wire, seed ${seed}`, () => {
      const pair = new Pair({
        delay: 10,
        loss: 0.03,
        duplicate: 0.02,
        reorder: 0.05,
        seed,
        segments: seed % 2 === 0 ? 65_535 : 0,
      });
      const [client, server] = pair.open();
      const octets = pattern(300_000);
      expect(Buffer.compare(transfer(pair, client, server, octets), octets)).toBe(0);
    });
  }
});
