import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpAddress, Prefix } from '../src/index.ts';

describe('IpAddress', () => {
  it('reads what it writes, of IPv4', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (word) => {
        const address = IpAddress.v4(word);
        expect(isIP(address.toString())).toBe(4);
        expect(IpAddress.parse(address.toString()).equals(address)).toBe(true);
        expect(address.word3).toBe(word | 0);
      }),
    );
  });

  it('reads what it writes, of IPv6, as the URL standard writes it', () => {
    const word = fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const address = IpAddress.v6(a, b, c, d);
        const text = address.toString();
        expect(IpAddress.parse(text).equals(address)).toBe(true);
        expect(isIP(text)).toBe(6);
        if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });

  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:0DB8::1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ])('writes %s as RFC 5952 wants it: %s', (text, canonical) => {
    expect(IpAddress.parse(text).toString()).toBe(canonical);
  });

  it('takes exactly the texts that node:net takes', () => {
    const part = fc.constantFrom('0', '1', '10', '256', '01', 'ff', 'g', '12345', ':', '::', '.', '1.2.3.4', '');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), fc.constantFrom('', ':', '.'), (parts, joint) => {
        const text = parts.join(joint);
        expect(IpAddress.tryParse(text)?.family ?? 0).toBe(isIP(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('throws on what it cannot read', () => {
    expect(() => IpAddress.parse('10.0.0')).toThrow(SyntaxError);
  });

  it('tells families apart, and kinds of address', () => {
    expect(IpAddress.parse('::ffff:10.0.0.1').equals(IpAddress.parse('10.0.0.1'))).toBe(false);
    expect(IpAddress.parse('127.1.2.3').isLoopback).toBe(true);
    expect(IpAddress.parse('::1').isLoopback).toBe(true);
    expect(IpAddress.parse('239.0.0.1').isMulticast).toBe(true);
    expect(IpAddress.parse('240.0.0.1').isMulticast).toBe(false);
    expect(IpAddress.parse('ff02::1').isMulticast).toBe(true);
    expect(IpAddress.parse('0.0.0.0').isUnspecified).toBe(true);
    expect(IpAddress.parse('::').isUnspecified).toBe(true);
  });
});

describe('Prefix', () => {
  it('knows its network, its broadcast and what it contains', () => {
    const prefix = Prefix.parse('192.168.7.33/20');
    expect(prefix.network.toString()).toBe('192.168.0.0');
    expect(prefix.broadcast?.toString()).toBe('192.168.15.255');
    expect(prefix.contains(IpAddress.parse('192.168.15.254'))).toBe(true);
    expect(prefix.contains(IpAddress.parse('192.168.16.0'))).toBe(false);
    expect(prefix.toString()).toBe('192.168.7.33/20');
    expect(Prefix.parse('0.0.0.0/0').contains(IpAddress.parse('255.1.2.3'))).toBe(true);
    expect(Prefix.parse('10.0.0.1').length).toBe(32);
    expect(Prefix.parse('10.0.0.0/31').broadcast).toBeUndefined();
    expect(Prefix.parse('2001:db8::1/33').contains(IpAddress.parse('2001:db8:7fff::'))).toBe(true);
    expect(Prefix.parse('2001:db8::1/33').contains(IpAddress.parse('2001:db8:8000::'))).toBe(false);
    expect(Prefix.parse('::/0').contains(IpAddress.parse('10.0.0.1'))).toBe(false);
  });

  it('agrees with counting bits', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, fc.nat(32), (a, b, length) => {
        const bits = (n: number): string => n.toString(2).padStart(32, '0').slice(0, length);
        expect(new Prefix(IpAddress.v4(a), length).contains(IpAddress.v4(b))).toBe(bits(a) === bits(b));
      }),
    );
  });

  it.each(['10.0.0.1/33', '10.0.0.1/-1', '10.0.0.1/', '10.0.0.1/08', '10.0.0/8', '::1/129', '/8', ''])(
    'refuses %j',
    (text) => {
      expect(() => Prefix.parse(text)).toThrow(SyntaxError);
    },
  );
});
