import { describe, expect, it } from 'vitest';
import { copyOctets, OutboundFrame, SliceQueue } from '../src/index.ts';
import { fc } from './naive.ts';

/** One act on a queue; numbers are taken modulo what is possible then. */
type Act =
  | { readonly kind: 'append'; readonly octets: Uint8Array; readonly start: number; readonly owned: boolean }
  | { readonly kind: 'appendCopy'; readonly octets: Uint8Array }
  | { readonly kind: 'drop' | 'copy' | 'take' | 'seek'; readonly a: number; readonly b: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    octets: fc.uint8Array({ maxLength: 60 }),
    start: fc.nat(60),
    owned: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('appendCopy' as const), octets: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    kind: fc.constantFrom('drop' as const, 'copy' as const, 'take' as const, 'seek' as const),
    a: fc.nat(1000),
    b: fc.nat(1000),
  }),
);

/** The same as an array of octets, each with the owners to release when it goes. */
class NaiveQueue {
  octets: number[] = [];
  /** Number of octets after which an owner is released, counted from the head. */
  owners: { at: number; owner: number }[] = [];
  released: number[] = [];

  append(octets: Uint8Array, owner: number | undefined): void {
    this.octets.push(...octets);
    if (owner === undefined) return;
    if (octets.length === 0) this.released.push(owner);
    else this.owners.push({ at: this.octets.length, owner });
  }

  drop(count: number): void {
    this.octets.splice(0, count);
    for (const entry of this.owners) entry.at -= count;
    while (this.owners.length > 0 && this.owners[0]!.at <= 0) this.released.push(this.owners.shift()!.owner);
  }

  take(from: NaiveQueue, room: number): number {
    const count = Math.min(room, from.octets.length);
    const base = this.octets.length;
    this.octets.push(...from.octets.splice(0, count));
    for (const entry of from.owners) {
      if (entry.at <= count) this.owners.push({ at: base + entry.at, owner: entry.owner });
    }
    from.owners = from.owners.filter((entry) => entry.at > count).map(({ at, owner }) => ({ at: at - count, owner }));
    return count;
  }
}

describe('SliceQueue', () => {
  it('is a queue of octets, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const queue = new SliceQueue();
        const second = new SliceQueue();
        const naive = new NaiveQueue();
        const naiveSecond = new NaiveQueue();
        const released: number[] = [];
        let owners = 0;
        for (const step of acts) {
          switch (step.kind) {
            case 'append': {
              const start = Math.min(step.start, step.octets.length);
              const owner = step.owned ? owners++ : undefined;
              queue.append(
                step.octets,
                start,
                step.octets.length,
                owner === undefined ? undefined : { release: () => released.push(owner) },
              );
              naive.append(step.octets.subarray(start), owner);
              break;
            }
            case 'appendCopy': {
              const octets = step.octets.slice();
              queue.appendCopy(octets, 0, octets.length);
              octets.fill(0);
              naive.append(step.octets, undefined);
              break;
            }
            case 'drop': {
              const count = step.a % (queue.length + 1);
              queue.drop(count);
              naive.drop(count);
              break;
            }
            case 'take':
              expect(second.take(queue, step.a % 100)).toBe(naiveSecond.take(naive, step.a % 100));
              break;
            case 'copy': {
              const position = step.a % (queue.length + 1);
              const count = step.b % (queue.length - position + 1);
              const target = new Uint8Array(count + 3);
              queue.copy(position, count, target, 2);
              expect([...target]).toEqual([0, 0, ...naive.octets.slice(position, position + count), 0]);
              break;
            }
            default: {
              if (queue.length === 0) break;
              const position = step.a % queue.length;
              const index = queue.seek(position);
              expect(queue.octetsAt(index)[queue.startFrom(position)]).toBe(naive.octets[position]);
              expect(queue.startFrom(position)).toBeGreaterThanOrEqual(queue.startAt(index));
              expect(queue.startFrom(position)).toBeLessThan(queue.endAt(index));
            }
          }
          expect(queue.length).toBe(naive.octets.length);
          expect(second.length).toBe(naiveSecond.octets.length);
        }
        const rest = new Uint8Array(second.length);
        second.copy(0, second.length, rest, 0);
        expect([...rest]).toEqual(naiveSecond.octets);
        queue.clear();
        second.clear();
        naive.drop(naive.octets.length);
        naiveSecond.drop(naiveSecond.octets.length);
        expect(released.toSorted((a, b) => a - b)).toEqual([...Array(owners).keys()]);
        expect([queue.slices, second.slices]).toEqual([0, 0]);
      }),
      { numRuns: 1000 },
    );
  });

  it('finds every octet again, wherever it last looked and whatever went from its head', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 20 }),
        fc.nat(),
        fc.nat(),
        (lengths, a, b) => {
          const total = lengths.reduce((sum, length) => sum + length);
          const all = Array.from({ length: total }, (_, i) => i);
          const seen = a % all.length;
          const dropped = b % (seen + 1);
          for (let position = dropped; position < all.length; position++) {
            const again = new SliceQueue();
            let at = 0;
            for (const length of lengths) {
              again.append(Uint8Array.from(all.slice(at, at + length)), 0, length, undefined);
              at += length;
            }
            again.seek(seen);
            again.drop(dropped);
            const index = again.seek(position - dropped);
            expect(again.octetsAt(index)[again.startFrom(position - dropped)]).toBe(all[position]);
          }
        },
      ),
    );
  });

  it('releases owners in order, each with its last octet', () => {
    const queue = new SliceQueue();
    const released: string[] = [];
    const octets = new Uint8Array(10);
    queue.append(octets, 0, 10, { release: () => released.push('a') });
    queue.append(octets, 3, 5, { release: () => released.push('b') });
    queue.drop(9);
    expect(released).toEqual([]);
    queue.drop(1);
    expect(released).toEqual(['a']);
    expect(() => queue.drop(3)).toThrow(RangeError);
    queue.drop(2);
    expect(released).toEqual(['a', 'b']);
  });
});

describe('OutboundFrame.gather', () => {
  it('is the queue’s octets, copied or by reference', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1500, max: 5000 })), {
          minLength: 1,
          maxLength: 90,
        }),
        fc.nat(),
        fc.nat(),
        fc.nat(40),
        (lengths, a, b, head) => {
          const queue = new SliceQueue();
          let next = 0;
          for (const length of lengths) {
            queue.append(
              new Uint8Array(length + 2).map(() => (next += 7)),
              1,
              length + 1,
              undefined,
            );
          }
          const position = a % queue.length;
          const count = Math.min(b % (queue.length - position + 1), 60_000);
          const expected = new Uint8Array(head + count).fill(0xaa);
          queue.copy(position, count, expected, head);
          const frame = new OutboundFrame();
          frame.copy(new Uint8Array(head).fill(0xaa), 0, head);
          frame.gather(queue, position, count);
          expect(frame.length).toBe(head + count);
          expect(frame.partCount).toBeLessThanOrEqual(60);
          if (count <= 2048) expect(frame.partCount).toBe(0);
          const sum = frame.sumFrom(frame.start, 0);
          expect(frame.partCount).toBe(0);
          expect(frame.slab.octets.slice(frame.start, frame.end)).toEqual(expected);
          frame.checksumStart = frame.start;
          frame.checksumOffset = 0;
          if (expected.length >= 2) {
            frame.fillChecksum();
            const filled = frame.slab.view.getUint16(frame.start);
            expect(filled).toBe((~sum & 0xffff) === 0 ? 0xffff : ~sum & 0xffff);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('goes by reference where copies cost more', () => {
    const queue = new SliceQueue();
    const archive = new Uint8Array(10_000);
    queue.append(archive, 0, 10_000, undefined);
    const frame = new OutboundFrame();
    frame.gather(queue, 100, 5000);
    expect([frame.partCount, frame.partOctets, frame.partStarts[0], frame.partEnds[0]]).toEqual([1, 5000, 100, 5100]);
    expect(frame.parts[0]).toBe(archive);
    frame.reset();
    expect([frame.length, frame.partCount, frame.partOctets]).toEqual([0, 0, 0]);
  });
});

describe('copyOctets', () => {
  it('copies what it is told and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat(), fc.nat(20), (octets, a, b, at) => {
        const start = a % (octets.length + 1);
        const end = start + (b % (octets.length - start + 1));
        const target = new Uint8Array(300).fill(0xcc);
        copyOctets(octets, start, end, target, at);
        const expected = new Uint8Array(300).fill(0xcc);
        for (let i = start; i < end; i++) expected[at + i - start] = octets[i]!;
        expect(target).toEqual(expected);
      }),
    );
  });

  it('copies a Buffer too, whose slice is a view', () => {
    const queue = new SliceQueue();
    const octets = Buffer.from('abc');
    queue.appendCopy(octets, 0, 3);
    octets.fill(0);
    const copy = new Uint8Array(3);
    queue.copy(0, 3, copy, 0);
    expect([...copy]).toEqual([97, 98, 99]);
  });
});
