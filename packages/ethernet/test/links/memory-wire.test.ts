import { copyOctets, FrameChecksum, InboundFrame, OutboundFrame } from '@immuable-net/octets';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkEvent, TransmitResult } from '../../src/link.ts';
import { type MemoryLink, MemoryWire } from '../../src/links/index.ts';

function aim(frame: OutboundFrame, octets: Uint8Array, part?: Uint8Array): OutboundFrame {
  frame.reset();
  frame.copy(octets, 0, octets.length);
  if (part !== undefined) {
    frame.parts[0] = part;
    frame.partStarts[0] = 1;
    frame.partEnds[0] = part.length;
    frame.partCount = 1;
    frame.partOctets = part.length - 1;
  }
  return frame;
}

function receive(link: MemoryLink): Uint8Array | undefined {
  const frame = new InboundFrame();
  return link.receive(frame) ? frame.slab.octets.slice(frame.start, frame.end) : undefined;
}

describe('a wire in memory', () => {
  it('carries frames both ways, in order, head and parts', () => {
    const wire = new MemoryWire({ frames: 8 });
    const frame = new OutboundFrame();
    const one = new Uint8Array(60).fill(1);
    const two = new Uint8Array(100).fill(2);
    expect(wire.left.transmit(aim(frame, one))).toBe(TransmitResult.Sent);
    expect(wire.left.transmit(aim(frame, two, new Uint8Array(1001).fill(3)))).toBe(TransmitResult.Sent);
    expect(wire.right.transmit(aim(frame, two))).toBe(TransmitResult.Sent);
    expect(receive(wire.right)).toEqual(one);
    const joined = new Uint8Array(1100).fill(3);
    copyOctets(two, 0, 100, joined, 0);
    expect(receive(wire.right)).toEqual(joined);
    expect(receive(wire.right)).toBeUndefined();
    expect(receive(wire.left)).toEqual(two);
    expect(receive(wire.left)).toBeUndefined();
  });

  it('lends a frame that stands still until the next receive, however much is sent meanwhile', () => {
    const wire = new MemoryWire({ frames: 2 });
    const out = new OutboundFrame();
    const lent = new InboundFrame();
    wire.left.transmit(aim(out, new Uint8Array(60).fill(1)));
    expect(wire.right.receive(lent)).toBe(true);
    let sent = 0;
    while (wire.left.transmit(aim(out, new Uint8Array(60).fill(9))) === TransmitResult.Sent) sent++;
    expect(sent).toBe(1);
    expect(lent.slab.octets.slice(lent.start, lent.end)).toEqual(new Uint8Array(60).fill(1));
  });

  it('wakes the reader once after it was told that nothing waits, and the writer once after Full', () => {
    const tasks: (() => void)[] = [];
    const wire = new MemoryWire({ frames: 2, schedule: (task) => tasks.push(task) });
    const events: string[] = [];
    wire.right.wake = (bits) => events.push(`right ${bits}`);
    wire.left.wake = (bits) => events.push(`left ${bits}`);
    const run = (): void => {
      for (const task of tasks.splice(0)) task();
    };
    const out = new OutboundFrame();
    const small = new Uint8Array(60);
    wire.left.transmit(aim(out, small));
    wire.left.transmit(aim(out, small));
    expect(events).toEqual([]); // never from inside transmit
    run();
    expect(events.splice(0)).toEqual([`right ${LinkEvent.Readable}`]);
    expect(wire.left.transmit(aim(out, small))).toBe(TransmitResult.Full);
    expect(wire.left.transmit(aim(out, small))).toBe(TransmitResult.Full);
    receive(wire.right);
    run();
    expect(events.splice(0)).toEqual([]); // still lent: no slot is free
    receive(wire.right);
    run();
    expect(events.splice(0)).toEqual([`left ${LinkEvent.Writable}`]);
    wire.left.transmit(aim(out, small));
    run();
    expect(events.splice(0)).toEqual([]); // the reader was not told that nothing waits
    expect(receive(wire.right)).toBeDefined();
    expect(receive(wire.right)).toBeUndefined();
    wire.left.transmit(aim(out, small));
    run();
    expect(events.splice(0)).toEqual([`right ${LinkEvent.Readable}`]);
  });

  it('refuses what is too large and what it did not offer', () => {
    const wire = new MemoryWire({ mtu: 1500 });
    const out = new OutboundFrame();
    expect(wire.left.offload).toEqual({ checksum: false, segments4: 0, segments6: 0 });
    expect(wire.left.transmit(aim(out, new Uint8Array(1514)))).toBe(TransmitResult.Sent);
    expect(wire.left.transmit(aim(out, new Uint8Array(1515)))).toBe(TransmitResult.Refused);
    aim(out, new Uint8Array(60)).checksumStart = out.start + 34;
    expect(wire.left.transmit(out)).toBe(TransmitResult.Refused);
    aim(out, new Uint8Array(60)).segmentSize = 10;
    expect(wire.left.transmit(out)).toBe(TransmitResult.Refused);
    expect(() => new MemoryWire({ mtu: 67 })).toThrow(RangeError);
  });

  it('with offload carries packets of 64 KiB, and says what it knows of them', () => {
    const wire = new MemoryWire({ offload: true, medium: 'ip' });
    expect(wire.left.offload).toEqual({ checksum: true, segments4: 65535, segments6: 65535 });
    const out = aim(new OutboundFrame(), new Uint8Array(65535));
    out.checksumStart = out.start + 20;
    out.segmentSize = 1460;
    expect(wire.left.transmit(out)).toBe(TransmitResult.Sent);
    const frame = new InboundFrame();
    expect(wire.right.receive(frame)).toBe(true);
    expect([frame.end - frame.start, frame.checksum, frame.segmentSize]).toEqual([65535, FrameChecksum.Partial, 1460]);
  });

  it('closed at one end: the other is told, and both answer Down', () => {
    const wire = new MemoryWire({ schedule: (task) => task() });
    let told = 0;
    wire.right.wake = (events) => {
      told |= events;
    };
    wire.left.close();
    expect(told).toBe(LinkEvent.Gone);
    const out = aim(new OutboundFrame(), new Uint8Array(60));
    expect([wire.left.transmit(out), wire.right.transmit(out)]).toEqual([TransmitResult.Down, TransmitResult.Down]);
    expect(receive(wire.left)).toBeUndefined();
    expect(receive(wire.right)).toBeUndefined();
  });

  it('behaves as a bounded queue (property, naive twin)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 14, max: 1514 }), fc.constant(0)), { maxLength: 200 }),
        (steps) => {
          const wire = new MemoryWire({ frames: 4 });
          const twin: Uint8Array[] = [];
          const out = new OutboundFrame();
          let serial = 0;
          for (const step of steps) {
            if (step === 0) {
              expect(receive(wire.right)).toEqual(twin.shift());
            } else {
              const octets = new Uint8Array(step).fill(++serial);
              const result = wire.left.transmit(aim(out, octets));
              if (result === TransmitResult.Sent) twin.push(octets);
              else expect(twin.length).toBeGreaterThanOrEqual(3);
            }
          }
          for (const octets of twin) expect(receive(wire.right)).toEqual(octets);
          expect(receive(wire.right)).toBeUndefined();
        },
      ),
    );
  });
});
