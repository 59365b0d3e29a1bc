import { MacAddress } from '@immuable-net/ethernet';
import { IpAddress, OutputResult, type Path, Prefix, TransportErrorKind } from '@immuable-net/ip';
import { FrameChecksum, OutboundFrame, SliceQueue } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { RouteTable } from '../src/index.ts';
import { Host } from './host.ts';
import { checksum, packet } from './packet.ts';

const ip = (text: string): IpAddress => IpAddress.parse(text);

function datagram(size: number = 20): OutboundFrame {
  const frame = new OutboundFrame();
  frame.copy(new Uint8Array(size).fill(0x55), 0, size);
  return frame;
}

/** The checksum of a transport segment under its pseudo-header: zero when it is right. */
function transportChecksum(source: string, destination: string, protocol: number, segment: Uint8Array): number {
  const pseudo = new Uint8Array(12);
  const view = new DataView(pseudo.buffer);
  view.setInt32(0, ip(source).word3);
  view.setInt32(4, ip(destination).word3);
  view.setUint16(8, protocol);
  view.setUint16(10, segment.length);
  return checksum(segment, 0xffff - checksum(pseudo));
}

describe('Ipv4Path.output', () => {
  it('writes an atomic packet with the right sums', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    expect([path.local.toString(), path.remote.toString()]).toEqual(['10.0.0.2', '10.0.0.1']);
    expect([path.mtu, path.linkMtu, path.segments, path.checksumOffload, path.headerLength]).toEqual([
      1500,
      1500,
      0,
      false,
      20,
    ]);
    for (const size of [20, 21, 40, 1480]) {
      expect(path.output(datagram(size), 6, 16, 2, false, 0)).toBe(OutputResult.Sent);
      const [sent] = host.take();
      expect([sent?.identification, sent?.dontFragment, sent?.ttl, sent?.ecn]).toEqual([0, true, 64, 2]);
      expect(sent?.payload.length).toBe(size);
      expect(transportChecksum('10.0.0.2', '10.0.0.1', 6, sent!.payload)).toBe(0);
    }
  });

  it('sums what is gathered by reference too', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    const queue = new SliceQueue();
    for (let i = 0; i < 20; i++) queue.append(new Uint8Array(73).fill(i + 1), 0, 73, undefined);
    const frame = datagram(20);
    frame.headerEnd = frame.end;
    // As parts: what `gather` does from 2 KiB up.
    for (let i = 0; i < 19; i++) {
      frame.parts[i] = queue.octetsAt(i);
      frame.partStarts[i] = 0;
      frame.partEnds[i] = 73;
    }
    frame.partCount = 19;
    frame.partOctets = 19 * 73;
    expect(path.output(frame, 6, 16, 0, false, 0)).toBe(OutputResult.Sent);
    const [sent] = host.take();
    expect(sent?.payload.length).toBe(20 + 19 * 73);
    expect(transportChecksum('10.0.0.2', '10.0.0.1', 6, sent!.payload)).toBe(0);
  });

  it('never leaves a UDP checksum zero', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    // A datagram whose words sum to zero under its pseudo-header: the last word makes up for the rest.
    const frame = new OutboundFrame();
    const octets = new Uint8Array(10);
    const rest = transportChecksum('10.0.0.2', '10.0.0.1', 17, octets);
    new DataView(octets.buffer).setUint16(8, rest);
    frame.copy(octets, 0, 10);
    path.output(frame, 17, 6, 0, true, 0);
    expect(host.take()[0]?.payload.slice(6, 8)).toEqual(new Uint8Array([0xff, 0xff]));
  });

  it('leaves checksums and cutting to a link that does them', () => {
    const host = new Host({ offload: true });
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    expect(path.checksumOffload).toBe(true);
    expect(path.segments).toBeGreaterThan(60_000);
    const frame = datagram(20_000);
    frame.segmentSize = 1448;
    frame.headerEnd = frame.start + 32;
    expect(path.output(frame, 6, 16, 0, false, 0)).toBe(OutputResult.Sent);
    expect([frame.segmentFamily, frame.checksumOffset]).toEqual([4, 16]);
    const [sent] = host.take();
    expect(host.frame.checksum).toBe(FrameChecksum.Partial);
    expect(host.frame.segmentSize).toBe(1448);
    // The field holds the pseudo-header's sum, uncomplemented: without it, the rest sums to that.
    const field = (sent!.payload[16]! << 8) | sent!.payload[17]!;
    const pseudo = new Uint8Array(12);
    pseudo.set([10, 0, 0, 2, 10, 0, 0, 1, 0, 6, 20_000 >>> 8, 20_000 & 255]);
    expect(field).toBe(0xffff - checksum(pseudo));
    const large = datagram(65_520);
    large.segmentSize = 1448;
    expect(path.output(large, 6, 16, 0, false, 0)).toBe(OutputResult.Unreachable);
  });

  it('works on a link without MAC addresses', () => {
    const host = new Host({ medium: 'ip' });
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    expect(path.output(datagram(), 17, 6, 0, true, 0)).toBe(OutputResult.Sent);
    expect(host.take()[0]?.destination).toBe('10.0.0.1');
    host.arrive(packet({}));
    const reply = host.ipv4.replyPath(host.ipv4.packet);
    expect(reply.output(datagram(), 17, 6, 0, true, 0)).toBe(OutputResult.Sent);
    expect(host.take()[0]?.destination).toBe('10.0.0.1');
  });

  it('says that the link is full', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    let result: OutputResult = OutputResult.Sent;
    for (let i = 0; i < 600 && result === OutputResult.Sent; i++) result = path.output(datagram(), 17, 6, 0, true, 0);
    expect(result).toBe(OutputResult.Full);
  });
});

describe('where packets go', () => {
  const to = (host: Host, remote: string, path: Path | undefined = host.ipv4.path(ip(remote))): string => {
    path?.output(datagram(), 17, 6, 0, true, 0);
    return host.take()[0]?.to ?? '';
  };

  it('is the neighbour, once ARP found it', () => {
    const host = new Host();
    const path = host.ipv4.path(ip('10.0.0.9'))!;
    expect(path.output(datagram(), 17, 6, 0, true, 0)).toBe(OutputResult.Pending);
    expect(host.takeFrames()[0]?.slice(38, 42)).toEqual(new Uint8Array([10, 0, 0, 9]));
    host.introduce('10.0.0.9', MacAddress.parse('02:00:00:00:00:99'));
    expect(host.take()[0]?.to).toBe('020000000099');
  });

  it('is the gateway for other networks, by the longest prefix', () => {
    const host = new Host({ addresses: ['10.0.0.2/24', '192.168.0.2/16'], gateway: '10.0.0.1' });
    host.ipv4.addRoute(Prefix.parse('172.16.0.0/12'), ip('192.168.0.1'));
    host.ipv4.addRoute(Prefix.parse('172.16.5.0/24'), ip('10.0.0.7'));
    host.introduce('10.0.0.1', MacAddress.parse('02:00:00:00:01:01'));
    host.introduce('10.0.0.7', MacAddress.parse('02:00:00:00:01:07'));
    host.introduce('192.168.0.1', MacAddress.parse('02:00:00:00:02:01'));
    host.introduce('192.168.3.3', MacAddress.parse('02:00:00:00:02:03'));
    expect(to(host, '8.8.8.8')).toBe('020000000101');
    expect(to(host, '172.16.1.1')).toBe('020000000201');
    expect(to(host, '172.16.5.1')).toBe('020000000107');
    expect(to(host, '192.168.3.3')).toBe('020000000203');
    expect(host.ipv4.path(ip('172.16.1.1'))?.local.toString()).toBe('192.168.0.2');
    const path = host.ipv4.path(ip('172.16.5.1'))!;
    host.ipv4.removeRoute(Prefix.parse('172.16.5.0/24'));
    expect(to(host, '172.16.5.1', path)).toBe('020000000201');
  });

  it('is all for a broadcast, and the group’s address for a group', () => {
    const host = new Host();
    expect(to(host, '255.255.255.255')).toBe('ffffffffffff');
    expect(to(host, '10.0.0.255')).toBe('ffffffffffff');
    expect(to(host, '239.129.2.3')).toBe('01005e010203');
  });

  it('is nowhere without a route', () => {
    const host = new Host();
    expect(host.ipv4.path(ip('8.8.8.8'))).toBeUndefined();
    expect(host.ipv4.path(ip('::1'))).toBeUndefined();
    expect(host.ipv4.path(ip('10.0.0.2'))).toBeUndefined();
    expect(() => host.ipv4.path(ip('10.0.0.1'), ip('10.0.0.3'))).toThrow(RangeError);
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    host.ipv4.removeAddress(ip('10.0.0.2'));
    expect(path.output(datagram(), 17, 6, 0, true, 0)).toBe(OutputResult.Unreachable);
    expect(host.ipv4.counters.unroutable).toBe(1);
  });

  it('is the MAC address that a packet came from, without state, until the path is doubted', () => {
    const host = new Host();
    const stranger = MacAddress.parse('02:00:00:00:00:77');
    host.introduce('10.0.0.1', MacAddress.parse('02:00:00:00:00:11'));
    host.arrive(packet({ source: '10.0.0.1' }), 0, undefined, stranger);
    expect(to(host, '', host.ipv4.replyPath(host.ipv4.packet))).toBe('020000000077');
    const kept = host.ipv4.keepPath(host.ipv4.packet);
    expect(kept.pseudoSum).toBe(0x0a00 + 1 + 0x0a00 + 2);
    host.arrive(packet({ source: '10.0.0.3' }));
    expect(to(host, '', kept)).toBe('020000000077');
    expect(host.ethernet.arp.neighbours.size).toBe(1);
    // Where no route leads, that is all there is to go by.
    host.arrive(packet({ source: '192.0.2.1' }), 0, undefined, stranger);
    const far = host.ipv4.keepPath(host.ipv4.packet);
    far.doubt(0);
    expect(to(host, '', far)).toBe('020000000077');
    kept.doubt(0);
    expect(to(host, '', kept)).toBe('020000000011');
  });

  it('is nobody when nobody answers: the transport hears of it', () => {
    const host = new Host();
    const path = host.ipv4.path(ip('10.0.0.9'))!;
    path.output(datagram(), 17, 6, 0, true, 0);
    expect(host.ipv4.takeError()).toBeUndefined();
    host.run(3000);
    const error = host.ipv4.takeError();
    expect([error?.kind, error?.protocol]).toEqual([TransportErrorKind.HostUnreachable, 17]);
    expect([error?.local3, error?.remote3]).toEqual([0x0a000002, 0x0a000009]);
    expect(error?.view.getUint16(error.start)).toBe(0x5555);
    expect(host.ipv4.takeError()).toBeUndefined();
    expect(path.output(datagram(), 17, 6, 0, true, 3001)).toBe(OutputResult.Unreachable);
    host.run(10_000);
    expect(path.output(datagram(), 17, 6, 0, true, 10_000)).toBe(OutputResult.Pending);
  });

  it('stays fresh while a transport confirms it', () => {
    const host = new Host();
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('10.0.0.1'))!;
    for (let now = 0; now < 300_000; now += 20_000) {
      expect(path.output(datagram(), 17, 6, 0, true, now)).toBe(OutputResult.Sent);
      path.confirm(now + 10);
      host.run(now + 19_999);
    }
    expect(host.ethernet.arp.counters.requestsSent).toBe(0);
  });
});

describe('the path MTU (RFC 1191)', () => {
  it('is lowered for all paths there, for ten minutes, and only ever lowered', () => {
    const host = new Host({ gateway: '10.0.0.1' });
    const path = host.ipv4.path(ip('8.8.8.8'))!;
    const same = host.ipv4.path(ip('8.8.8.8'))!;
    const other = host.ipv4.path(ip('8.8.4.4'))!;
    expect([path.mtu, same.mtu]).toEqual([1500, 1500]);
    path.lowerMtu(1400, 0);
    expect(same.mtu).toBe(1400);
    expect([path.mtu, path.linkMtu, other.mtu]).toEqual([1400, 1500, 1500]);
    expect(host.ipv4.path(ip('8.8.8.8'))?.mtu).toBe(1400);
    path.lowerMtu(1450, 1000);
    expect(path.mtu).toBe(1400);
    expect(same.mtu).toBe(1400);
    host.run(599_999);
    expect(path.mtu).toBe(1400);
    host.run(600_000);
    expect([path.mtu, same.mtu]).toEqual([1500, 1500]);
    expect(host.ipv4.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes down by plateaus where the router does not say', () => {
    const host = new Host({ gateway: '10.0.0.1' });
    const path = host.ipv4.path(ip('8.8.8.8'))!;
    path.lowerMtu(0, 0);
    expect(path.mtu).toBe(1492);
    path.lowerMtu(0, 0);
    expect(path.mtu).toBe(1006);
  });

  it('never goes below 552: packets then go without DF, for routers to cut', () => {
    const host = new Host({ gateway: '10.0.0.1' });
    host.introduce('10.0.0.1');
    const path = host.ipv4.path(ip('8.8.8.8'))!;
    path.lowerMtu(100, 0);
    expect(path.mtu).toBe(552);
    path.output(datagram(), 6, 16, 0, false, 0);
    path.output(datagram(), 6, 16, 0, false, 0);
    const [first, second] = host.take();
    expect([first?.dontFragment, second?.dontFragment]).toEqual([false, false]);
    expect(first?.identification).not.toBe(second?.identification);
  });

  it('is remembered for 1,024 destinations', () => {
    const host = new Host({ gateway: '10.0.0.1' });
    for (let i = 0; i < 3000; i++) host.ipv4.path(IpAddress.v4(0x08000000 + i))!.lowerMtu(1000, i);
    expect(host.ipv4.pathMtus.size).toBe(1024);
  });
});

describe('RouteTable', () => {
  it.each([
    '224.0.0.1/24',
    '0.0.0.0/0',
    '127.0.0.1/8',
    '10.0.0.0/24',
    '10.0.0.255/24',
    '255.255.255.255/32',
    '::1/128',
  ])('refuses %s as a host’s address', (text) => {
    expect(() => new RouteTable().addAddress(Prefix.parse(text))).toThrow(RangeError);
  });

  it('refuses an address twice, and a gateway that is on no network of ours', () => {
    const table = new RouteTable();
    table.addAddress(Prefix.parse('10.0.0.2/24'));
    expect(() => table.addAddress(Prefix.parse('10.0.0.2/16'))).toThrow(RangeError);
    expect(() => table.addRoute(Prefix.parse('0.0.0.0/0'), ip('10.0.1.1'))).toThrow(/none of the prefixes/);
  });

  it('lets a host with nothing but its own address reach its gateway', () => {
    const host = new Host({ addresses: ['203.0.113.5/32'], gateway: '172.31.1.1' });
    host.introduce('172.31.1.1', MacAddress.parse('02:00:00:00:00:31'));
    const path = host.ipv4.path(ip('8.8.8.8'))!;
    path.output(datagram(), 17, 6, 0, true, 0);
    expect(host.take()[0]?.to).toBe('020000000031');
  });
});
