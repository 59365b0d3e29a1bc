import { ClaimMode, MacAddress } from '@immuable-net/ethernet';
import { IpAddress } from '@immuable-net/ip';
import { fromHex } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ipv4Arrival } from '../src/index.ts';
import { Host, OURS } from './host.ts';
import { icmp, packet } from './packet.ts';

const payload = fromHex('0102030405060708090a');

describe('Ipv4Layer.arrive', () => {
  it('hands a UDP datagram and a TCP segment up, without link padding', () => {
    const host = new Host();
    const padded = new Uint8Array(46);
    padded.set(packet({ payload, ttl: 17, ecn: 2 }));
    expect(host.arrive(padded)).toBe(Ipv4Arrival.Udp);
    const up = host.ipv4.packet;
    expect(up.slab.octets.slice(up.start, up.end)).toEqual(payload);
    expect([up.source3, up.destination3, up.protocol, up.ttl, up.ecn]).toEqual([0x0a000001, 0x0a000002, 17, 17, 2]);
    expect([up.source0, up.source1, up.source2]).toEqual([0, 0, 0xffff]);
    expect(up.pseudoSum).toBe(0x0a00 + 1 + 0x0a00 + 2);
    expect(up.broadcast).toBe(false);
    expect(up.origin.source(up).toString()).toBe('10.0.0.1');
    expect(up.origin.destination(up).toString()).toBe('10.0.0.2');
    expect(host.arrive(packet({ protocol: 6 }))).toBe(Ipv4Arrival.Tcp);
  });

  it('reads the header of RFC 791’s field order as others wrote it', () => {
    // A public example: the header of a UDP packet from 192.168.0.1 to 192.168.0.199, checksum b861.
    const host = new Host({ addresses: ['192.168.0.199/24'] });
    const octets = new Uint8Array(115);
    octets.set(fromHex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7'));
    expect(host.arrive(octets)).toBe(Ipv4Arrival.Udp);
    expect(host.ipv4.packet.end - host.ipv4.packet.start).toBe(95);
  });

  it('skips options, record route and timestamps included', () => {
    const host = new Host();
    const options = [1, 7, 7, 4, 0, 0, 0, 0, 68, 4, 5, 0, 0, 0, 0, 0];
    expect(host.arrive(packet({ payload, options }))).toBe(Ipv4Arrival.Udp);
    const up = host.ipv4.packet;
    expect(up.slab.octets.slice(up.start, up.end)).toEqual(payload);
  });

  it.each([
    ['droppedMalformed', fromHex('4500')],
    ['droppedMalformed', packet({ total: 19 })],
    ['droppedMalformed', packet({ total: 29 })],
    ['droppedMalformed', fromHex('6500001c00000000401166d0 0a0000010a000002 0000000000000000')],
    ['droppedMalformed', fromHex('4400001c0000000040110000 0a0000010a000002 0000000000000000')],
    ['droppedChecksum', fromHex('4500001c00000000401166d0 0a0000010a000002 0000000000000000')],
    ['droppedOptions', packet({ options: [7, 1, 0, 0] })],
    ['droppedOptions', packet({ options: [7, 5, 0, 0] })],
    ['droppedOptions', packet({ options: [1, 1, 1, 7] })],
    ['droppedSourceRoute', packet({ options: [131, 3, 4, 0] })],
    ['droppedSourceRoute', packet({ options: [1, 137, 3, 4] })],
    ['droppedNotForUs', packet({ destination: '10.0.0.3' })],
    ['droppedNotForUs', packet({ destination: '224.0.0.1' })],
    ['droppedBadSource', packet({ source: '224.0.0.1' })],
    ['droppedBadSource', packet({ source: '127.0.0.1' })],
    ['droppedBadSource', packet({ source: '0.0.0.0' })],
    ['droppedBadSource', packet({ source: '255.255.255.255' })],
    ['droppedBadSource', packet({ source: '10.0.0.255' })],
    ['droppedBadSource', packet({ source: '10.0.0.2' })],
    ['droppedProtocol', packet({ protocol: 132 })],
  ] as const)('counts %s (case %#)', (counter, octets) => {
    const host = new Host();
    expect(host.arrive(octets)).toBe(Ipv4Arrival.Dropped);
    expect(host.ipv4.counters[counter]).toBe(1);
  });

  it('takes broadcasts, and one host’s address in a frame to all never', () => {
    const host = new Host();
    for (const destination of ['255.255.255.255', '10.0.0.255', '10.0.0.0']) {
      expect(host.arrive(packet({ destination }), 0, MacAddress.BROADCAST)).toBe(Ipv4Arrival.Udp);
      expect(host.ipv4.packet.broadcast).toBe(true);
    }
    expect(host.arrive(packet({ protocol: 6 }), 0, MacAddress.BROADCAST)).toBe(Ipv4Arrival.Dropped);
    expect(host.ipv4.counters.droppedLinkBroadcast).toBe(1);
  });

  it('takes groups while joined', () => {
    const host = new Host();
    const group = IpAddress.parse('239.255.1.2');
    const mac = MacAddress.parse('01:00:5e:7f:01:02');
    host.ipv4.joinGroup(group);
    expect(host.arrive(packet({ destination: '239.255.1.2' }), 0, mac)).toBe(Ipv4Arrival.Udp);
    expect(host.ipv4.packet.broadcast).toBe(true);
    host.ipv4.leaveGroup(group);
    expect(host.arrive(packet({ destination: '239.255.1.2' }), 0, mac)).toBe(Ipv4Arrival.Dropped);
  });

  it('has several addresses, and gives them up', () => {
    const host = new Host({ addresses: ['10.0.0.2/24', '192.168.7.9/31'] });
    expect(host.arrive(packet({ destination: '192.168.7.9' }))).toBe(Ipv4Arrival.Udp);
    expect(host.arrive(packet({ source: '192.168.7.8', destination: '192.168.7.9' }))).toBe(Ipv4Arrival.Udp);
    host.ipv4.removeAddress(IpAddress.parse('192.168.7.9'));
    expect(host.arrive(packet({ destination: '192.168.7.9' }))).toBe(Ipv4Arrival.Dropped);
  });

  it('takes nothing for an address that it still probes for', () => {
    const host = new Host();
    host.ipv4.start(ClaimMode.ProbeFirst, 0);
    expect(host.ipv4.ready).toBe(false);
    expect(host.arrive(packet({}))).toBe(Ipv4Arrival.Dropped);
    expect(host.ipv4.counters.droppedTentative).toBe(1);
    for (let now = 0; now <= 8000; now += 100) {
      host.ethernet.timeoutsExpire(now);
      host.ipv4.timeoutsExpire(now);
    }
    expect(host.ipv4.ready).toBe(true);
    expect(host.arrive(packet({}))).toBe(Ipv4Arrival.Udp);
  });

  it('tells that we do not speak a protocol', () => {
    const host = new Host();
    host.arrive(packet({ protocol: 132, payload }));
    const [answer] = host.take();
    expect(answer?.payload.slice(0, 2)).toEqual(new Uint8Array([3, 2]));
    expect(answer?.payload.slice(8)).toEqual(packet({ protocol: 132, payload }));
  });

  it('is never made to throw, and every packet is counted', () => {
    const host = new Host();
    const arrivals = [0, 0, 0, 0, 0];
    const field = fc.record({
      protocol: fc.constantFrom(1, 6, 17, 99),
      destination: fc.constantFrom('10.0.0.2', '10.0.0.255', '10.0.0.7'),
      offset: fc.constantFrom(0, 0, 0, 8, 16, 65_528),
      moreFragments: fc.boolean(),
      identification: fc.nat(2),
      options: fc.constantFrom([], [1, 1, 1, 0], [7, 9, 9, 9]),
      payload: fc.uint8Array({ maxLength: 80 }),
    });
    const octets = fc.oneof(fc.uint8Array({ maxLength: 80 }), field.map(packet));
    fc.assert(
      fc.property(octets, fc.nat(40_000), (sent, now) => {
        const arrival = host.arrive(sent, now);
        arrivals[arrival]!++;
        host.ipv4.timeoutsExpire(now);
        host.take();
      }),
      { numRuns: 3000 },
    );
    expect(arrivals[Ipv4Arrival.Tcp]).toBeGreaterThan(0);
    expect(host.ipv4.counters.received).toBe(arrivals.reduce((a, b) => a + b));
    expect(host.ipv4.reassembly.octets).toBeLessThanOrEqual(1_048_576);
  });
});

describe('ICMP (RFC 792)', () => {
  const echo = (data: Uint8Array): Uint8Array => icmp(8, 0, 0x1234_0007, data);

  it('answers echo requests of any size, to the MAC address they came from, without ARP', () => {
    const host = new Host();
    for (const size of [0, 1, 7, 56, 1471, 1472]) {
      const data = new Uint8Array(size).map((_, i) => i);
      expect(host.arrive(packet({ protocol: 1, payload: echo(data), source: '192.0.2.9' }))).toBe(Ipv4Arrival.Consumed);
      const [answer, ...rest] = host.take();
      expect(rest).toEqual([]);
      expect(answer?.payload).toEqual(icmp(0, 0, 0x1234_0007, data));
      expect([answer?.source, answer?.destination, answer?.to]).toEqual(['10.0.0.2', '192.0.2.9', '02000000000b']);
      // What passes everywhere is atomic (RFC 6864); of what may not, routers may cut the answer.
      expect([answer?.ttl, answer?.dontFragment]).toEqual([64, size < 525]);
      if (size < 525) expect(answer?.identification).toBe(0);
    }
    expect(host.ipv4.icmp.counters.echoRepliesSent).toBe(6);
    expect(host.ethernet.arp.neighbours.size).toBe(0);
  });

  it('answers no broadcast', () => {
    const host = new Host();
    const destination = '10.0.0.255';
    host.arrive(packet({ protocol: 1, payload: echo(new Uint8Array(8)), destination }), 0, MacAddress.BROADCAST);
    expect(host.take()).toEqual([]);
    expect(host.ipv4.icmp.counters.droppedBroadcast).toBe(1);
  });

  it('drops what is damaged or short, and ignores what it must', () => {
    const host = new Host();
    const damaged = echo(new Uint8Array(9));
    damaged[12]! ^= 1;
    host.arrive(packet({ protocol: 1, payload: damaged }));
    host.arrive(packet({ protocol: 1, payload: new Uint8Array(7) }));
    host.arrive(packet({ protocol: 1, payload: icmp(4, 0, 0, new Uint8Array(28)) }));
    host.arrive(packet({ protocol: 1, payload: icmp(5, 0, 0, new Uint8Array(28)) }));
    host.arrive(packet({ protocol: 1, payload: icmp(13, 0, 0, new Uint8Array(12)) }));
    const c = host.ipv4.icmp.counters;
    expect([c.droppedChecksum, c.droppedMalformed]).toEqual([1, 1]);
    expect([c.ignoredSourceQuench, c.ignoredRedirect, c.ignoredType]).toEqual([1, 1, 1]);
    expect(host.take()).toEqual([]);
  });

  it('sends echo requests and takes the answers, of any size', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(IpAddress.parse('10.0.0.1'))!;
    const data = new Uint8Array(1000).map((_, i) => i * 7);
    host.ipv4.icmp.echoRequest(path, 77, 3, data, 0, data.length, 0);
    expect(host.take()[0]?.payload).toEqual(icmp(8, 0, (77 << 16) | 3, data));
    const answer = packet({ protocol: 1, ttl: 60, payload: icmp(0, 0, (77 << 16) | 3, data) });
    expect(host.arrive(answer, 12.5)).toBe(Ipv4Arrival.Consumed);
    const reply = host.ipv4.icmp.takeEchoReply();
    expect([reply?.identifier, reply?.sequence, reply?.timeToLive, reply?.at]).toEqual([77, 3, 60, 12.5]);
    expect(reply?.octets).toEqual(data);
    expect(reply?.source.toString()).toBe('10.0.0.1');
    host.ipv4.icmp.forgetEcho(77);
    expect(host.arrive(answer)).toBe(Ipv4Arrival.Dropped);
    expect(host.ipv4.icmp.takeEchoReply()).toBeUndefined();
    expect(() => host.ipv4.icmp.echoRequest(path, 1, 1, new Uint8Array(65_508), 0, 65_508, 0)).toThrow(RangeError);
  });

  const quoted = packet({ source: '10.0.0.2', destination: '10.0.0.1', protocol: 6, payload });

  it.each([
    [3, 0, 0],
    [3, 1, 1],
    [3, 2, 2],
    [3, 3, 3],
    [3, 4, 4],
    [3, 13, 1],
    [11, 0, 5],
    [12, 0, 6],
  ])('tells transports what type %i code %i means', (type, code, kind) => {
    const host = new Host();
    expect(host.arrive(packet({ protocol: 1, payload: icmp(type, code, 1400, quoted), source: '10.9.9.9' }))).toBe(
      Ipv4Arrival.Error,
    );
    const error = host.ipv4.error;
    expect([error.kind, error.protocol, error.local3, error.remote3]).toEqual([kind, 6, 0x0a000002, 0x0a000001]);
    expect(error.octets.slice(error.start, error.end)).toEqual(payload);
    expect(error.view.getUint16(error.start)).toBe(0x0102);
    expect(error.mtu).toBe(code === 4 ? 1400 : 0);
    expect(host.take()).toEqual([]);
  });

  it('lowers the path MTU for a ping of ours, and for who says that the packet was its own', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(IpAddress.parse('10.0.0.1'))!;
    const tooBig = (request: Uint8Array, mtu: number): Ipv4Arrival => {
      const quote = packet({ source: '10.0.0.2', destination: '10.0.0.1', protocol: 1, payload: request });
      return host.arrive(packet({ protocol: 1, payload: icmp(3, 4, mtu, quote) }));
    };
    host.ipv4.icmp.echoRequest(path, 77, 1, new Uint8Array(1400), 0, 1400, 0);
    expect(tooBig(icmp(8, 0, (78 << 16) | 1, new Uint8Array(0)), 1300)).toBe(Ipv4Arrival.Error);
    expect(path.mtu).toBe(1500);
    expect(tooBig(icmp(8, 0, (77 << 16) | 1, new Uint8Array(0)), 1300)).toBe(Ipv4Arrival.Error);
    expect(path.mtu).toBe(1300);
    host.arrive(packet({ protocol: 1, payload: icmp(3, 4, 1200, quoted) }));
    expect(path.mtu).toBe(1300);
    host.ipv4.error.lowerPathMtu?.(0);
    expect(path.mtu).toBe(1200);
  });

  it.each([
    ['not ours', packet({ source: '10.0.0.3', destination: '10.0.0.1' })],
    ['a later fragment', packet({ source: '10.0.0.2', offset: 8 })],
    ['too short', packet({ source: '10.0.0.2' }).subarray(0, 27)],
    ['nothing', new Uint8Array(0)],
    ['another version', new Uint8Array(40).fill(0x60)],
  ])('drops an error about %s', (_, quote) => {
    const host = new Host();
    expect(host.arrive(packet({ protocol: 1, payload: icmp(3, 3, 0, quote) }))).toBe(Ipv4Arrival.Dropped);
    expect(host.ipv4.icmp.counters.droppedQuote).toBe(1);
  });

  it('answers a datagram that nobody wants with as much of it as 576 octets hold', () => {
    const host = new Host();
    const big = packet({ payload: new Uint8Array(1000).fill(9) });
    host.arrive(big);
    host.ipv4.portUnreachable(host.ipv4.packet, 0);
    const [answer] = host.take();
    expect(answer?.octets.length).toBe(576);
    expect(answer?.payload.slice(0, 2)).toEqual(new Uint8Array([3, 3]));
    expect(answer?.payload.slice(8)).toEqual(big.slice(0, 548));
    expect(answer?.to).toBe('02000000000b');
  });

  it('sends no error about an error or a broadcast, and at most 50 at once', () => {
    const host = new Host();
    host.arrive(packet({ destination: '10.0.0.255' }), 0, MacAddress.BROADCAST);
    host.ipv4.portUnreachable(host.ipv4.packet, 0);
    expect(host.ipv4.icmp.counters.errorsForbidden).toBe(1);
    expect(host.take()).toEqual([]);
    for (let i = 0; i < 200; i++) {
      host.arrive(packet({ payload }), 1);
      host.ipv4.portUnreachable(host.ipv4.packet, 1);
    }
    const sent = host.take().length;
    expect(sent).toBeGreaterThanOrEqual(47);
    expect(sent).toBeLessThanOrEqual(50);
    expect(host.ipv4.icmp.counters.errorsLimited).toBe(200 - sent);
    host.arrive(packet({ payload }), 1000);
    host.ipv4.portUnreachable(host.ipv4.packet, 1000);
    expect(host.take().length).toBe(1);
  });

  it('answers from the address that was asked', () => {
    const host = new Host({ addresses: ['10.0.0.2/24', '10.0.0.7/24'] });
    host.arrive(packet({ protocol: 1, payload: echo(new Uint8Array(3)), destination: '10.0.0.7' }), 0, OURS);
    expect(host.take()[0]?.source).toBe('10.0.0.7');
  });
});
