import { describe, expect, it } from 'vitest';
import { AlertDescription as Alert, NamedGroup, nodeCryptography, TlsClient } from '../src/index.ts';
import { RETRY_RANDOM } from '../src/server-messages.ts';
import { message, type Octets, octets, record, u16, v8, v16 } from './support/hello.ts';
import { clientOptions, drain, feed } from './support/pair.ts';

interface Answer {
  version: number;
  random: Uint8Array;
  sessionId: Uint8Array;
  suite: number;
  compression: number;
  extensions: [type: number, body: Uint8Array][];
}

const share = nodeCryptography.keyPair(NamedGroup.X25519).share;

function encode(answer: Answer): Uint8Array {
  const extensions: Octets = answer.extensions.flatMap(([type, body]) => [u16(type), v16(body)]);
  return message(
    2,
    u16(answer.version),
    answer.random,
    v8(answer.sessionId),
    u16(answer.suite),
    answer.compression,
    ...(answer.extensions.length > 0 ? [v16(...extensions)] : []),
  );
}

/** The alert and the failure of a client that gets these records; `make` is told the client's session id. */
function outcome(...make: ((sessionId: Uint8Array) => Uint8Array)[]): {
  alert: number | undefined;
  code: string | undefined;
} {
  const groups = [NamedGroup.X25519, NamedGroup.Secp256r1];
  const client = new TlsClient(clientOptions({ groups, shares: [NamedGroup.X25519] }), 0);
  const hello = drain(client);
  const sessionId = hello.slice(5 + 4 + 2 + 32 + 1, 5 + 4 + 2 + 32 + 1 + 32);
  for (const one of make) {
    const made = one(sessionId);
    feed(client, made, made.length);
  }
  return { alert: client.failure?.alert, code: client.failure?.code };
}

function answerWith(
  bend: (answer: Answer) => Partial<Answer>,
  ...behind: Octets
): { alert: number | undefined; code: string | undefined } {
  return outcome((sessionId) => {
    const good: Answer = {
      version: 0x0303,
      random: new Uint8Array(32).fill(1),
      sessionId,
      suite: 0x1301,
      compression: 0,
      extensions: [
        [51, octets(u16(NamedGroup.X25519), v16(share))],
        [43, u16(0x0304)],
      ],
    };
    return record(22, octets(encode({ ...good, ...bend(good) }), ...behind));
  });
}

const put = (answer: Answer, type: number, body: Uint8Array): Partial<Answer> => ({
  extensions: [...answer.extensions.filter(([one]) => one !== type), [type, body]],
});
const retry = (answer: Answer, ...extensions: [number, Uint8Array][]): Partial<Answer> => ({
  random: RETRY_RANDOM,
  extensions: [[43, u16(0x0304)], ...extensions],
  version: answer.version,
});

describe('a ServerHello', () => {
  it('that is good is taken', () => {
    expect(answerWith(() => ({})).code).toBeUndefined();
  });

  it.each<[string, (answer: Answer) => Partial<Answer>, number]>([
    ['of TLS 1.2', () => ({ extensions: [] }), Alert.ProtocolVersion],
    ['of TLS 1.2 with extensions', () => ({ extensions: [[0xff01, octets(0)]] }), Alert.ProtocolVersion],
    ['that selects TLS 1.2 by extension', (a) => put(a, 43, u16(0x0303)), Alert.IllegalParameter],
    ['with another legacy_version', () => ({ version: 0x0304 }), Alert.IllegalParameter],
    ['with another session id', () => ({ sessionId: new Uint8Array(32) }), Alert.IllegalParameter],
    ['with an empty session id', () => ({ sessionId: octets() }), Alert.IllegalParameter],
    ['with a session id of 33 octets', () => ({ sessionId: new Uint8Array(33) }), Alert.DecodeError],
    ['with a suite that was not offered', () => ({ suite: 0x1305 }), Alert.IllegalParameter],
    ['with compression', () => ({ compression: 1 }), Alert.IllegalParameter],
    ['without key_share', () => ({ extensions: [[43, u16(0x0304)]] }), Alert.MissingExtension],
    [
      'with a share of a group without a share of ours',
      (a) => put(a, 51, octets(u16(23), v16(4, new Uint8Array(64)))),
      Alert.IllegalParameter,
    ],
    ['with the zero share', (a) => put(a, 51, octets(u16(29), v16(new Uint8Array(32)))), Alert.IllegalParameter],
    ['with an empty share', (a) => put(a, 51, octets(u16(29), v16())), Alert.DecodeError],
    ['with an extension that was not offered', (a) => put(a, 0x1234, octets()), Alert.UnsupportedExtension],
    ['with pre_shared_key, not offered', (a) => put(a, 41, u16(0)), Alert.UnsupportedExtension],
    ['with an extension of another message', (a) => put(a, 10, v16(u16(29))), Alert.IllegalParameter],
    ['with an extension twice', (a) => ({ extensions: [...a.extensions, a.extensions[0]!] }), Alert.IllegalParameter],
    ['with data behind an extension', (a) => put(a, 43, octets(3, 4, 0)), Alert.DecodeError],
  ])('%s', (_name, bend, alert) => {
    expect(answerWith(bend).alert).toBe(alert);
  });

  it('has nothing behind it in its record', () => {
    expect(answerWith(() => ({}), 8).code).toBe('message_across_key_change');
  });

  it('is what comes first', () => {
    for (const type of [0, 1, 4, 8, 11, 13, 15, 20, 24]) {
      expect(outcome(() => record(22, message(type, 0))).code).toBe('unexpected_message');
    }
    expect(outcome(() => record(23, octets(1))).code).toBe('unexpected_content_type');
    expect(outcome(() => record(20, octets(1))).code).toBeUndefined();
    expect(outcome(() => new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n')).code).toBe(
      'unexpected_content_type',
    );
  });
});

describe('a HelloRetryRequest', () => {
  it.each<[string, [number, Uint8Array][], number | undefined]>([
    ['for another group', [[51, u16(23)]], undefined],
    ['for a cookie alone', [[44, v16(1, 2)]], undefined],
    ['for nothing', [], Alert.IllegalParameter],
    ['for a group that was not offered', [[51, u16(24)]], Alert.IllegalParameter],
    ['for a group of which a share was sent', [[51, u16(29)]], Alert.IllegalParameter],
    ['with an empty cookie', [[44, v16()]], Alert.DecodeError],
    [
      'with another extension',
      [
        [51, u16(23)],
        [16, octets()],
      ],
      Alert.UnsupportedExtension,
    ],
  ])('%s', (_name, extensions, alert) => {
    expect(answerWith((a) => retry(a, ...extensions)).alert).toBe(alert);
  });

  it('comes once, and binds the suite and the group', () => {
    const hello = (
      sessionId: Uint8Array,
      random: Uint8Array,
      suite: number,
      extensions: [number, Uint8Array][],
    ): Uint8Array => record(22, encode({ version: 0x0303, random, sessionId, suite, compression: 0, extensions }));
    const first = (id: Uint8Array): Uint8Array =>
      hello(id, RETRY_RANDOM, 0x1301, [
        [43, u16(0x0304)],
        [51, u16(23)],
      ]);
    expect(outcome(first, first).code).toBe('unexpected_message');
    const random = new Uint8Array(32);
    const point = nodeCryptography.keyPair(23).share;
    const second =
      (suite: number, group: number, key: Uint8Array) =>
      (id: Uint8Array): Uint8Array =>
        hello(id, random, suite, [
          [43, u16(0x0304)],
          [51, octets(u16(group), v16(key))],
        ]);
    expect(outcome(first, second(0x1301, 23, point)).code).toBeUndefined();
    expect(outcome(first, second(0x1302, 23, point)).code).toBe('illegal_parameter');
    expect(outcome(first, second(0x1301, 29, share)).code).toBe('illegal_parameter');
  });
});
