import { IpAddress, OutputResult } from '@immuable-net/ip';
import { OutboundFrame } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ipv4Arrival } from '../src/index.ts';
import { Host } from './host.ts';
import { fragments, icmp, packet } from './packet.ts';

const counting = (size: number): Uint8Array => new Uint8Array(size).map((_, i) => i * 31 + (i >>> 8));

function payloadOf(host: Host): Uint8Array {
  const up = host.ipv4.packet;
  return up.slab.octets.slice(up.start, up.end);
}

/** Puts fragments together octet by octet; undefined unless each octet is there exactly once (or again as it was). */
class NaiveReassembly {
  readonly #octets: (number | undefined)[] = [];
  #total = -1;
  broken = false;

  add(offset: number, part: Uint8Array, more: boolean, seen: Set<string>): Uint8Array | undefined {
    const name = `${offset} ${part.length} ${more}`;
    if (this.broken) return undefined;
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (let i = 0; i < part.length; i++) {
      if (this.#octets[offset + i] !== undefined) this.broken = true;
      this.#octets[offset + i] = part[i];
    }
    if (!more && this.#total >= 0) this.broken = true;
    if (!more) this.#total = offset + part.length;
    if (this.#total >= 0 && this.#octets.length > this.#total) this.broken = true;
    if (this.broken || this.#total < 0) return undefined;
    for (let i = 0; i < this.#total; i++) if (this.#octets[i] === undefined) return undefined;
    return Uint8Array.from(this.#octets as number[]);
  }
}

describe('reassembly', () => {
  it('puts a datagram together in any order, duplicates and all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.infiniteStream(fc.nat(1_000_000)),
        (size, eighths, choices) => {
          const host = new Host();
          const payload = counting(size);
          const pieces = fragments({ payload, identification: 5 }, eighths * 8);
          if (pieces.length < 2) return;
          const order: Uint8Array[] = [];
          const left = [...pieces];
          while (left.length > 0) {
            const at = choices.next().value! % left.length;
            order.push(left[at]!);
            // Now and then one comes again.
            if (choices.next().value! % 4 === 0) order.push(order[choices.next().value! % order.length]!);
            left.splice(at, 1);
          }
          let whole = 0;
          for (const piece of order) {
            if (host.arrive(piece) !== Ipv4Arrival.Udp) continue;
            whole++;
            expect(payloadOf(host)).toEqual(payload);
          }
          expect(whole).toBe(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('does as a naive twin does, whatever overlaps', () => {
    const piece = fc.record({
      offset: fc.integer({ min: 0, max: 6 }).map((n) => n * 8),
      eighths: fc.integer({ min: 1, max: 4 }),
      odd: fc.integer({ min: 0, max: 7 }),
      more: fc.boolean(),
    });
    const original = counting(200);
    const host = new Host();
    let wholes = 0;
    let identification = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        identification++;
        const naive = new NaiveReassembly();
        const seen = new Set<string>();
        for (const { offset, eighths, odd, more } of pieces) {
          if (offset === 0 && !more) continue;
          const payload = original.subarray(offset, offset + eighths * 8 - (more ? 0 : odd));
          const expected = naive.add(offset, payload, more, seen);
          const arrival = host.arrive(packet({ payload, offset, moreFragments: more, identification }));
          expect(arrival).toBe(expected === undefined ? Ipv4Arrival.Consumed : Ipv4Arrival.Udp);
          if (expected === undefined) continue;
          wholes++;
          expect(payloadOf(host)).toEqual(expected);
          return;
        }
      }),
      { numRuns: 3000 },
    );
    expect(wholes).toBeGreaterThan(10);
  });

  it('drops the whole datagram where fragments overlap, with what still comes of it', () => {
    const host = new Host();
    const payload = counting(64);
    const [first, second] = fragments({ payload, identification: 1 }, 32);
    expect(host.arrive(first!)).toBe(Ipv4Arrival.Consumed);
    host.arrive(packet({ payload: new Uint8Array(16), offset: 24, moreFragments: true, identification: 1 }));
    expect(host.ipv4.counters.droppedOverlap).toBe(1);
    expect(host.arrive(second!)).toBe(Ipv4Arrival.Consumed);
    expect(host.arrive(first!)).toBe(Ipv4Arrival.Consumed);
    // The same fragment with other octets is no duplicate.
    const other = fragments({ payload, identification: 2 }, 32);
    host.arrive(other[0]!);
    host.arrive(packet({ payload: new Uint8Array(32), offset: 0, moreFragments: true, identification: 2 }));
    expect(host.ipv4.counters.droppedOverlap).toBe(2);
    expect(host.ipv4.counters.reassembled).toBe(0);
  });

  it.each([
    ['no payload', packet({ payload: new Uint8Array(0), moreFragments: true })],
    ['a length that is no multiple of 8', packet({ payload: new Uint8Array(12), moreFragments: true })],
    ['an end beyond 65,535', packet({ payload: new Uint8Array(64), offset: 65_504 })],
    ['a TCP header cut in two', packet({ payload: new Uint8Array(8), offset: 8, protocol: 6 })],
  ])('drops a fragment with %s', (_, octets) => {
    const host = new Host();
    expect(host.arrive(octets)).toBe(Ipv4Arrival.Consumed);
    expect(host.ipv4.counters.droppedFragment).toBe(1);
    expect(host.ipv4.reassembly.size).toBe(0);
  });

  it('keeps datagrams of other sources, destinations, protocols and identifications apart', () => {
    const host = new Host({ addresses: ['10.0.0.2/24', '10.0.0.7/24'] });
    const variants = [
      { identification: 1 },
      { identification: 2 },
      { identification: 1, source: '10.0.0.9' },
      { identification: 1, destination: '10.0.0.7' },
      { identification: 1, protocol: 6 },
    ];
    const datagrams = variants.map((fields, i) => fragments({ ...fields, payload: new Uint8Array(96).fill(i) }, 48));
    for (const [first] of datagrams) host.arrive(first!);
    expect(host.ipv4.reassembly.size).toBe(5);
    datagrams.forEach(([, second], i) => {
      expect([Ipv4Arrival.Udp, Ipv4Arrival.Tcp]).toContain(host.arrive(second!));
      expect(payloadOf(host)).toEqual(new Uint8Array(96).fill(i));
    });
    expect(host.ipv4.reassembly.size).toBe(0);
    expect(host.ipv4.reassembly.octets).toBe(0);
  });

  it('gives up after 30 s and says so, where the first fragment came', () => {
    const host = new Host();
    const payload = counting(96);
    const [first] = fragments({ payload, identification: 1 }, 48);
    const [, second] = fragments({ payload, identification: 2 }, 48);
    host.arrive(first!, 1000);
    host.arrive(second!, 1000);
    host.run(30_999);
    expect(host.ipv4.reassembly.size).toBe(2);
    host.run(31_000);
    expect(host.ipv4.reassembly.size).toBe(0);
    expect(host.ipv4.reassembly.octets).toBe(0);
    expect(host.ipv4.counters.droppedReassemblyTimeout).toBe(2);
    expect(host.ipv4.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    const answers = host.take();
    expect(answers.length).toBe(1);
    expect(answers[0]?.payload.slice(0, 2)).toEqual(new Uint8Array([11, 1]));
    expect(answers[0]?.payload.slice(8)).toEqual(first!.slice(0, 28));
    expect(answers[0]?.to).toBe('02000000000b');
  });

  it('holds 64 datagrams of one source, the latest', () => {
    const host = new Host();
    const payload = counting(32);
    for (let identification = 0; identification < 100; identification++) {
      host.arrive(fragments({ payload, identification }, 16)[0]!);
    }
    expect(host.ipv4.reassembly.size).toBe(64);
    expect(host.ipv4.counters.droppedReassemblyFull).toBe(36);
    expect(host.arrive(fragments({ payload, identification: 35 }, 16)[1]!)).toBe(Ipv4Arrival.Consumed);
    expect(host.arrive(fragments({ payload, identification: 99 }, 16)[1]!)).toBe(Ipv4Arrival.Udp);
  });

  it('sends no error about an error that came in pieces and stayed so', () => {
    const host = new Host();
    const message = icmp(3, 3, 0, new Uint8Array(40));
    host.arrive(fragments({ payload: message, protocol: 1, identification: 4 }, 24)[0]!);
    host.run(60_000);
    expect(host.take()).toEqual([]);
    expect(host.ipv4.icmp.counters.errorsForbidden).toBe(1);
    const request = icmp(8, 0, 0, new Uint8Array(40));
    host.arrive(fragments({ payload: request, protocol: 1, identification: 5 }, 24)[0]!, 60_000);
    host.run(120_000);
    expect(host.take().length).toBe(1);
  });

  it('holds a megabyte and 64 datagrams of a source at most, and a legitimate one still gets through', () => {
    const host = new Host();
    const payload = new Uint8Array(1400);
    for (let i = 0; i < 5000; i++) {
      const source = `10.0.${1 + (i & 63)}.1`;
      host.arrive(packet({ payload, moreFragments: true, identification: i, source }));
      expect(host.ipv4.reassembly.octets).toBeLessThanOrEqual(1_048_576);
    }
    for (let i = 0; i < 100; i++) {
      host.arrive(packet({ payload: new Uint8Array(8), moreFragments: true, identification: i, source: '10.0.0.66' }));
    }
    const [first, second] = fragments({ payload: counting(2000), identification: 7 }, 1480);
    host.arrive(first!);
    expect(host.arrive(second!)).toBe(Ipv4Arrival.Udp);
    const { droppedReassemblyFull, reassembled } = host.ipv4.counters;
    expect(droppedReassemblyFull).toBeGreaterThan(4000);
    expect(reassembled).toBe(1);
  });

  it('keeps a congestion mark, and drops a datagram that cannot bear it (RFC 3168 §5.3)', () => {
    const host = new Host();
    const pieces = (first: number, second: number): Ipv4Arrival => {
      const payload = new Uint8Array(16);
      host.arrive(packet({ payload, ecn: first, moreFragments: true, identification: 1 }));
      return host.arrive(packet({ payload, ecn: second, offset: 16, identification: 1 }));
    };
    expect(pieces(2, 3)).toBe(Ipv4Arrival.Udp);
    expect(host.ipv4.packet.ecn).toBe(3);
    expect(pieces(1, 1)).toBe(Ipv4Arrival.Udp);
    expect(host.ipv4.packet.ecn).toBe(1);
    expect(pieces(0, 3)).toBe(Ipv4Arrival.Consumed);
  });

  it('of a datagram that nobody wants quotes the whole header', () => {
    const host = new Host();
    const payload = counting(2000);
    for (const piece of fragments({ payload, identification: 1 }, 1480)) host.arrive(piece);
    host.ipv4.portUnreachable(host.ipv4.packet, 0);
    const [answer] = host.take();
    expect(answer?.payload.slice(8)).toEqual(packet({ payload, identification: 1 }).slice(0, 548));
  });
});

describe('fragmentation', () => {
  it('cuts what the path may cut: it comes together as it was', () => {
    const host = new Host({ mtu: 576 });
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(IpAddress.parse('10.0.0.1'))!;
    for (const size of [557, 1000, 1104, 9000, 65_507]) {
      const frame = new OutboundFrame();
      const payload = counting(size);
      payload.fill(0, 6, 8);
      frame.copy(payload, 0, size);
      expect(path.output(frame, 17, 6, 0, true, 0)).toBe(OutputResult.Sent);
      const sent = host.take();
      const identification = sent[0]!.identification;
      let offset = 0;
      for (const [i, piece] of sent.entries()) {
        expect(piece.octets.length).toBeLessThanOrEqual(576);
        expect([piece.offset, piece.moreFragments]).toEqual([offset, i < sent.length - 1]);
        expect([piece.dontFragment, piece.identification]).toEqual([false, identification]);
        offset += piece.payload.length;
      }
      expect(offset).toBe(size);
      expect(sent.length).toBe(Math.ceil(size / 552));
    }
  });

  it('answers echo requests in fragments with fragments', () => {
    const host = new Host();
    const data = counting(65_507);
    const message = icmp(8, 0, 0x0001_0002, data);
    for (const piece of fragments({ payload: message, protocol: 1, identification: 3 }, 1480)) host.arrive(piece);
    const sent = host.take();
    expect(sent.length).toBe(45);
    const answer = new Uint8Array(message.length);
    for (const piece of sent) answer.set(piece.payload, piece.offset);
    expect(answer).toEqual(icmp(0, 0, 0x0001_0002, data));
  });

  it('sends no packet that may not be cut', () => {
    const host = new Host({ mtu: 576 });
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(IpAddress.parse('10.0.0.1'))!;
    const frame = new OutboundFrame();
    frame.end += 557;
    expect(path.output(frame, 6, 16, 0, false, 0)).toBe(OutputResult.Unreachable);
    expect(host.ipv4.counters.tooBig).toBe(1);
    frame.reset();
    frame.end += 65_516;
    expect(path.output(frame, 17, 6, 0, true, 0)).toBe(OutputResult.Unreachable);
    expect(host.take()).toEqual([]);
  });

  it('gives every packet to a host another identification (RFC 6864)', () => {
    const host = new Host({ mtu: 68 });
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(IpAddress.parse('10.0.0.1'))!;
    const seen = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const frame = new OutboundFrame();
      frame.end += 60;
      path.output(frame, 17, 6, 0, true, 0);
      seen.add(host.take()[0]!.identification);
    }
    expect(seen.size).toBe(100);
  });
});
