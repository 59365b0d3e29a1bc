import { describe, expect, it } from 'vitest';
import { AlertDescription as Alert, alertOf, FAILURE_CODES, TlsServer } from '../src/index.ts';
import {
  drop,
  encodeHello,
  goodHello,
  type Hello,
  message,
  octets,
  put,
  record,
  u16,
  v8,
  v16,
} from './support/hello.ts';
import { clientOptions, drain, feed, Pair, serverSettings } from './support/pair.ts';

const settings = serverSettings();

/** What a new server says to these records: the alert that it sends in clear, its failure. */
function answer(...records: Uint8Array[]): { alert: number | undefined; code: string | undefined } {
  const server = new TlsServer(settings, 0);
  for (const one of records) feed(server, one, one.length);
  const said = drain(server);
  const code = server.failure?.code;
  if (said[0] === 21 && said.length === 7) return { alert: said[6], code };
  return { alert: undefined, code };
}

const helloAlert = (hello: Hello): number | undefined => answer(record(22, encodeHello(hello))).alert;

describe('every failure', () => {
  it('has its alert', () => {
    for (const code of FAILURE_CODES) {
      const alert = alertOf(code);
      if (['handshake_timeout', 'plain_http', 'peer_alert', 'truncated'].includes(code)) expect(alert).toBeUndefined();
      else expect(alert).toBeGreaterThan(0);
    }
  });
});

describe('a ClientHello', () => {
  it('that is good is answered', () => {
    expect(answer(record(22, encodeHello(goodHello())))).toEqual({ alert: undefined, code: undefined });
  });

  const cases: [string, (hello: Hello) => Hello | undefined, number][] = [
    ['of TLS 1.2', (h) => drop(h, 43), Alert.ProtocolVersion],
    ['that offers only TLS 1.2 in supported_versions', (h) => put(h, 43, v8(u16(0x0303))), Alert.ProtocolVersion],
    ['of SSL 3.0', (h) => ({ ...h, version: 0x0300 }), Alert.ProtocolVersion],
    ['with compression', (h) => ({ ...h, compression: [1, 0] }), Alert.IllegalParameter],
    ['with no suite of ours', (h) => ({ ...h, suites: [0x1304, 0x00ff] }), Alert.HandshakeFailure],
    ['with no group of ours', (h) => put(put(h, 10, v16(u16(30))), 51, v16()), Alert.HandshakeFailure],
    ['with no scheme of ours', (h) => put(h, 13, v16(u16(0x0203))), Alert.HandshakeFailure],
    ['without signature_algorithms', (h) => drop(h, 13), Alert.MissingExtension],
    ['without supported_groups', (h) => drop(h, 10), Alert.MissingExtension],
    ['without key_share', (h) => drop(h, 51), Alert.MissingExtension],
    ['with a share of a group that it does not list', (h) => put(h, 10, v16(u16(23))), Alert.IllegalParameter],
    [
      'with two shares of one group',
      (h) => put(h, 51, v16(h.extensions[3]![1].subarray(2), h.extensions[3]![1].subarray(2))),
      Alert.IllegalParameter,
    ],
    [
      'with an X25519 share of 31 octets',
      (h) => put(h, 51, v16(u16(29), v16(new Uint8Array(31)))),
      Alert.IllegalParameter,
    ],
    ['with the zero X25519 share', (h) => put(h, 51, v16(u16(29), v16(new Uint8Array(32)))), Alert.IllegalParameter],
    [
      'with a P-256 point that is not on the curve',
      (h) => put(h, 51, v16(u16(23), v16(4, new Uint8Array(64).fill(3)))),
      Alert.IllegalParameter,
    ],
    ['with an empty share', (h) => put(h, 51, v16(u16(29), v16())), Alert.DecodeError],
    ['with an empty list of groups', (h) => put(h, 10, v16()), Alert.DecodeError],
    ['with an odd list of groups', (h) => put(h, 10, v16(u16(29), 1)), Alert.DecodeError],
    ['with an empty list of schemes', (h) => put(h, 13, v16()), Alert.DecodeError],
    ['with an empty list of versions', (h) => put(h, 43, v8()), Alert.DecodeError],
    [
      'with an extension twice',
      (h) => ({ ...h, extensions: [...h.extensions, h.extensions[0]!] }),
      Alert.IllegalParameter,
    ],
    [
      'with an unknown extension twice',
      (h) => ({ ...h, extensions: [...h.extensions, [0xfafa, v8()], [0xfafa, v8()]] }),
      Alert.IllegalParameter,
    ],
    [
      'with a pre_shared_key that is not last',
      (h) => put(put(put(h, 45, v8(1)), 41, psk(1, 1)), 99, v8()),
      Alert.IllegalParameter,
    ],
    ['with pre_shared_key but no modes', (h) => put(h, 41, psk(1, 1)), Alert.MissingExtension],
    ['with more binders than identities', (h) => put(put(h, 45, v8(1)), 41, psk(1, 2)), Alert.IllegalParameter],
    ['with fewer binders than identities', (h) => put(put(h, 45, v8(1)), 41, psk(2, 1)), Alert.IllegalParameter],
    ['with no identities', (h) => put(put(h, 45, v8(1)), 41, psk(0, 1)), Alert.DecodeError],
    [
      'with a short binder',
      (h) => put(put(h, 45, v8(1)), 41, octets(v16(v16(1), u16(0), u16(0)), v16(v8(1)))),
      Alert.DecodeError,
    ],
    ['with empty modes', (h) => put(h, 45, v8()), Alert.DecodeError],
    ['with a cookie that nobody gave', (h) => put(h, 44, v16(1, 2, 3)), Alert.IllegalParameter],
    ['with an empty cookie', (h) => put(h, 44, v16()), Alert.DecodeError],
    ['with a record size limit of 63', (h) => put(h, 28, u16(63)), Alert.IllegalParameter],
    ['with a record size limit of one octet', (h) => put(h, 28, octets(9)), Alert.DecodeError],
    ['with an empty ALPN list', (h) => put(h, 16, v16()), Alert.DecodeError],
    ['with an empty ALPN name', (h) => put(h, 16, v16(v8())), Alert.DecodeError],
    ['with no protocol of ours', (h) => put(h, 16, v16(v8(0x78))), Alert.NoApplicationProtocol],
    ['with an empty server_name', (h) => put(h, 0, v16()), Alert.DecodeError],
    ['with an empty host name', (h) => put(h, 0, v16(0, v16())), Alert.DecodeError],
    ['with two host names', (h) => put(h, 0, v16(0, v16(0x61), 0, v16(0x62))), Alert.IllegalParameter],
    ['with data behind an extension', (h) => put(h, 42, v8()), Alert.DecodeError],
    ['with a session id of 33 octets', (h) => ({ ...h, sessionId: new Uint8Array(33) }), Alert.DecodeError],
    ['with no suites', (h) => ({ ...h, suites: [] }), Alert.DecodeError],
    ['with no compression method', (h) => ({ ...h, compression: [] }), Alert.DecodeError],
  ];
  it.each(cases)('%s', (_name, bend, alert) => {
    expect(helloAlert(bend(goodHello())!)).toBe(alert);
  });

  it('cut short anywhere is a decode_error, or fails otherwise, but never passes', () => {
    const whole = encodeHello(goodHello());
    for (let length = 4; length < whole.length; length++) {
      const cut = message(1, whole.subarray(4, length));
      expect(answer(record(22, cut)).alert).toBeGreaterThan(0);
    }
    expect(answer(record(22, message(1, whole.subarray(4), 0))).alert).toBe(Alert.DecodeError);
  });

  it('may be of any version in its record, with unknown extensions, suites and groups (GREASE)', () => {
    const hello = put(put(goodHello(), 0x0a0a, new Uint8Array(0)), 10, v16(u16(0x0a0a), u16(29)));
    hello.suites.unshift(0x0a0a);
    expect(answer(record(22, encodeHello(hello), 0x0301)).code).toBeUndefined();
    expect(answer(record(22, encodeHello(hello), 0x0305)).code).toBeUndefined();
  });
});

/** pre_shared_key with so many identities and binders. */
function psk(identities: number, binders: number): Uint8Array {
  const identity = octets(v16(1, 2, 3), u16(0), u16(0));
  const binder = v8(new Uint8Array(32));
  return octets(v16(...new Array(identities).fill(identity)), v16(...new Array(binders).fill(binder)));
}

describe('a HelloRetryRequest', () => {
  const first = (): Hello => put(put(goodHello(), 51, v16()), 10, v16(u16(23)));

  /** What comes of a second ClientHello, made from the cookie that the server gave. */
  function retried(bend: (hello: Hello, share: Uint8Array) => Hello): string | undefined {
    const server = new TlsServer(settings, 0);
    const one = record(22, encodeHello(first()));
    feed(server, one, one.length);
    const request = drain(server);
    expect(server.state).toBe('RETRIED');
    const text = Buffer.from(request).toString('hex');
    const at = text.indexOf('002c', 150) / 2;
    const length = (request[at + 2]! << 8) | request[at + 3]!;
    const cookie = request.slice(at + 4, at + 4 + length);
    const share = settings.resources.crypto.keyPair(23).share;
    const hello = put(put(first(), 44, cookie), 51, v16(u16(23), v16(share)));
    const two = record(22, encodeHello(bend(hello, share)));
    feed(server, two, two.length);
    return server.failure?.code;
  }

  it('is answered by the same hello with the share that was asked for', () => {
    expect(retried((h) => h)).toBeUndefined();
  });

  it('refuses what has changed, or is missing', () => {
    expect(retried((h) => drop(h, 44))).toBe('missing_extension');
    expect(retried((h) => put(h, 44, v16(1, 2, 3)))).toBe('bad_cookie');
    expect(retried((h) => ({ ...h, random: new Uint8Array(32) }))).toBe('illegal_parameter');
    expect(retried((h) => ({ ...h, suites: [0x1301] }))).toBe('illegal_parameter');
    expect(retried((h) => put(h, 51, v16()))).toBe('illegal_parameter');
    expect(retried((h) => put(h, 42, new Uint8Array(0)))).toBe('illegal_parameter');
    expect(retried((h, share) => put(h, 51, v16(u16(23), v16(share), u16(23), v16(share))))).toBe('illegal_parameter');
  });

  it('skips early data behind it', () => {
    const server = new TlsServer(settings, 0);
    const one = record(22, encodeHello(put(first(), 42, new Uint8Array(0))));
    feed(server, one, one.length);
    const early = record(23, new Uint8Array(100));
    feed(server, early, early.length);
    expect(server.failure).toBeUndefined();
    for (let i = 0; i < 3; i++) {
      const more = record(23, new Uint8Array(8000));
      feed(server, more, more.length);
    }
    expect(server.failure?.code).toBe('too_much_early_data');
  });
});

describe('records before the keys', () => {
  const hello = encodeHello(goodHello());

  it.each<[string, Uint8Array[], number | undefined]>([
    ['of an unknown type', [record(24, octets(1))], Alert.UnexpectedMessage],
    ['of application data', [record(23, octets(1))], Alert.UnexpectedMessage],
    ['too long', [octets(22, 3, 3, u16(16385))], Alert.RecordOverflow],
    ['empty, of a handshake', [record(22, octets())], Alert.UnexpectedMessage],
    ['empty, of an alert', [record(21, octets())], Alert.UnexpectedMessage],
    ['of an alert with three octets', [record(21, octets(1, 0, 0))], Alert.DecodeError],
    ['of change_cipher_spec before the hello', [record(20, octets(1))], Alert.UnexpectedMessage],
    ['of another message', [record(22, message(20, new Uint8Array(32)))], Alert.UnexpectedMessage],
    [
      'of an alert inside a message',
      [record(22, hello.subarray(0, 50)), record(21, octets(2, 40))],
      Alert.UnexpectedMessage,
    ],
    ['with a message longer than any', [record(22, octets(1, 0xff, 0xff, 0xff))], Alert.IllegalParameter],
    ['with octets behind the hello', [record(22, octets(hello, 11))], Alert.UnexpectedMessage],
  ])('%s', (_name, records, alert) => {
    expect(answer(...records).alert).toBe(alert);
  });

  it('may cut the hello anywhere', () => {
    for (const cut of [1, 3, 4, 5, 60]) {
      const parts: Uint8Array[] = [];
      for (let at = 0; at < hello.length; at += cut) parts.push(record(22, hello.subarray(at, at + cut)));
      expect(answer(...parts).code).toBeUndefined();
    }
  });

  it('end with an alert of the peer', () => {
    expect(answer(record(21, octets(2, 40))).code).toBe('peer_alert');
  });

  it('that are HTTP get a readable answer', () => {
    const server = new TlsServer(settings, 0);
    const request = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    feed(server, request, 3);
    expect(Buffer.from(drain(server)).toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*HTTPS/);
    expect(server.wish & 1).toBe(1);
    expect(server.failure?.code).toBe('plain_http');
  });
});

describe('change_cipher_spec', () => {
  const waiting = (): TlsServer => {
    const server = new TlsServer(settings, 0);
    const hello = record(22, encodeHello(goodHello()));
    feed(server, hello, hello.length);
    return server;
  };
  const after = (...records: Uint8Array[]): string | undefined => {
    const server = waiting();
    for (const one of records) feed(server, one, one.length);
    return server.failure?.code;
  };

  it('is dropped while the handshake lasts', () => {
    expect(after(record(20, octets(1)), record(20, octets(1)))).toBeUndefined();
  });

  it('is refused in any other form, and in great numbers', () => {
    expect(after(record(20, octets(2)))).toBe('misplaced_change_cipher_spec');
    expect(after(record(20, octets(1, 1)))).toBe('misplaced_change_cipher_spec');
    expect(after(record(20, octets()))).toBe('misplaced_change_cipher_spec');
    expect(after(...new Array<Uint8Array>(33).fill(record(20, octets(1))))).toBe('too_many_empty_records');
  });

  it('is refused once the handshake is done', () => {
    const pair = new Pair(settings, clientOptions()).run();
    feed(pair.server, record(20, octets(1)), 6);
    expect(pair.server.failure?.code).toBe('misplaced_change_cipher_spec');
  });

  it('does not let garbage pass', () => {
    expect(after(record(23, new Uint8Array(60)))).toBe('bad_record_mac');
    expect(after(record(22, message(20, new Uint8Array(32))))).toBe('unprotected_record');
    expect(after(record(23, new Uint8Array(16)))).toBe('bad_record_mac');
    expect(after(octets(23, 3, 3, u16(16641)))).toBe('record_overflow');
  });
});
