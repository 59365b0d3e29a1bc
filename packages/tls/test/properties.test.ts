import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Crypto, makeTlsResources, NamedGroup, nodeCryptography, TlsClient, TlsServer } from '../src/index.ts';
import { EchoProtocol } from './support/echo-protocol.ts';
import { encodeHello, goodHello, record } from './support/hello.ts';
import { clientOptions, drain, EPOCH, feed, Pair, serverSettings } from './support/pair.ts';

const settings = serverSettings();
const quick = { groups: [NamedGroup.X25519, NamedGroup.Secp256r1], shares: [NamedGroup.X25519] };

/** A record of any type, its body anything. */
const anyRecord = fc
  .tuple(fc.constantFrom(20, 21, 22, 22, 22, 23, 99), fc.uint8Array({ maxLength: 200 }))
  .map(([type, body]) => record(type, body));

/** A ClientHello with some octets altered. */
const bentHello = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }).map((changes) => {
  const hello = encodeHello(goodHello());
  for (const [at, value] of changes) hello[4 + (at % (hello.length - 4))] = value;
  return record(22, hello);
});

describe('no octets make a machine throw or hang', () => {
  it('a server', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyRecord, bentHello, fc.uint8Array()), { maxLength: 6 }),
        fc.nat(500),
        (parts, cut) => {
          const server = new TlsServer(settings, 0);
          for (const part of parts) feed(server, part, cut + 1);
          drain(server);
          server.arriveEnd(0);
          drain(server);
          server.timeoutsExpire(1e6);
          expect(server.wish).not.toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a client', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyRecord, fc.uint8Array()), { maxLength: 6 }), fc.nat(500), (parts, cut) => {
        const client = new TlsClient(clientOptions(quick), 0);
        drain(client);
        for (const part of parts) feed(client, part, cut + 1);
        drain(client);
        client.arriveEnd(0);
        client.timeoutsExpire(1e6);
        expect(client.wish).not.toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('a client whose server answers with altered octets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const client = new TlsClient(clientOptions(quick), 0);
          const server = new TlsServer(settings, 0);
          feed(server, drain(client), 1000);
          const flight = drain(server);
          for (const [at, value] of changes) flight[at % 130] = value;
          feed(client, flight, 1000);
          drain(client);
          expect(client.state === 'CONNECTED' || client.failure !== undefined || client.state.startsWith('WAIT')).toBe(
            true,
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** Randomness that repeats: two runs of a handshake give the same octets. */
function repeatable(): Crypto {
  let octet = 1;
  const pairs = new Map<number, ReturnType<Crypto['keyPair']>>();
  return {
    ...nodeCryptography,
    random(octets, start, end) {
      for (let i = start; i < end; i++) octets[i] = octet = (octet * 7 + 3) & 0xff;
    },
    keyPair(group) {
      const pair = pairs.get(group) ?? KEYS.get(group) ?? nodeCryptography.keyPair(group);
      KEYS.set(group, pair);
      pairs.set(group, pair);
      return pair;
    },
    agree(group, share) {
      const mine = this.keyPair(group);
      const secret = mine.agree(share);
      return secret === undefined ? undefined : { share: mine.share, secret: new Uint8Array(secret) };
    },
  };
}
const KEYS = new Map<number, ReturnType<Crypto['keyPair']>>();

describe('any split of the input gives the same outcome', () => {
  it('of a handshake and what follows', () => {
    const run = (cut: number): string[] => {
      const resources = (): ReturnType<typeof makeTlsResources> => makeTlsResources(repeatable(), EPOCH);
      const text = new EchoProtocol();
      text.arrive(new TextEncoder().encode('x'.repeat(3000)), 0, 3000);
      const quiet = new (class extends EchoProtocol {
        override emit(): number {
          return 0;
        }
      })();
      const pair = new Pair(
        serverSettings({ resources: resources(), chooseProtocol: () => quiet }),
        clientOptions({ ...quick, resources: resources(), chooseProtocol: () => text }),
      ).run(cut);
      expect(pair.server.failure).toBeUndefined();
      return [quiet.received, pair.server.state, pair.client.state, String(pair.toServer[0]!.join())];
    };
    const whole = run(1 << 20);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), (cut) => {
        expect(run(cut)).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it('failures too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyRecord, bentHello), { minLength: 1, maxLength: 4 }),
        fc.nat(300),
        (parts, cut) => {
          const [a, b] = [new TlsServer(settings, 0), new TlsServer(settings, 0)];
          const stream = Buffer.concat(parts);
          feed(a, stream, stream.length);
          feed(b, stream, cut + 1);
          expect(b.failure?.code).toBe(a.failure?.code);
          expect(drain(b).length > 0).toBe(drain(a).length > 0);
        },
      ),
      { numRuns: 150 },
    );
  });
});
