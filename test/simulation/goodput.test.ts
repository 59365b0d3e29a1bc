import { cubicGoodput, measureTransfer, Random } from '@immuable-net/harness';
import { describe, expect, it } from 'vitest';

// 100 Mbit/s counted in Ethernet frames, 40 ms there and back, a queue of one bandwidth-delay product.
const RATE = 100e6;
const RTT_MS = 40;
const QUEUE = (RATE / 8000) * RTT_MS;
const OCTETS = 64e6;
const FRAME_MS = (1514 * 8000) / RATE;
const PATH = { rate: RATE, delayMs: RTT_MS / 2, queueOctets: QUEUE };

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function goodput(seed: number, loss: number): number {
  const { ms, wrong } = measureTransfer({ seed, octets: OCTETS, forth: { ...PATH, loss }, back: PATH });
  expect(wrong).toBeUndefined();
  return (OCTETS * 8000) / ms / RATE;
}

function model(seed: number, loss: number): number {
  const random = new Random(seed);
  const frames = { segmentOctets: 1448, frameOctets: 1514 };
  return cubicGoodput({ octets: OCTETS, ...frames, rate: RATE, rttMs: RTT_MS, queueOctets: QUEUE, loss, random });
}

describe('CUBIC on a path of 100 Mbit/s and 40 ms', () => {
  for (const [loss, count] of [
    [0, 1],
    [0.001, 15],
    [0.01, 15],
  ] as const) {
    it(`gets what RFC 9438 lets it with ${loss * 100} % lost`, () => {
      const seeds = Array.from({ length: count }, (_, seed) => seed + 1);
      const got = median(seeds.map((seed) => goodput(seed, loss)));
      const allowed = median(seeds.map((seed) => model(seed, loss)));
      console.log(
        `loss ${loss}: ${(got * 100).toFixed(2)} % of the line; RFC 9438 alone ${(allowed * 100).toFixed(2)} %`,
      );
      // The model acknowledges each segment at once and finds each loss by the third later one: an upper bound.
      expect(got / allowed).toBeGreaterThan(0.85);
      // Much more than that would be another algorithm.
      expect(got / allowed).toBeLessThan(1.15);
    }, 300_000);
  }

  it('shares a line between two flows', () => {
    const { shares, wrong } = measureTransfer({ seed: 5, octets: 20e6, flows: 2, forth: PATH, back: PATH });
    expect(wrong).toBeUndefined();
    // Jain's index of two shares: 1 when they are equal, 0.5 when one has all.
    const [a, b] = shares as [number, number];
    expect((a + b) ** 2 / (2 * (a * a + b * b))).toBeGreaterThan(0.8);
  });

  it('loses less than 5 % to reordering by three packets', () => {
    const run = (reorder: number): number =>
      median(
        [1, 2, 3].map((seed) => {
          const forth = { ...PATH, reorder, reorderMs: 3 * FRAME_MS };
          return measureTransfer({ seed, octets: 20e6, forth, back: PATH }).ms;
        }),
      );
    expect(run(0.01)).toBeLessThan(run(0) * 1.05);
  });

  it('recovers from a burst of 20 lost segments without a timeout', () => {
    for (let seed = 1; seed <= 10; seed++) {
      let lostBefore = 0;
      const { sender, wrong } = measureTransfer({
        seed,
        octets: 4e6,
        forth: PATH,
        back: PATH,
        plan: (network, forth) => {
          const at = network.now + 300 + seed * 7;
          network.at(at, () => {
            lostBefore = forth.counters.blocked;
            forth.impairments.blocked = true;
          });
          const watch = (): void => {
            if (forth.counters.blocked - lostBefore >= 20) forth.impairments.blocked = false;
            else network.at(network.now + FRAME_MS / 4, watch);
          };
          network.at(at + FRAME_MS / 4, watch);
        },
      });
      expect(wrong).toBeUndefined();
      expect(sender.counters.tcp.octetsRetransmitted).toBeGreaterThanOrEqual(20 * 1448);
      expect(sender.counters.tcp.retransmissionTimeouts).toBe(0);
    }
  });

  it('repairs a lost tail by a probe within 2 SRTT + 25 ms, and no timeout fires', () => {
    const sent: number[] = [];
    let cut = 0;
    const octets = 30 * 1448;
    const { ms, sender } = measureTransfer({
      seed: 1,
      octets,
      forth: { rate: 1e9, delayMs: RTT_MS / 2 },
      back: { rate: 1e9, delayMs: RTT_MS / 2 },
      observer: {
        sent(_link, frame, start, end, now) {
          if (frame[start + 23] === 6 && end - start > 100) sent.push(now);
        },
        received() {},
      },
      plan: (network, forth) => {
        const watch = (): void => {
          // The second flight, 20 segments, ends the transfer: its last three are lost.
          if (sent.length >= 27 && cut === 0) {
            cut = network.now;
            forth.impairments.blocked = true;
          } else if (sent.length >= 30) forth.impairments.blocked = false;
          if (sent.length < 30) network.at(network.now + 0.005, watch);
        };
        network.at(network.now, watch);
      },
    });
    expect(ms).not.toBe(Number.POSITIVE_INFINITY);
    expect(sender.counters.tcp.retransmissionTimeouts).toBe(0);
    // The 30th segment was the last new one; what was sent after it was sent again.
    expect(sent.length).toBeGreaterThanOrEqual(30);
    if (sent.length > 30) expect(sent[30]! - sent[29]!).toBeLessThanOrEqual(2 * RTT_MS + 25);
  });
});
