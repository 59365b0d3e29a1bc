import { createCipheriv, createDecipheriv } from 'node:crypto';
import { SliceQueue } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suiteOf } from '../src/cipher-suite.ts';
import type { Aead } from '../src/crypto.ts';
import { EvpCipher, evpSupports } from '../src/evp-cipher.ts';
import { HandshakeAssembly } from '../src/handshake-assembly.ts';
import { CipherSuite, nodeCryptography } from '../src/index.ts';
import { trafficIv, trafficKey } from '../src/key-schedule.ts';
import { NodeCipher } from '../src/node-cipher.ts';
import { RecordProtection } from '../src/record-protection.ts';
import { plaintextRoom, sealedLength, sealRecord } from '../src/record-sealer.ts';

const SUITES = [CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.Chacha20Poly1305Sha256] as const;
const NAMES = { 4865: 'aes-128-gcm', 4866: 'aes-256-gcm', 4867: 'chacha20-poly1305' } as const;

/** RFC 8446 §5.2 and §5.3, word by word: big integers, whole buffers, one cipher object a record. */
class NaiveTwin {
  readonly #name: 'aes-128-gcm';
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #sequence = 0n;

  constructor(suite: (typeof SUITES)[number], secret: Uint8Array) {
    const facts = suiteOf(suite)!;
    this.#name = NAMES[suite] as 'aes-128-gcm';
    this.#key = trafficKey(nodeCryptography, facts, secret);
    this.#iv = trafficIv(nodeCryptography, facts, secret);
  }

  seal(type: number, content: Uint8Array, padding: number): Buffer {
    const inner = Buffer.concat([content, Uint8Array.of(type), new Uint8Array(padding)]);
    const header = Buffer.from([23, 3, 3, (inner.length + 16) >> 8, (inner.length + 16) & 255]);
    const cipher = createCipheriv(this.#name, this.#key, this.#nonce(), { authTagLength: 16 });
    cipher.setAAD(header);
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }

  open(record: Uint8Array): Buffer {
    const decipher = createDecipheriv(this.#name, this.#key, this.#nonce(), { authTagLength: 16 });
    decipher.setAAD(record.subarray(0, 5));
    decipher.setAuthTag(record.subarray(record.length - 16));
    return Buffer.concat([decipher.update(record.subarray(5, record.length - 16)), decipher.final()]);
  }

  #nonce(): Buffer {
    const padded = Buffer.alloc(12);
    padded.writeBigUInt64BE(this.#sequence++, 4);
    return Buffer.from(padded.map((octet, index) => octet ^ this.#iv[index]!));
  }
}

const anyRecord = fc.record({
  type: fc.constantFrom(21, 22, 23),
  slices: fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 6 }),
  padding: fc.integer({ min: 0, max: 300 }),
});

describe.each(SUITES)('records of suite %i', (suite) => {
  it('are what a naive twin makes, and opens', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), fc.integer(), (records, seed) => {
        const secret = new Uint8Array(suiteOf(suite)!.hashOctets).fill(seed);
        const ours = new RecordProtection(nodeCryptography, suiteOf(suite)!, secret);
        const reader = new RecordProtection(nodeCryptography, suiteOf(suite)!, secret);
        const sealing = new NaiveTwin(suite, secret);
        const opening = new NaiveTwin(suite, secret);
        for (const { type, slices, padding } of records) {
          const queue = new SliceQueue();
          let octet = seed;
          for (const size of slices) {
            // A margin before and after: the slice is not the whole of its octets.
            queue.append(
              new Uint8Array(size + 9).map(() => octet++),
              4,
              4 + size,
              undefined,
            );
          }
          const content = new Uint8Array(queue.length);
          queue.copy(0, queue.length, content, 0);
          const output = new Uint8Array(7 + content.length + padding + 22);
          const end = sealRecord(ours, type, queue, 0, content.length, padding, output, 7);
          const record = output.subarray(7, end);
          expect(Buffer.from(record).equals(sealing.seal(type, content, padding))).toBe(true);
          const inner = Buffer.concat([content, Uint8Array.of(type), new Uint8Array(padding)]);
          expect(opening.open(record).equals(inner)).toBe(true);
          const plain = new Uint8Array(inner.length + 3);
          const opened = reader.aead.open(reader.nextNonce(), record, 0, record, 5, record.length, plain, 3);
          expect(opened).toBe(true);
          expect(Buffer.from(plain.subarray(3)).equals(inner)).toBe(true);
        }
        ours.free();
        reader.free();
      }),
      { numRuns: 40 },
    );
  });

  it('are the same by EVP and by createCipheriv, and neither opens what was altered', () => {
    expect(evpSupports(suite)).toBe(true); // Node's own binaries export OpenSSL
    const key = new Uint8Array(suiteOf(suite)!.keyOctets).fill(5);
    const header = Uint8Array.of(23, 3, 3, 0, 116);
    const seal = (aead: Aead, nonce: number): Uint8Array => {
      const output = new Uint8Array(116);
      aead.sealStart(new Uint8Array(12).fill(nonce), header, 0);
      aead.sealUpdate(new Uint8Array(60).fill(1), 0, 60, output, 0);
      aead.sealUpdate(new Uint8Array(40).fill(2), 0, 40, output, 60);
      aead.sealFinish(output, 100);
      return output;
    };
    const evp = new EvpCipher(suite, key);
    const node = new NodeCipher(suite, key);
    for (const nonce of [1, 2, 3]) expect(seal(evp, nonce)).toEqual(seal(node, nonce));
    const sealed = seal(node, 1);
    for (const aead of [new EvpCipher(suite, key), new NodeCipher(suite, key)]) {
      const plain = new Uint8Array(100);
      const open = (input: Uint8Array): boolean =>
        aead.open(new Uint8Array(12).fill(1), header, 0, input, 0, 116, plain, 0);
      expect(open(sealed)).toBe(true);
      expect(plain[0]).toBe(1);
      expect(plain[99]).toBe(2);
      for (const at of [0, 50, 100, 115]) {
        const altered = sealed.slice();
        altered[at] = altered[at]! ^ 0x80;
        expect(open(altered)).toBe(false);
      }
      expect(open(sealed)).toBe(true);
      aead.free();
    }
  });
});

describe('room', () => {
  it('is filled and never passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 64, max: 16384 }), (room, limit) => {
        const plain = plaintextRoom(room, limit);
        if (plain > 0) expect(sealedLength(plain, limit)).toBeLessThanOrEqual(room);
        expect(sealedLength(plain + 1, limit)).toBeGreaterThan(room);
      }),
    );
  });
});

describe('the assembly of messages', () => {
  it('gives the same messages however they are cut into records', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (lengths, cuts) => {
        const messages = lengths.map((length, index) =>
          Uint8Array.from(
            { length: length + 4 },
            (_, at) => [index, 0, length >> 8, length & 255][at] ?? (at * 7 + index) & 255,
          ),
        );
        const stream = Buffer.concat(messages);
        const assembly = new HandshakeAssembly();
        const found: string[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = Math.min(stream.length, at + cuts[i % cuts.length]!);
          const lent = Uint8Array.from(stream.subarray(at, end));
          assembly.offer(lent, 0, lent.length);
          for (;;) {
            const message = assembly.next();
            if (message === undefined) break;
            found.push(Buffer.from(message as Uint8Array).toString('hex'));
          }
          lent.fill(0xee); // borrowed: nothing of it may be kept
          at = end;
        }
        expect(found).toEqual(messages.map((one) => Buffer.from(one).toString('hex')));
        expect(assembly.incomplete).toBe(false);
      }),
    );
  });
});
