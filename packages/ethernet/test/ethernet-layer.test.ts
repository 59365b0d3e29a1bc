import { OutboundFrame, Slab } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EthernetArrival, EthernetLayer, EtherType, MacAddress, MemoryWire, TransmitResult } from '../src/index.ts';
import { OURS, RawPeer, seeded } from './raw-peer.ts';

const PAYLOAD = '45'.padEnd(92, '0');

describe('EthernetLayer.arrive', () => {
  it('finds an IPv4 packet for us, padding included', () => {
    const peer = new RawPeer();
    expect(peer.send(`02000000000a 02000000000b 0800 ${PAYLOAD}`)).toBe(EthernetArrival.Ipv4);
    expect(peer.ethernet.payloadEnd - peer.ethernet.payloadStart).toBe(46);
    expect([peer.ethernet.sourceHigh, peer.ethernet.sourceLow]).toEqual([0x0200, 0x0b]);
    expect(peer.ethernet.group).toBe(false);
  });

  it('takes broadcasts, and groups only while joined', () => {
    const peer = new RawPeer();
    expect(peer.send(`ffffffffffff 02000000000b 86dd ${PAYLOAD}`)).toBe(EthernetArrival.Ipv6);
    expect(peer.ethernet.group).toBe(true);
    expect(peer.ethernet.counters.receivedIpv6).toBe(1);
    const group = MacAddress.parse('01:00:5e:00:00:fb');
    const frame = `01005e0000fb 02000000000b 0800 ${PAYLOAD}`;
    expect(peer.send(frame)).toBe(EthernetArrival.Dropped);
    peer.ethernet.joinGroup(group);
    peer.ethernet.joinGroup(group);
    peer.ethernet.leaveGroup(group);
    expect(peer.send(frame)).toBe(EthernetArrival.Ipv4);
    peer.ethernet.leaveGroup(group);
    expect(peer.send(frame)).toBe(EthernetArrival.Dropped);
    expect(peer.ethernet.counters.droppedNotForUs).toBe(2);
    expect(() => peer.ethernet.joinGroup(OURS)).toThrow(RangeError);
  });

  it.each([
    ['droppedRunt', '02000000000a 02000000000b 08'],
    ['droppedNotForUs', `02000000000c 02000000000b 0800 ${PAYLOAD}`],
    ['droppedBadSource', `02000000000a 03000000000b 0800 ${PAYLOAD}`],
    ['droppedTagged', `02000000000a 02000000000b 8100 0001 0800 ${PAYLOAD}`],
    ['droppedTagged', `02000000000a 02000000000b 88a8 0001 8100 0002 0800 ${PAYLOAD}`],
    ['droppedLlc', `02000000000a 02000000000b 0026 424203 ${PAYLOAD}`],
    ['droppedEtherType', `02000000000a 02000000000b 88cc ${PAYLOAD}`],
  ] as const)('counts %s', (counter, frame) => {
    const peer = new RawPeer();
    expect(peer.send(frame)).toBe(EthernetArrival.Dropped);
    expect(peer.ethernet.counters[counter]).toBe(1);
    expect(peer.ethernet.counters.received).toBe(1);
  });

  it('is never made to throw, and every frame is counted once', () => {
    const peer = new RawPeer();
    let arrived = 0;
    const head = fc.constantFrom('02000000000a', 'ffffffffffff', '01005e000001', '');
    const type = fc.constantFrom([8, 0], [8, 6], [0x86, 0xdd], [0x81, 0], [0, 9], []);
    fc.assert(
      fc.property(head, type, fc.uint8Array({ maxLength: 80 }), (to, etherType, rest) => {
        const front = to === '' ? [] : (to.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
        const frame = new Uint8Array([...front, 2, 0, 0, 0, 0, 11, ...etherType, ...rest]);
        if (peer.send(frame) !== EthernetArrival.Dropped) arrived++;
        peer.take();
      }),
      { numRuns: 2000 },
    );
    const c = peer.ethernet.counters;
    const dropped =
      c.droppedRunt + c.droppedNotForUs + c.droppedBadSource + c.droppedTagged + c.droppedLlc + c.droppedEtherType;
    expect(arrived).toBeGreaterThan(0);
    expect(c.received).toBe(dropped + arrived);
  });

  it('passes packets through on a link without headers', () => {
    const peer = new RawPeer('ip');
    expect(peer.send('4500')).toBe(EthernetArrival.Ipv4);
    expect(peer.send('6000')).toBe(EthernetArrival.Ipv6);
    expect(peer.send('5000')).toBe(EthernetArrival.Dropped);
    expect(peer.ethernet.counters.droppedEtherType).toBe(1);
    expect(peer.ethernet.payloadEnd - peer.ethernet.payloadStart).toBe(2);
  });
});

describe('EthernetLayer.output', () => {
  it('writes the header and pads to 60 octets with zeros', () => {
    const peer = new RawPeer();
    const frame = new OutboundFrame();
    frame.slab.octets.fill(0xee);
    frame.copy(new Uint8Array([1, 2, 3]), 0, 3);
    expect(peer.ethernet.output(frame, 0x0200, 0x0b, EtherType.Ipv4)).toBe(TransmitResult.Sent);
    expect(peer.take()).toEqual([`02000000000b02000000000a0800010203${'00'.repeat(43)}`]);
    frame.reset();
    frame.copy(new Uint8Array(46).fill(7), 0, 46);
    peer.ethernet.output(frame, 0x0200, 0x0b, EtherType.Ipv4);
    expect(peer.take()).toEqual([`02000000000b02000000000a0800${'07'.repeat(46)}`]);
  });

  it('writes no header on a link without', () => {
    const peer = new RawPeer('ip');
    const frame = new OutboundFrame();
    frame.copy(new Uint8Array([0x45]), 0, 1);
    peer.ethernet.output(frame, 0, 0, EtherType.Ipv4);
    expect(peer.take()).toEqual(['45']);
  });

  it('counts what the link would not take', () => {
    const wire = new MemoryWire({ frames: 2, mtu: 100 });
    const ethernet = new EthernetLayer({ link: wire.left, random: seeded(3) });
    const send = (octets: number): TransmitResult => {
      const frame = new OutboundFrame(Slab.allocate(2048));
      frame.end += octets;
      return ethernet.output(frame, 0xffff, 0xffffffff, EtherType.Ipv4);
    };
    expect([send(60), send(60), send(60)]).toEqual([TransmitResult.Sent, TransmitResult.Sent, TransmitResult.Full]);
    expect(send(200)).toBe(TransmitResult.Refused);
    wire.close();
    expect(send(60)).toBe(TransmitResult.Down);
    const { sent, transmitFull, transmitRefused, transmitDown } = ethernet.counters;
    expect([sent, transmitFull, transmitRefused, transmitDown]).toEqual([2, 1, 1, 1]);
  });
});

describe('the own address', () => {
  it('is the given one, else the link’s, else random; never a group’s', () => {
    const wire = new MemoryWire({ hardwareAddresses: [OURS, undefined] });
    expect(new EthernetLayer({ link: wire.left, random: seeded(1) }).macAddress).toBe(OURS);
    const random = new EthernetLayer({ link: wire.right, random: seeded(1) }).macAddress;
    expect(random.high & 0x0300).toBe(0x0200);
    const macAddress = MacAddress.parse('02:00:00:00:00:99');
    expect(new EthernetLayer({ link: wire.left, random: seeded(1), macAddress }).macAddress).toBe(macAddress);
    expect(() => new EthernetLayer({ link: wire.left, random: seeded(1), macAddress: MacAddress.BROADCAST })).toThrow(
      RangeError,
    );
  });
});
