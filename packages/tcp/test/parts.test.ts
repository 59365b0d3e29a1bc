import { Slab } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentView, SipHash, type TimerEntry, TimerWheel } from '../src/index.ts';
import { ReceiveQueue } from '../src/receive-queue.ts';
import { AckSample, RangeFlag, Scoreboard } from '../src/scoreboard.ts';
import { pattern } from './pair.ts';

describe('SipHash-2-4', () => {
  it('agrees with the reference vectors for 12 and 36 octets', () => {
    // The reference implementation's key 00 01 … 0f and input 00 01 02 …; its table gives these octets.
    const sip = new SipHash(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
    const word = (i: number): number => (i * 4) | ((i * 4 + 1) << 8) | ((i * 4 + 2) << 16) | ((i * 4 + 3) << 24);
    const twin = (length: number): [number, number] => {
      const value = reference(length);
      return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
    };
    expect(reference(15).toString(16)).toBe('a129ca6149be45e5');
    expect([sip.hash3(word(0), word(1), word(2)), sip.high]).toEqual(twin(12));
    const low = sip.hash9(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7), word(8));
    expect([low, sip.high]).toEqual(twin(36));
  });
});

/** SipHash-2-4 as its authors write it, with BigInt. */
function reference(length: number): bigint {
  const mask = (1n << 64n) - 1n;
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
  const k0 = 0x0706050403020100n;
  const k1 = 0x0f0e0d0c0b0a0908n;
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  for (let at = 0; at <= length - (length % 8); at += 8) {
    let m = 0n;
    for (let i = 7; i >= 0; i--) m = (m << 8n) | (at + i < length ? BigInt(at + i) : 0n);
    if (at + 8 > length) m |= BigInt(length & 255) << 56n;
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

describe('timer wheel', () => {
  it('gives out every entry at its tick, none twice, whatever is armed, moved and disarmed', () => {
    const entry = (): TimerEntry => ({
      wheelTick: Number.POSITIVE_INFINITY,
      wheelNext: undefined,
      wheelPrevious: undefined,
      wheelSlot: 0,
    });
    const action = fc.record({
      which: fc.integer({ min: 0, max: 7 }),
      ahead: fc.oneof(fc.double({ min: 0, max: 300, noNaN: true }), fc.integer({ min: 0, max: 200_000_000 })),
      disarm: fc.boolean(),
      step: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 5_000_000 })),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const wheel = new TimerWheel();
        const entries = Array.from({ length: 8 }, entry);
        const due = new Map<TimerEntry, number>();
        let now = 0;
        for (const a of actions) {
          const e = entries[a.which]!;
          if (a.disarm) {
            wheel.disarm(e);
            due.delete(e);
          } else {
            wheel.arm(e, now + a.ahead);
            due.set(e, Math.max(Math.ceil(now + a.ahead), Math.floor(now) + 1));
          }
          for (const at of due.values()) expect(wheel.earliest).toBeLessThanOrEqual(at);
          now += a.step;
          wheel.advance(now);
          const out = new Set<TimerEntry>();
          for (let t = wheel.take(); t !== undefined; t = wheel.take()) out.add(t);
          for (const [e2, at] of [...due]) {
            expect(out.has(e2)).toBe(at <= now);
            if (at <= now) due.delete(e2);
          }
          expect(wheel.count).toBe(due.size);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('scoreboard', () => {
  it('agrees with one that looks at every octet', () => {
    const step = fc.record({
      kind: fc.integer({ min: 0, max: 4 }),
      from: fc.integer({ min: 0, max: 120 }),
      length: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, base) => {
        const board = new Scoreboard();
        const sample = new AckSample();
        const flags: number[] = [];
        let una = 0;
        let now = 0;
        const seq = (at: number): number => (base + at) | 0;
        for (const s of steps) {
          now++;
          sample.reset();
          const end = Math.min(una + s.from + s.length, flags.length);
          const from = Math.min(una + s.from, flags.length);
          if (s.kind === 0) {
            board.push(seq(flags.length), seq(flags.length + s.length), now);
            for (let i = 0; i < s.length; i++) flags.push(0);
          } else if (s.kind === 1 && end > from) {
            board.sack(seq(from), seq(end), sample);
            let fresh = 0;
            for (let i = from; i < end; i++) {
              if ((flags[i]! & RangeFlag.Sacked) === 0) fresh++;
              flags[i] = (flags[i]! | RangeFlag.Sacked) & ~RangeFlag.Lost;
            }
            expect(sample.delivered).toBe(fresh);
          } else if (s.kind === 2) {
            const to = Math.min(una + s.length, flags.length);
            board.acknowledge(seq(to), sample);
            let fresh = 0;
            for (let i = una; i < to; i++) if ((flags[i]! & RangeFlag.Sacked) === 0) fresh++;
            expect(sample.delivered).toBe(fresh);
            una = to;
          } else if (s.kind === 3) {
            board.loseAll();
            for (let i = una; i < flags.length; i++)
              if ((flags[i]! & RangeFlag.Sacked) === 0) flags[i]! |= RangeFlag.Lost;
          } else if (s.kind === 4) {
            const index = board.firstLost();
            if (index >= 0) {
              const start = (board.startOf(index) - base) | 0;
              const count = Math.min(s.length, (board.endOf(index) - board.startOf(index)) | 0);
              board.retransmitted(index, count, now);
              for (let i = start; i < start + count; i++) {
                flags[i] = (flags[i]! & ~RangeFlag.Lost) | RangeFlag.Retransmitted;
              }
            }
          }
          let sacked = 0;
          let lost = 0;
          for (let i = una; i < flags.length; i++) {
            if (flags[i]! & RangeFlag.Sacked) sacked++;
            if (flags[i]! & RangeFlag.Lost) lost++;
          }
          expect([board.sackedOctets, board.lostOctets]).toEqual([sacked, lost]);
          // The ranges are contiguous and cover what is outstanding.
          let at = una;
          for (let i = 0; i < board.ranges; i++) {
            expect((board.startOf(i) - base) | 0).toBe(at);
            at = (board.endOf(i) - base) | 0;
          }
          expect(at).toBe(flags.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('receive queue', () => {
  it('puts pieces that come in any order, overlapping and twice, in order', () => {
    const piece = fc.record({ from: fc.integer({ min: 0, max: 400 }), length: fc.integer({ min: 1, max: 90 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer(), (pieces, base) => {
        const octets = pattern(500);
        const queue = new ReceiveQueue();
        const have = new Array<boolean>(500).fill(false);
        const out: number[] = [];
        let next = base | 0;
        for (const { from, length } of pieces) {
          const at = ((base | 0) + from) | 0;
          const skip = Math.max(0, (next - at) | 0);
          for (let i = from; i < from + length; i++) have[i] = true;
          if (skip >= length) continue;
          if (((at + skip - next) | 0) === 0) {
            queue.append(octets, from + skip, from + length);
            next = (at + length) | 0;
          } else queue.insert((at + skip) | 0, octets, from + skip, from + length);
          next = queue.advance(next);
          const expected = have.indexOf(false);
          expect((next - base) | 0).toBe(expected);
          const blocks = new Int32Array(8);
          const count = queue.blocks(blocks, 0, 4);
          for (let i = 0; i < count; i++) {
            for (let j = blocks[i * 2]!; ((j - blocks[i * 2 + 1]!) | 0) < 0; j = (j + 1) | 0) {
              expect(have[(j - base) | 0]).toBe(true);
            }
          }
          while (queue.readable > 7) {
            const run = Math.min(5, queue.headEnd - queue.headStart);
            for (let i = 0; i < run; i++) out.push(queue.head[queue.headStart + i]!);
            queue.consume(run);
          }
        }
        expect(out).toEqual([...octets.subarray(0, out.length)]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('segment view', () => {
  it('takes any octets without throwing, and never reads outside', () => {
    const view = new SegmentView();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        const fault = view.read(Slab.over(octets), 0, octets.length);
        if (fault === 0) {
          expect(view.payloadStart).toBeGreaterThanOrEqual(20);
          expect(view.payloadEnd).toBe(octets.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
