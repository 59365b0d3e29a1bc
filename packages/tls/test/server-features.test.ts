import { SliceQueue } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { certificateMessage, decompressMessage, parseCertificate } from '../src/certificate-message.ts';
import { ChunkPool } from '../src/chunk-pool.ts';
import { type Credential, chooseCredential, nameCovers, nodeCryptography, TicketKeys } from '../src/index.ts';
import { mlKem, nobleKem, opensslKem } from '../src/ml-kem.ts';
import { EchoProtocol } from './support/echo-protocol.ts';
import { PageProtocol } from './support/page-protocol.ts';
import { clientOptions, drain, ecCredential, feed, Pair, rsaCredential, serverSettings } from './support/pair.ts';

describe('a credential', () => {
  const wild: Credential = { ...rsaCredential, names: ['*.example.test'] };
  const offer = (serverName: string | undefined, signatureAlgorithms = [0x0403, 0x0804]) => ({
    serverName,
    signatureAlgorithms,
  });

  it('is chosen by name, then by what the client can verify', () => {
    const all = [ecCredential, wild];
    expect(chooseCredential(all, offer('a.example.test'))).toBe(wild);
    expect(chooseCredential(all, offer('a.b.example.test'))).toBe(ecCredential);
    expect(chooseCredential(all, offer(undefined))).toBe(ecCredential);
    expect(chooseCredential(all, offer('localhost.'))).toBe(ecCredential);
    const both = [ecCredential, { ...rsaCredential, names: ecCredential.names }];
    expect(chooseCredential(both, offer('localhost', [0x0804]))).toBe(both[1]);
    expect(chooseCredential(both, offer('unknown', [0x0804]))).toBe(both[1]);
    expect(chooseCredential([], offer('x'))).toBeUndefined();
    expect(nameCovers('*.a', 'b.a')).toBe(true);
    expect(nameCovers('*.a', '.a')).toBe(false);
  });

  it('goes compressed, stapled, both or neither (RFC 8879, RFC 6960)', () => {
    const stapled: Credential = { ...ecCredential, ocspResponse: new Uint8Array(200).fill(7) };
    for (const offered of [undefined, [1], [2], [1, 2], [9]]) {
      for (const staple of [false, true]) {
        let made = certificateMessage(stapled, offered, staple);
        expect(made[0]).toBe(offered?.some((one) => one < 3) ? 25 : 11);
        if (made[0] === 25) made = decompressMessage(made) as Uint8Array;
        const parsed = parseCertificate(made, staple);
        expect(parsed).toMatchObject({ ocspResponse: staple ? stapled.ocspResponse : undefined });
      }
    }
    let seen: Uint8Array | undefined;
    new Pair(
      serverSettings({ chooseCredential: () => stapled }),
      clientOptions({
        judgeServer(_chain, _name, response) {
          seen = response;
          return 'good';
        },
      }),
    ).run();
    expect(seen).toEqual(stapled.ocspResponse);
  });

  it('in a compressed message that lies is refused', () => {
    const good = certificateMessage(ecCredential, [1], false);
    const bend = (at: number, value: number): Uint8Array => good.map((octet, index) => (index === at ? value : octet));
    expect(decompressMessage(bend(5, 9))).toBe('illegal_parameter');
    expect(decompressMessage(bend(6, 0xff))).toBe('bad_certificate_compression');
    expect(decompressMessage(bend(8, good[8]! ^ 1))).toBe('bad_certificate_compression');
    expect(decompressMessage(bend(14, good[14]! ^ 0xff))).toBe('bad_certificate_compression');
    expect(decompressMessage(good.subarray(0, good.length - 1))).toBe('decode_error');
  });
});

describe('records', () => {
  /** Plaintext sizes of the records in which a page of this size goes. */
  function sizes(size: number, room: number): number[] {
    const pair = new Pair(
      serverSettings({ chooseProtocol: () => new PageProtocol(size) }),
      clientOptions({ chooseProtocol: () => new EchoProtocol() }),
    ).run();
    const ask = new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n');
    (pair.client.inner as EchoProtocol).arrive(ask, 0, ask.length);
    const request = drain(pair.client);
    feed(pair.server, request, request.length);
    const queue = new SliceQueue();
    for (;;) {
      const made = pair.server.emit(queue, room, 0);
      expect(made).toBeLessThanOrEqual(room);
      if (made === 0) break;
    }
    const octets = new Uint8Array(queue.length);
    queue.copy(0, queue.length, octets, 0);
    const found: number[] = [];
    for (let at = 0; at < octets.length; ) {
      const length = (octets[at + 3]! << 8) | octets[at + 4]!;
      found.push(length - 17);
      at += 5 + length;
    }
    return found;
  }

  it('fit one segment at first, and are as large as can be later', () => {
    const found = sizes(500_000, 1 << 20);
    expect(found[0]).toBe(1369);
    expect(found.filter((size) => size === 16384).length).toBeGreaterThan(20);
    expect(Math.max(...found)).toBe(16384);
    expect(found.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(500_000);
  });

  it('never pass the room that is given', () => {
    for (const room of [23, 100, 1400, 5000]) expect(Math.max(...sizes(20_000, room))).toBeLessThanOrEqual(room - 22);
  });
});

describe('ML-KEM', () => {
  it('is the same by every implementation at hand', () => {
    for (const kem of [mlKem(), nobleKem, opensslKem()]) {
      if (kem === undefined) continue; // this Node's OpenSSL is before 3.5
      const pair = kem.keyPair();
      expect(pair.publicKey.length).toBe(1184);
      for (const other of [mlKem(), nobleKem]) {
        const made = other.encapsulate(pair.publicKey)!;
        expect(Buffer.from(pair.decapsulate(made.ciphertext)!).equals(Buffer.from(made.secret))).toBe(true);
      }
      expect(kem.encapsulate(new Uint8Array(1184).fill(0xff))).toBeUndefined();
    }
  });
});

describe('ticket keys', () => {
  it('rotate, and open what the key before sealed', () => {
    const keys = new TicketKeys(nodeCryptography);
    const state = {
      suite: 0x1301,
      psk: new Uint8Array(32).fill(4),
      issuedAt: 0,
      lifetimeS: 604800,
      ageAdd: 0xfedcba98,
      serverName: 'site.test',
      policy: 'p',
      clientDigest: new Uint8Array(0),
    };
    const day = 86_400_000;
    const ticket = keys.seal(state, 0);
    expect(keys.open(ticket, day / 4)).toEqual(state);
    expect(keys.open(keys.seal({ ...state, issuedAt: day }, day * 0.6), day)).toBeDefined();
    expect(keys.open(ticket, day * 0.7)).toEqual(state);
    expect(keys.open(ticket, day * 1.2)).toBeUndefined(); // two keys later
    for (let at = 0; at < ticket.length; at++) {
      const altered = ticket.map((octet, index) => (index === at ? octet ^ 1 : octet));
      expect(keys.open(altered, day * 0.7)).toBeUndefined();
    }
  });
});

describe('chunks', () => {
  it('are used again, in bounds', () => {
    const pool = new ChunkPool(4096);
    const first = pool.take(1000);
    expect(first.octets.length).toBe(1024);
    first.release();
    expect(pool.take(600)).toBe(first);
    expect(() => pool.take(200_000)).toThrow(RangeError);
    for (const chunk of [pool.take(4096), pool.take(4096)]) chunk.release();
    expect(pool.idleOctets).toBe(4096);
    expect(pool.lent).toBe(1);
  });
});
