import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MacAddress } from '../src/index.ts';
import { seeded } from './raw-peer.ts';

describe('MacAddress', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffffffff }), (high, low) => {
        const address = new MacAddress(high, low);
        expect(MacAddress.parse(address.toString()).equals(address)).toBe(true);
        expect(address.toString()).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      }),
    );
  });

  it('reads colons and dashes, either case', () => {
    expect(MacAddress.parse('00:1B:44:11:3a:b7').toString()).toBe('00:1b:44:11:3a:b7');
    expect(MacAddress.parse('00-1b-44-11-3a-b7').toString()).toBe('00:1b:44:11:3a:b7');
  });

  it.each(['', '00:1b:44:11:3a', '00:1b:44:11:3a:b7:00', '00:1b-44:11:3a:b7', '0:1b:44:11:3a:b7', '00:1b:44:11:3a:bg'])(
    'refuses %j',
    (text) => {
      expect(() => MacAddress.parse(text)).toThrow(SyntaxError);
    },
  );

  it('makes random ones that are unicast and locally administered', () => {
    const random = seeded(7);
    for (let i = 0; i < 100; i++) {
      const address = MacAddress.random(random);
      expect(address.isMulticast).toBe(false);
      expect(address.high & 0x0200).toBe(0x0200);
    }
  });

  it('knows groups and broadcast', () => {
    expect(MacAddress.BROADCAST.isBroadcast).toBe(true);
    expect(MacAddress.BROADCAST.isMulticast).toBe(true);
    expect(MacAddress.parse('01:00:5e:00:00:01').isMulticast).toBe(true);
    expect(MacAddress.parse('01:00:5e:00:00:01').isBroadcast).toBe(false);
    expect(MacAddress.parse('02:00:5e:00:00:01').isMulticast).toBe(false);
  });
});
