import { Slab } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { Random, SimulatedNetwork, TcpModel } from '../src/index.ts';

interface Parts {
  seq: number;
  ack?: number;
  flags: string;
  window?: number;
  data?: number;
  options?: number[];
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, '.': 16 };

/** A frame with one segment, from port 1000 of 10.0.0.1 to port 80 of 10.0.0.2, or back. */
function frame({ seq, ack = 0, flags, window = 1000, data = 0, options = [] }: Parts, back = false): Uint8Array {
  const header = 20 + options.length;
  const octets = new Uint8Array(14 + 20 + header + data);
  const slab = Slab.over(octets);
  const { view } = slab;
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, 20 + header + data);
  view.setUint8(22, 64);
  view.setUint8(23, 6);
  view.setUint32(26, back ? 0x0a000002 : 0x0a000001);
  view.setUint32(30, back ? 0x0a000001 : 0x0a000002);
  view.setUint16(24, ~slab.sum(14, 34, 0));
  view.setUint16(34, back ? 80 : 1000);
  view.setUint16(36, back ? 1000 : 80);
  view.setUint32(38, seq);
  view.setUint32(42, ack);
  view.setUint8(46, (header / 4) << 4);
  view.setUint8(
    47,
    [...flags].reduce((bits, flag) => bits | FLAGS[flag]!, 0),
  );
  view.setUint16(48, window);
  octets.set(options, 54);
  view.setUint16(50, ~slab.sum(34, octets.length, slab.sum(26, 34, 6 + header + data)));
  return octets;
}

/** A model that has seen a handshake from our side: our sequence numbers from 101, the peer's from 501, its window 1000. */
function shaken(): { model: TcpModel; sends(parts: Parts): string[]; gets(parts: Parts): void } {
  const model = new TcpModel();
  const link = new SimulatedNetwork(new Random(1)).wire().a;
  const sends = (parts: Parts): string[] => {
    model.violations.length = 0;
    const octets = frame(parts);
    model.sent(link, octets, 0, octets.length, 0);
    return [...model.violations];
  };
  const gets = (parts: Parts): void => {
    const octets = frame(parts, true);
    model.received(link, octets, 0, octets.length);
  };
  expect(sends({ seq: 100, flags: 'S' })).toEqual([]);
  gets({ seq: 500, ack: 101, flags: 'S.' });
  expect(sends({ seq: 101, ack: 501, flags: '.' })).toEqual([]);
  return { model, sends, gets };
}

describe('TcpModel', () => {
  it('lets a correct TCP pass', () => {
    const { sends, gets, model } = shaken();
    expect(sends({ seq: 101, ack: 501, flags: 'P.', data: 600 })).toEqual([]);
    expect(sends({ seq: 701, ack: 501, flags: 'P.', data: 400 })).toEqual([]);
    expect(sends({ seq: 101, ack: 501, flags: 'P.', data: 600 })).toEqual([]);
    gets({ seq: 501, ack: 1101, flags: '.', window: 2000, data: 10 });
    expect(sends({ seq: 1101, ack: 511, flags: 'F.', data: 100 })).toEqual([]);
    gets({ seq: 511, ack: 1202, flags: 'F.' });
    expect(sends({ seq: 1202, ack: 512, flags: '.' })).toEqual([]);
    expect(model.shrunkWindows).toBe(0);
  });

  it('sees octets beyond the window, but for a probe', () => {
    const { sends, gets } = shaken();
    expect(sends({ seq: 101, ack: 501, flags: '.', data: 1001 })[0]).toContain("beyond the peer's window");
    gets({ seq: 501, ack: 1101, flags: '.', window: 0 });
    expect(sends({ seq: 1101, ack: 501, flags: '.', data: 1 })).toEqual([]);
    expect(sends({ seq: 1102, ack: 501, flags: '.', data: 1 })[0]).toContain('beyond');
  });

  it('sees sequence numbers skipped, and octets after a FIN', () => {
    const { sends } = shaken();
    expect(sends({ seq: 102, ack: 501, flags: '.', data: 5 })[0]).toContain('skips');
    const other = shaken();
    expect(other.sends({ seq: 101, ack: 501, flags: 'F.', data: 5 })).toEqual([]);
    expect(other.sends({ seq: 107, ack: 501, flags: '.', data: 5 })[0]).toContain('after its FIN');
    expect(other.sends({ seq: 101, ack: 501, flags: 'F.', data: 4 })[0]).toContain('FIN elsewhere');
  });

  it('sees acknowledgements of what never arrived, and those that go back', () => {
    const { sends, gets } = shaken();
    expect(sends({ seq: 101, ack: 502, flags: '.' })[0]).toContain('never arrived');
    const other = shaken();
    other.gets({ seq: 501, ack: 101, flags: '.', data: 20 });
    expect(other.sends({ seq: 101, ack: 521, flags: '.' })).toEqual([]);
    expect(other.sends({ seq: 101, ack: 511, flags: '.' })[0]).toContain('goes back');
    gets({ seq: 551, ack: 101, flags: '.', data: 50 });
  });

  it('sees selective acknowledgements of what never arrived', () => {
    const sack = (from: number, to: number): number[] => [1, 1, 5, 10, ...word(from), ...word(to)];
    const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
    const { sends, gets } = shaken();
    gets({ seq: 601, ack: 101, flags: '.', data: 100 });
    expect(sends({ seq: 101, ack: 501, flags: '.', options: sack(601, 701) })).toEqual([]);
    expect(sends({ seq: 101, ack: 501, flags: '.', options: sack(601, 702) })[0]).toContain('selectively');
  });

  it('sees wrong checksums, and does not take frames with one for arrived', () => {
    const { model, sends, gets } = shaken();
    const link = new SimulatedNetwork(new Random(1)).wire().a;
    const octets = frame({ seq: 101, ack: 501, flags: '.', data: 5 });
    octets[octets.length - 1]! ^= 1;
    model.violations.length = 0;
    model.sent(link, octets, 0, octets.length, 0);
    expect(model.violations[0]).toContain('checksum');
    const broken = frame({ seq: 501, ack: 101, flags: '.', data: 20 }, true);
    broken[60]! ^= 1;
    model.received(link, broken, 0, broken.length);
    expect(sends({ seq: 101, ack: 521, flags: '.' })[0]).toContain('never arrived');
    gets({ seq: 501, ack: 101, flags: '.', data: 20 });
    expect(sends({ seq: 101, ack: 521, flags: '.' })).toEqual([]);
  });

  it('counts windows that shrink', () => {
    const { model, sends } = shaken();
    sends({ seq: 101, ack: 501, flags: '.', window: 1000 });
    sends({ seq: 101, ack: 501, flags: '.', window: 900 });
    expect(model.shrunkWindows).toBe(1);
  });
});
