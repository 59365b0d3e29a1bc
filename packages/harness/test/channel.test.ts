import { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { Random, SimulatedNetwork, type SimulatedWire, type WireOptions } from '../src/index.ts';

/** Sends numbered frames of `octets` octets from a to b, one every `everyMs`, and says what came when. */
function send(options: WireOptions, count: number, octets: number, everyMs: number, seed = 1, ecn = 1): Received {
  const network = new SimulatedNetwork(new Random(seed));
  const wire = network.wire(options);
  const outbound = new OutboundFrame();
  const inbound = new InboundFrame();
  const received: Received = { numbers: [], at: [], wire, network };
  for (let i = 0; i < count; i++) {
    network.at(i * everyMs, () => {
      outbound.reset();
      outbound.slab.octets.fill(0, outbound.start, outbound.start + octets);
      outbound.slab.view.setUint16(outbound.start + 12, 0x0800);
      outbound.slab.view.setUint8(outbound.start + 15, ecn);
      outbound.slab.view.setUint32(outbound.start + 40, i);
      outbound.end = outbound.start + octets;
      wire.a.transmit(outbound);
    });
  }
  while (network.step()) {
    while (wire.b.receive(inbound)) {
      received.numbers.push(inbound.slab.view.getUint32(inbound.start + 40));
      received.at.push(network.now);
    }
  }
  return received;
}

interface Received {
  numbers: number[];
  at: number[];
  wire: SimulatedWire;
  network: SimulatedNetwork;
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('Channel', () => {
  it('delays', () => {
    const { numbers, at } = send({ aToB: { delayMs: 10 } }, 3, 100, 1);
    expect(numbers).toEqual([0, 1, 2]);
    expect(at).toEqual([10, 11, 12]);
  });

  it('takes its time at a rate, counted in whole frames', () => {
    const { at } = send({ aToB: { rate: 8000, delayMs: 5 } }, 3, 100, 0);
    expect(at).toEqual([105, 205, 305]);
  });

  it('drops what its queue does not hold', () => {
    const { numbers, wire } = send({ aToB: { rate: 8000, queueOctets: 350 } }, 10, 100, 0);
    expect(numbers).toEqual([0, 1, 2]);
    expect(wire.aToB.counters.queueFull).toBe(7);
  });

  it('loses as often as told, and the same ones for the same seed', () => {
    const once = send({ aToB: { loss: 0.1 } }, 10_000, 100, 0.01, 7);
    const again = send({ aToB: { loss: 0.1 } }, 10_000, 100, 0.01, 7);
    expect(once.numbers).toEqual(again.numbers);
    expect(once.wire.aToB.counters.lost).toBeGreaterThan(850);
    expect(once.wire.aToB.counters.lost).toBeLessThan(1150);
  });

  it('loses in bursts', () => {
    const { numbers } = send({ aToB: { burst: { toBad: 0.01, toGood: 0.2, lossBad: 1 } } }, 10_000, 100, 0.01);
    let bursts = 0;
    for (let i = 1; i < numbers.length; i++) if (numbers[i]! - numbers[i - 1]! > 1) bursts++;
    const lost = 10_000 - numbers.length;
    // Five in a row at the mean.
    expect(lost / bursts).toBeGreaterThan(4);
    expect(lost / bursts).toBeLessThan(6.5);
  });

  it('keeps the order under jitter, and breaks it when told to reorder', () => {
    expect(send({ aToB: { delayMs: 5, jitterMs: 20 } }, 200, 100, 1).numbers).toEqual(inOrder(200));
    const { numbers, wire } = send({ aToB: { delayMs: 5, reorder: 0.2, reorderMs: 10 } }, 200, 100, 1);
    expect(numbers).not.toEqual(inOrder(200));
    expect([...numbers].sort((x, y) => x - y)).toEqual(inOrder(200));
    expect(wire.aToB.counters.reordered).toBeGreaterThan(20);
  });

  it('duplicates, blocks, and swallows what is too large', () => {
    const twice = send({ aToB: { duplicate: 1 } }, 5, 100, 1);
    expect([...twice.numbers].sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(send({ aToB: { blocked: true } }, 5, 100, 1).numbers).toEqual([]);
    expect(send({ aToB: { mtu: 85 } }, 5, 100, 1).numbers).toEqual([]);
    expect(send({ aToB: { mtu: 86 } }, 5, 100, 1).numbers).toEqual(inOrder(5));
  });

  it('marks ECN-capable packets instead of dropping them', () => {
    const { numbers, wire } = send({ aToB: { rate: 8000, ecnOctets: 250 } }, 10, 100, 0);
    expect(numbers).toEqual(inOrder(10));
    expect(wire.aToB.counters.marked).toBe(7);
  });

  it('keeps the wait near the target with CoDel', () => {
    // 100 frames a second come, 80 leave: without CoDel the queue grows for ever.
    const plain = send({ aToB: { rate: 80 * 800 } }, 3000, 100, 10);
    const codel = send({ aToB: { rate: 80 * 800, codel: { targetMs: 25, intervalMs: 100 } } }, 3000, 100, 10, 1, 0);
    expect(plain.at.at(-1)! - 30_000).toBeGreaterThan(5000);
    expect(codel.at.at(-1)! - 30_000).toBeLessThan(400);
    expect(codel.wire.aToB.counters.codelDropped).toBeGreaterThan(500);
    const marking = send({ aToB: { rate: 80 * 800, codel: { targetMs: 25, intervalMs: 100 } } }, 3000, 100, 10, 1, 2);
    expect(marking.wire.aToB.counters).toMatchObject({ codelDropped: 0, lost: 0 });
    expect(marking.wire.aToB.counters.marked).toBeGreaterThan(500);
  });

  it('gives every frame back', () => {
    const { network, wire } = send({ aToB: { loss: 0.3, duplicate: 0.3, reorder: 0.3, reorderMs: 3 } }, 500, 100, 1);
    wire.b.close();
    expect(network.pool.lent).toBe(0);
    expect(network.underWay).toBe(0);
  });
});
