import { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkEvent, TransmitResult } from '../../src/link.ts';
import { FaultLink, type FaultLinkOptions, MemoryWire } from '../../src/links/index.ts';
import { seeded, tcpChecksumHolds, tcpFrame } from './frames.ts';

class Bench {
  now: number;
  readonly wire: MemoryWire;
  readonly link: FaultLink;
  readonly #frame: OutboundFrame;

  constructor(options: Partial<FaultLinkOptions>, seed: number = 1, frames: number = 4096, offload: boolean = false) {
    this.now = 0;
    this.wire = new MemoryWire({ frames, offload, schedule: (task) => task() });
    this.link = new FaultLink(this.wire.left, { random: seeded(seed), clock: () => this.now, ...options });
    this.#frame = new OutboundFrame();
  }

  /** Sends a frame that carries its number. */
  send(serial: number): TransmitResult {
    return this.link.transmit(tcpFrame(this.#frame, { seq: serial, payload: new Uint8Array(20).fill(serial) }));
  }

  /** The numbers of the frames that are there. */
  numbers(): number[] {
    return this.#take(this.wire.right);
  }

  arrivals(): number[] {
    return this.#take(this.link);
  }

  #take(link: { receive(frame: InboundFrame): boolean }): number[] {
    const numbers: number[] = [];
    const frame = new InboundFrame();
    while (link.receive(frame)) numbers.push(frame.slab.view.getUint32(frame.start + 38));
    return numbers;
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('faults', () => {
  it('none asked: every frame comes at once, in order, and no offload is offered', () => {
    const bench = new Bench({}, 1, 64, true);
    expect(bench.link.offload).toEqual({ checksum: false, segments4: 0, segments6: 0 });
    for (const serial of range(50)) expect(bench.send(serial)).toBe(TransmitResult.Sent);
    expect(bench.numbers()).toEqual(range(50));
    expect(bench.link.nextTimeout()).toBe(Infinity);
  });

  it('loses and duplicates about as often as asked, the same for the same seed', () => {
    const run = (seed: number): number[] => {
      const bench = new Bench({ transmit: { loss: 0.1, duplicate: 0.05 } }, seed);
      for (const serial of range(2000)) bench.send(serial);
      expect(bench.link.counters.transmit.lost).toBeGreaterThan(120);
      expect(bench.link.counters.transmit.lost).toBeLessThan(280);
      expect(bench.link.counters.transmit.duplicated).toBeGreaterThan(50);
      return bench.numbers();
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('delays: nothing before its time, everything at it', () => {
    const bench = new Bench({ transmit: { delayMs: 20 }, receive: { delayMs: 30 } });
    bench.send(1);
    expect(bench.numbers()).toEqual([]);
    expect(bench.link.nextTimeout()).toBe(20);
    bench.now = 20;
    bench.link.timeoutsExpire(20);
    expect(bench.numbers()).toEqual([1]);
    let told = 0;
    bench.link.wake = (events) => {
      told |= events;
    };
    expect(bench.arrivals()).toEqual([]);
    bench.wire.right.transmit(tcpFrame(new OutboundFrame(), { seq: 5 }));
    expect(told).toBe(LinkEvent.Readable);
    expect(bench.arrivals()).toEqual([]); // it came, and is held
    expect(bench.link.nextTimeout()).toBe(50);
    told = 0;
    bench.now = 50;
    bench.link.timeoutsExpire(50);
    expect(told).toBe(LinkEvent.Readable);
    expect(bench.arrivals()).toEqual([5]);
    expect(bench.link.nextTimeout()).toBe(Infinity);
  });

  it('limits the rate, and the queue in front of it', () => {
    // Frames of 74 octets, 592 bits: at 592,000 bit/s one a millisecond.
    const bench = new Bench({ transmit: { rate: 592_000, queue: 10 } });
    for (const serial of range(30)) bench.send(serial);
    expect(bench.link.counters.transmit.overflowed).toBe(20);
    for (bench.now = 1; bench.now <= 10; bench.now++) {
      bench.link.timeoutsExpire(bench.now);
      expect(bench.numbers()).toEqual([bench.now - 1]);
    }
  });

  it('reorders: a frame held back is passed', () => {
    const bench = new Bench({ transmit: { reorder: 0.2, reorderMs: 3 } }, 3);
    const seen: number[] = [];
    for (const serial of range(100)) {
      bench.now = serial;
      bench.link.timeoutsExpire(serial);
      bench.send(serial);
      seen.push(...bench.numbers());
    }
    bench.link.timeoutsExpire(200);
    seen.push(...bench.numbers());
    expect(seen).not.toEqual(range(100));
    expect(seen.toSorted((a, b) => a - b)).toEqual(range(100));
    expect(bench.link.counters.transmit.reordered).toBeGreaterThan(5);
  });

  it('corrupts one bit, and the checksum tells, even one that was left open', () => {
    for (const seed of range(50)) {
      const bench = new Bench({ receive: { corrupt: 1 } }, seed, 8, true);
      const frame = tcpFrame(new OutboundFrame(), { payload: new Uint8Array(500).fill(1), open: seed % 2 === 0 });
      bench.wire.right.transmit(frame);
      const inbound = new InboundFrame();
      expect(bench.link.receive(inbound)).toBe(true);
      const octets = inbound.slab.octets.slice(inbound.start, inbound.end);
      tcpFrame(frame, { payload: new Uint8Array(500).fill(1) });
      const good = frame.slab.octets.slice(frame.start, frame.end);
      let bits = 0;
      for (const [i, octet] of octets.entries()) for (let x = octet ^ good[i]!; x !== 0; x &= x - 1) bits++;
      expect(bits, `seed ${seed}`).toBe(1);
      const at = octets.findIndex((octet, i) => octet !== good[i]);
      if (at >= 34) expect(tcpChecksumHolds(octets), `seed ${seed}`).toBe(false);
    }
  });

  it('a full link below holds frames and tells once there is room', () => {
    const bench = new Bench({}, 1, 2);
    let told = 0;
    bench.link.wake = (events) => {
      told |= events;
    };
    expect([bench.send(1), bench.send(2)]).toEqual([TransmitResult.Sent, TransmitResult.Sent]);
    bench.send(3); // held
    expect(bench.send(4)).toBe(TransmitResult.Full);
    expect(bench.numbers()).toEqual([1, 2, 3]);
    expect(told & LinkEvent.Writable).toBe(LinkEvent.Writable);
    expect(bench.send(5)).toBe(TransmitResult.Sent);
    expect(bench.numbers()).toEqual([5]);
  });

  it('refuses an impairment that is none', () => {
    const random = seeded(1);
    const { left } = new MemoryWire();
    for (const transmit of [{ loss: 1.1 }, { corrupt: -1 }, { delayMs: Number.NaN }, { rate: 0 }]) {
      expect(() => new FaultLink(left, { transmit, random, clock: () => 0 })).toThrow(RangeError);
    }
  });

  it('invents nothing: what comes out went in (property)', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          loss: probability,
          duplicate: probability,
          reorder: probability,
          jitterMs: fc.double({ min: 0, max: 50, noNaN: true }),
        }),
        fc.nat(),
        (transmit, seed) => {
          const bench = new Bench({ transmit }, seed, 256);
          const seen: number[] = [];
          for (const serial of range(60)) {
            bench.now += 1;
            bench.link.timeoutsExpire(bench.now);
            bench.send(serial);
            seen.push(...bench.numbers());
          }
          while (bench.link.nextTimeout() < Infinity) {
            bench.now = bench.link.nextTimeout();
            bench.link.timeoutsExpire(bench.now);
            seen.push(...bench.numbers());
          }
          const { lost, duplicated } = bench.link.counters.transmit;
          expect(seen.length).toBe(60 - lost + duplicated);
          expect(new Set(seen).size).toBe(60 - lost);
        },
      ),
      { numRuns: 50 },
    );
  });
});
