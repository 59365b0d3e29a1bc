import { InboundFrame, OutboundFrame, Slab } from '@immuable-net/octets';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameLine } from '../../src/links/frame-line.ts';
import { MemoryWire, TraceLink } from '../../src/links/index.ts';
import { tcpFrame } from './frames.ts';

function line(hex: string, medium: 'ethernet' | 'ip' = 'ethernet'): string {
  const octets = Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const slab = Slab.over(octets);
  return frameLine(slab.octets, slab.view, 0, octets.length, octets.length, medium);
}

describe('a trace', () => {
  it('writes one line a frame, in and out, with its time', () => {
    const wire = new MemoryWire({ frames: 1 });
    const lines: string[] = [];
    let now = 12_000.35;
    const left = new TraceLink(
      wire.left,
      (text) => lines.push(text),
      () => now,
    );
    const right = new TraceLink(
      wire.right,
      (text) => lines.push(text),
      () => now,
    );
    const frame = new OutboundFrame();
    const syn = { bits: 2, options: [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7] };
    left.transmit(tcpFrame(frame, syn));
    left.transmit(tcpFrame(frame, { payload: new Uint8Array(100), bits: 0x18 }));
    now = 12_001;
    right.receive(new InboundFrame());
    expect(right.receive(new InboundFrame())).toBe(false);
    expect(lines).toEqual([
      '12.000350 Out IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1000, win 64240, options [mss 1460,sackOK,TS val 9 ecr 0,nop,wscale 7], length 0',
      '12.000350 Out IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [P.], seq 1000:1100, ack 2000, win 64240, length 100 (full)',
      '12.001000 In  IP 10.0.0.1.1234 > 10.0.0.2.80: Flags [S], seq 1000, win 64240, options [mss 1460,sackOK,TS val 9 ecr 0,nop,wscale 7], length 0',
    ]);
  });

  it('knows ARP, ICMP, UDP, fragments, IPv6 and what it does not know', () => {
    const head = 'ffffffffffff 020000000001 ';
    const arp = (operation: string, sender: string, target: string) =>
      line(`${head}0806 0001 0800 06 04 ${operation} 020000000001 ${sender} 000000000000 ${target}`);
    expect(arp('0001', '0a000001', '0a000002')).toBe('ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28');
    expect(arp('0001', '00000000', '0a000002')).toBe('ARP, Probe 10.0.0.2, length 28');
    expect(arp('0001', '0a000002', '0a000002')).toBe('ARP, Announcement 10.0.0.2 at 02:00:00:00:00:01, length 28');
    expect(arp('0002', '0a000001', '0a000002')).toBe('ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 28');
    const ip = (total: string, fragment: string, protocol: string, rest: string) =>
      line(`4500 ${total} 0007 ${fragment} 40 ${protocol} 0000 0a000001 0a000002 ${rest}`, 'ip');
    expect(ip('001c', '0000', '01', '0800 0000 0001 0002')).toBe(
      'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 2, length 8',
    );
    expect(ip('001c', '0000', '01', '0303 0000 0000 0000')).toBe(
      'IP 10.0.0.1 > 10.0.0.2: ICMP port unreachable, length 8',
    );
    expect(ip('001c', '0000', '01', '0304 0000 0000 0514')).toBe(
      'IP 10.0.0.1 > 10.0.0.2: ICMP unreachable - need to frag (mtu 1300), length 8',
    );
    expect(ip('001e', '0000', '11', '0035 1000 000a 0000 ffff')).toBe('IP 10.0.0.1.53 > 10.0.0.2.4096: UDP, length 2');
    expect(ip('001c', '2001', '11', '0000000000000000')).toBe(
      'IP 10.0.0.1 > 10.0.0.2: frag (id 7, offset 8+), proto 17, length 8',
    );
    expect(ip('0fff', '0000', '11', '')).toBe('IP 10.0.0.1 > 10.0.0.2: malformed, length 20');
    expect(line(`${head}88cc 0102`)).toBe('02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype 0x88cc, length 16');
    expect(
      line(
        '60000000 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 0035 0036 0008 0000',
        'ip',
      ),
    ).toBe('IP6 2001:db8:0:0:0:0:0:1.53 > 2001:db8:0:0:0:0:0:2.54: UDP, length 0');
  });

  it('shows SACK blocks, and options that are broken', () => {
    const frame = new OutboundFrame();
    const show = (options: number[]): string => {
      tcpFrame(frame, { options });
      return frameLine(frame.slab.octets, frame.slab.view, frame.start, frame.end, frame.length, 'ethernet');
    };
    expect(show([1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9])).toMatch(/options \[nop,nop,sack 1 \{5:9\}\]/);
    expect(show([2, 1, 0, 0])).toMatch(/options \[bad\]/);
    expect(show([0, 9, 9, 9])).toMatch(/options \[eol\]/);
  });

  it('no octets make it throw (property)', () => {
    const kinds = fc.constantFrom('0800', '0806', '86dd', '1234');
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 120 }), fc.boolean(), (type, tail, plausible) => {
        const octets = new Uint8Array(14 + tail.length);
        octets.set([Number.parseInt(type.slice(0, 2), 16), Number.parseInt(type.slice(2), 16)], 12);
        octets.set(tail, 14);
        if (plausible && tail.length > 20)
          octets.set([0x45, 0, 0, tail.length, 0, 0, 0, 0, 64, [1, 6, 17][tail[0]! % 3]!], 14);
        const slab = Slab.over(octets);
        for (const medium of ['ethernet', 'ip'] as const) {
          expect(frameLine(octets, slab.view, medium === 'ip' ? 14 : 0, octets.length, octets.length, medium)).toMatch(
            /^.+$/,
          );
        }
      }),
    );
  });
});
