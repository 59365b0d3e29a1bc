import { IpAddress, OutputResult, type TransportError, TransportErrorKind } from '@immuable-net/ip';
import { FrameChecksum, fromHex, OutboundFrame } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UdpLayer, UdpUsageError } from '../src/index.ts';
import { datagram, Packets, RecordingPath, seeded } from './ground.ts';

const text = new TextEncoder().encode('hello, datagram');

function setUp(): { udp: UdpLayer; packets: Packets } {
  return { udp: new UdpLayer({ random: seeded(1) }), packets: new Packets() };
}

function error(kind: TransportErrorKind, quote: Uint8Array, mtu: number = 0): TransportError {
  const view = new DataView(quote.buffer, quote.byteOffset, quote.byteLength);
  const local3 = IpAddress.parse('10.0.0.2').word3;
  const remote3 = IpAddress.parse('10.0.0.1').word3;
  return { kind, family: 4, protocol: 17, local3, remote3, octets: quote, view, start: 0, end: quote.length, mtu };
}

describe('UDP datagrams (RFC 768)', () => {
  it('arrive at the socket of their port', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 7 });
    const other = udp.bind({ port: 8 });
    udp.arrive(packets.aim(datagram(5000, 7, text)), 0);
    expect(udp.takeReady()).toBe(socket);
    expect(udp.takeReady()).toBeUndefined();
    const received = socket.receive();
    expect(received?.octets).toEqual(text);
    expect([received?.source.toString(), received?.sourcePort]).toEqual(['10.0.0.1', 5000]);
    expect(received?.destination.toString()).toBe('10.0.0.2');
    expect(socket.receive()).toBeUndefined();
    expect(other.waiting).toBe(0);
  });

  it('of a public capture are read: a DNS query of 10.0.0.1', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 53 });
    const query = fromHex('0001 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001');
    udp.arrive(packets.aim(datagram(0xc001, 53, query)), 0);
    expect(socket.receive()?.octets).toEqual(query);
  });

  it('may be longer than the length field says, and end there', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 7 });
    const octets = new Uint8Array(40).fill(0xee);
    octets.set(datagram(5000, 7, text));
    udp.arrive(packets.aim(octets), 0);
    expect(socket.receive()?.octets).toEqual(text);
  });

  it('are checked unless they have no checksum, or the link did', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 7 });
    const damaged = datagram(5000, 7, text);
    damaged[12]! ^= 0x10;
    udp.arrive(packets.aim(damaged), 0);
    expect([udp.counters.droppedChecksum, socket.waiting]).toEqual([1, 0]);
    udp.arrive(packets.aim(datagram(5000, 7, text, false)), 0);
    expect(socket.waiting).toBe(1);
    for (const checksum of [FrameChecksum.Valid, FrameChecksum.Partial]) {
      const packet = packets.aim(damaged);
      packet.checksum = checksum;
      udp.arrive(packet, 0);
    }
    expect(socket.waiting).toBe(3);
  });

  it('are right or dropped: any flipped bit is found', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 7 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), fc.nat(100), (payload, bit, at) => {
        const octets = datagram(5000, 7, payload);
        udp.arrive(packets.aim(octets), 0);
        expect(socket.receive()?.octets).toEqual(payload);
        // The two octets of the checksum aside: they can turn it off.
        const place = 8 + at;
        if (place >= octets.length) return;
        octets[place]! ^= 1 << bit;
        udp.arrive(packets.aim(octets), 0);
        expect(socket.receive()).toBeUndefined();
      }),
    );
  });

  it('never make it throw', () => {
    const { udp, packets } = setUp();
    udp.bind({ port: 7 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (octets) => {
        udp.arrive(packets.aim(octets), 0);
        udp.arriveError(error(TransportErrorKind.PortUnreachable, octets), 0);
      }),
      { numRuns: 1000 },
    );
    const c = udp.counters;
    expect(c.received).toBe(1000);
    expect(c.droppedMalformed + c.droppedChecksum + c.droppedNoSocket + c.droppedFull).toBeGreaterThan(990);
  });

  it('for nobody are answered with port unreachable, unless they went to all', () => {
    const { udp, packets } = setUp();
    udp.arrive(packets.aim(datagram(5000, 9, text)), 0);
    expect([packets.unreachable, udp.counters.droppedNoSocket]).toEqual([1, 1]);
    const packet = packets.aim(datagram(5000, 9, text));
    packet.broadcast = true;
    udp.arrive(packet, 0);
    expect([packets.unreachable, udp.counters.droppedNoSocket]).toEqual([1, 2]);
  });

  it('to all arrive at every socket bound to no address', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 67 });
    const packet = packets.aim(datagram(68, 67, text, false), '10.0.0.1', '255.255.255.255');
    packet.broadcast = true;
    udp.arrive(packet, 0);
    expect(socket.receive()?.destination.toString()).toBe('255.255.255.255');
  });

  it('wait within bounds', () => {
    const { udp, packets } = setUp();
    const few = udp.bind({ port: 7, receiveDatagrams: 3 });
    const small = udp.bind({ port: 8, receiveLimit: 1000 });
    for (let i = 0; i < 10; i++) {
      udp.arrive(packets.aim(datagram(5000, 7, text)), 0);
      udp.arrive(packets.aim(datagram(5000, 8, new Uint8Array(300))), 0);
    }
    expect([few.waiting, small.waiting, udp.counters.droppedFull]).toEqual([3, 2, 15]);
    small.receive();
    udp.arrive(packets.aim(datagram(5000, 8, new Uint8Array(300))), 0);
    expect(small.waiting).toBe(2);
  });

  it('find the socket that fits them best', () => {
    const { udp, packets } = setUp();
    const left = udp.bind({ port: 7, address: IpAddress.parse('10.0.0.2') });
    const right = udp.bind({ port: 7, address: IpAddress.parse('10.0.0.3') });
    udp.arrive(packets.aim(datagram(5000, 7, text)), 0);
    expect([left.waiting, right.waiting]).toEqual([1, 0]);
    left.connect(new RecordingPath('10.0.0.2', '10.0.0.1'), 6000);
    udp.arrive(packets.aim(datagram(5000, 7, text)), 0);
    expect([left.waiting, packets.unreachable]).toEqual([1, 1]);
    udp.arrive(packets.aim(datagram(6000, 7, text)), 0);
    expect(left.waiting).toBe(2);
  });
});

describe('UdpSocket.send', () => {
  it('sends what arrives as it was', () => {
    const { udp, packets } = setUp();
    const socket = udp.bind({ port: 5000 });
    const receiver = udp.bind({ port: 7 });
    const path = new RecordingPath('10.0.0.2', '10.0.0.1');
    const frame = new OutboundFrame();
    for (const size of [0, 1, 15, 1472, 65_507]) {
      const octets = new Uint8Array(size + 4).map((_, i) => i * 3);
      expect(socket.send(frame, path, 7, octets, 2, size + 2, 0)).toBe(OutputResult.Sent);
      const { octets: sent, protocol, fragment } = path.sent.at(-1)!;
      expect([protocol, fragment]).toEqual([17, true]);
      udp.arrive(packets.aim(sent, '10.0.0.2', '10.0.0.1'), 0);
      const received = receiver.receive();
      expect(received?.octets).toEqual(octets.slice(2, size + 2));
      expect(received?.sourcePort).toBe(5000);
    }
    expect(udp.counters.sent).toBe(5);
  });

  it('tells what became of it', () => {
    const { udp } = setUp();
    const socket = udp.bind();
    const path = new RecordingPath('10.0.0.2', '10.0.0.1');
    for (const result of [OutputResult.Full, OutputResult.Unreachable, OutputResult.Pending] as const) {
      path.result = result;
      expect(socket.send(new OutboundFrame(), path, 7, text, 0, text.length, 0)).toBe(result);
    }
    expect(udp.counters.sent).toBe(1);
  });

  it('refuses misuse by code', () => {
    const { udp } = setUp();
    const path = new RecordingPath('10.0.0.2', '10.0.0.1');
    const socket = udp.bind({ port: 7 });
    const code = (act: () => unknown): string | undefined => {
      try {
        act();
        return undefined;
      } catch (thrown) {
        return thrown instanceof UdpUsageError ? thrown.code : String(thrown);
      }
    };
    const frame = new OutboundFrame();
    expect(code(() => udp.bind({ port: 7 }))).toBe('EADDRINUSE');
    expect(code(() => udp.bind({ port: 7, address: IpAddress.parse('10.0.0.2') }))).toBe('EADDRINUSE');
    expect(code(() => udp.bind({ port: 65_536 }))).toBe('EINVAL');
    expect(code(() => socket.send(frame, undefined, 7, text, 0, 3, 0))).toBe('EINVAL');
    expect(code(() => socket.send(frame, path, 0, text, 0, 3, 0))).toBe('EINVAL');
    expect(code(() => socket.send(frame, path, 7, new Uint8Array(65_508), 0, 65_508, 0))).toBe('EMSGSIZE');
    socket.close();
    socket.close();
    expect(code(() => socket.send(frame, path, 7, text, 0, 3, 0))).toBe('EBADF');
    expect(code(() => socket.connect(path, 7))).toBe('EBADF');
    expect(code(() => udp.bind({ port: 7 }))).toBeUndefined();
  });

  it('has a port of its own when it named none, until there are none', () => {
    const { udp } = setUp();
    const ports = new Set<number>();
    for (let i = 0; i < 16_384; i++) ports.add(udp.bind().port);
    expect(ports.size).toBe(16_384);
    expect(Math.min(...ports)).toBe(49_152);
    expect(() => udp.bind()).toThrow(UdpUsageError);
  });
});

describe('ICMP errors', () => {
  it('reach the connected socket that caused them, and no other', () => {
    const { udp } = setUp();
    const socket = udp.bind({ port: 7 });
    socket.connect(new RecordingPath('10.0.0.2', '10.0.0.1'), 9);
    udp.arriveError(error(TransportErrorKind.PortUnreachable, datagram(7, 8, text)), 0);
    udp.arriveError(error(TransportErrorKind.PortUnreachable, datagram(8, 9, text)), 0);
    expect(udp.takeReady()).toBeUndefined();
    expect(udp.counters.droppedErrors).toBe(2);
    udp.arriveError(error(TransportErrorKind.PortUnreachable, datagram(7, 9, text)), 0);
    expect(udp.takeReady()).toBe(socket);
    expect(socket.takeFailure()?.code).toBe('ECONNREFUSED');
    expect(socket.takeFailure()).toBeUndefined();
  });

  it('have the codes of node:dgram', () => {
    const { udp } = setUp();
    const socket = udp.bind({ port: 7 });
    socket.connect(new RecordingPath('10.0.0.2', '10.0.0.1'), 9);
    const codes = [
      [TransportErrorKind.NetUnreachable, 'ENETUNREACH'],
      [TransportErrorKind.HostUnreachable, 'EHOSTUNREACH'],
      [TransportErrorKind.ProtocolUnreachable, 'ENOPROTOOPT'],
      [TransportErrorKind.ParameterProblem, 'EPROTO'],
      [TransportErrorKind.TimeExceeded, 'EHOSTUNREACH'],
    ] as const;
    for (const [kind, code] of codes) {
      udp.arriveError(error(kind, datagram(7, 9, text)), 0);
      expect(socket.takeFailure()?.code).toBe(code);
    }
  });

  it('that say the packet was too big lower the path MTU', () => {
    const { udp } = setUp();
    const path = new RecordingPath('10.0.0.2', '10.0.0.1');
    const socket = udp.bind({ port: 7 });
    socket.connect(path, 9);
    udp.arriveError(error(TransportErrorKind.PacketTooBig, datagram(7, 9, text), 1300), 0);
    expect(path.mtu).toBe(1300);
    expect(socket.takeFailure()).toBeUndefined();
  });

  it('lower it for a socket that is not connected too', () => {
    const { udp } = setUp();
    udp.bind({ port: 7, address: IpAddress.parse('10.0.0.2') });
    let lowered = 0;
    const tooBig = (port: number): TransportError => ({
      ...error(TransportErrorKind.PacketTooBig, datagram(port, 9, text), 1300),
      lowerPathMtu: () => {
        lowered++;
      },
    });
    udp.arriveError(tooBig(8), 0);
    expect(lowered).toBe(0);
    udp.arriveError(tooBig(7), 0);
    expect(lowered).toBe(1);
  });

  it('about a closed socket are dropped', () => {
    const { udp } = setUp();
    const socket = udp.bind({ port: 7 });
    socket.connect(new RecordingPath('10.0.0.2', '10.0.0.1'), 9);
    udp.arriveError(error(TransportErrorKind.PortUnreachable, datagram(7, 9, text)), 0);
    socket.close();
    expect(udp.takeReady()).toBeUndefined();
    udp.arriveError(error(TransportErrorKind.PortUnreachable, datagram(7, 9, text)), 0);
    expect(udp.counters.droppedErrors).toBe(1);
  });
});
