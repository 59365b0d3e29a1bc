import { describe, expect, it } from 'vitest';
import { CipherSuite, NamedGroup, nodeCryptography, TicketKeys, type TlsFacts } from '../src/index.ts';
import { EchoProtocol } from './support/echo-protocol.ts';
import { clientOptions, drain, ecCredential, feed, Pair, rsaCredential, serverSettings } from './support/pair.ts';

/** A protocol that says one thing and remembers what comes. */
function speaker(text: string): EchoProtocol {
  const echo = new EchoProtocol();
  echo.arrive(new TextEncoder().encode(text), 0, text.length);
  echo.received = '';
  return echo;
}

/** One that only listens. */
class Listener extends EchoProtocol {
  override emit(): number {
    return 0;
  }
}

describe('a handshake', () => {
  it('agrees on facts, and carries data both ways', () => {
    const listener = new Listener();
    let facts: TlsFacts | undefined;
    const settings = serverSettings({
      chooseProtocol: (_alpn, agreed) => {
        facts = agreed;
        return listener;
      },
    });
    const pair = new Pair(
      settings,
      clientOptions({ protocols: ['http/1.1', 'h2'], chooseProtocol: () => speaker('hello') }),
    );
    pair.run();
    expect(pair.server.failure).toBeUndefined();
    expect(pair.client.failure).toBeUndefined();
    expect(pair.server.state).toBe('CONNECTED');
    expect(pair.client.state).toBe('CONNECTED');
    expect(facts).toMatchObject({
      suite: 'TLS_AES_128_GCM_SHA256',
      group: 'X25519MLKEM768',
      alpn: 'h2',
      serverName: 'localhost',
      resumed: false,
    });
    expect(pair.client.facts).toMatchObject({ alpn: 'h2', group: 'X25519MLKEM768' });
    expect(listener.received).toBe('hello');
    const context = new Uint8Array(3);
    expect(pair.client.facts!.exportKeyingMaterial('EXPORTER-test', context, 40)).toEqual(
      facts!.exportKeyingMaterial('EXPORTER-test', context, 40),
    );
  });

  it.each([CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.Chacha20Poly1305Sha256])(
    'works with suite %i',
    (suite) => {
      const pair = new Pair(serverSettings(), clientOptions({ suites: [suite] })).run();
      expect(pair.client.failure).toBeUndefined();
      expect(pair.server.state).toBe('CONNECTED');
    },
  );

  it.each([NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1, NamedGroup.X25519MlKem768])(
    'works with group %i, with and without its share',
    (group) => {
      for (const shares of [[group], []]) {
        const settings = serverSettings();
        const pair = new Pair(settings, clientOptions({ groups: [group], shares })).run();
        expect(pair.client.failure).toBeUndefined();
        expect(pair.server.state).toBe('CONNECTED');
        expect(settings.counters.retries).toBe(1 - shares.length);
      }
    },
  );

  it('prefers ChaCha20 where the client does', () => {
    const suites = [CipherSuite.Chacha20Poly1305Sha256, CipherSuite.Aes128GcmSha256];
    const pair = new Pair(serverSettings(), clientOptions({ suites })).run();
    expect(pair.server.facts?.suite).toBe('TLS_CHACHA20_POLY1305_SHA256');
  });

  it('is the same whatever the octets are cut into', () => {
    for (const cut of [1, 2, 3, 7, 100, 1000]) {
      const pair = new Pair(serverSettings(), clientOptions({ groups: [NamedGroup.X25519] })).run(cut);
      expect(pair.client.failure).toBeUndefined();
      expect(pair.server.state).toBe('CONNECTED');
    }
  });

  it('prefers X25519 when post-quantum exchanges come too fast', () => {
    const settings = serverSettings();
    for (let i = 0; i < 1000; i++) settings.postQuantum.spend();
    const before = new Pair(settings, clientOptions());
    settings.postQuantum.allows(0);
    for (let i = 0; i < 1000; i++) settings.postQuantum.spend();
    before.run();
    expect(before.server.facts?.group).toBe('X25519');
    const later = new Pair(settings, clientOptions());
    later.now = 1000;
    later.run();
    expect(later.server.facts?.group).toBe('X25519MLKEM768');
  });

  it('refuses where no protocol fits', () => {
    const pair = new Pair(serverSettings(), clientOptions({ protocols: ['spdy/3'] })).run();
    expect(pair.server.failure).toEqual({ code: 'no_application_protocol', alert: 120 });
    expect(pair.client.failure).toEqual({ code: 'peer_alert', alert: 120 });
  });

  it('refuses a server that is not judged good', () => {
    const pair = new Pair(serverSettings(), clientOptions({ judgeServer: () => 'unknown_ca' })).run();
    expect(pair.client.failure).toEqual({ code: 'unknown_ca', alert: 48 });
    expect(pair.server.failure).toEqual({ code: 'peer_alert', alert: 48 });
  });
});

describe('answers that come later', () => {
  it('holds the server for its certificate, its signature and its verdict', () => {
    const settings = serverSettings({
      chooseCredential: () => 'later',
      judgeClient: () => 'later',
      clientPolicy: () => ({ mode: 'required', id: 'x', authorities: [] }),
    });
    const signer = { schemes: ecCredential.signer.schemes, sign: () => 'later' as const };
    const pair = new Pair(settings, clientOptions({ credential: rsaCredential })).run();
    expect(pair.server.state).toBe('WAIT_CREDENTIAL');
    let content: Uint8Array | undefined;
    pair.server.provideCertificate(
      {
        ...ecCredential,
        signer: {
          ...signer,
          sign: (_scheme, message) => {
            content = message;
            return 'later';
          },
        },
      },
      0,
    );
    expect(pair.server.state).toBe('WAIT_SIGNATURE');
    pair.run();
    pair.server.provideSignature(ecCredential.signer.sign(signer.schemes[0]!, content!) as Uint8Array, 0);
    pair.run();
    expect(pair.client.state).toBe('CONNECTED');
    expect(pair.server.state).toBe('WAIT_VERDICT');
    expect(() => pair.server.provideSignature(undefined, 0)).toThrow();
    pair.server.provideVerdict('good', 0);
    pair.run();
    expect(pair.server.state).toBe('CONNECTED');
    expect(pair.server.facts?.peerCertificates).toEqual(rsaCredential.chain);
  });

  it('holds the client for its verdict, and sends nothing of its own before', () => {
    const pair = new Pair(serverSettings(), clientOptions({ judgeServer: () => 'later' })).run();
    expect(pair.client.state).toBe('WAIT_VERDICT');
    expect(pair.server.state).toBe('WAIT_FINISHED');
    pair.client.provideVerdict('good', 0);
    pair.run();
    expect(pair.server.state).toBe('CONNECTED');
  });
});

describe('client certificates', () => {
  const judgeClient = (): 'good' => 'good';

  it('are asked for, and shown', () => {
    const clientPolicy = (): { mode: 'required'; id: string; authorities: Uint8Array[] } => ({
      mode: 'required',
      id: 'ca',
      authorities: [Uint8Array.of(0x30, 0)],
    });
    const settings = serverSettings({ judgeClient, clientPolicy });
    const pair = new Pair(settings, clientOptions({ credential: rsaCredential })).run();
    expect(pair.server.facts?.peerCertificates).toEqual(rsaCredential.chain);
    expect(pair.server.facts?.clientDigest.length).toBe(32);
    const without = new Pair(settings, clientOptions()).run();
    expect(without.server.failure).toEqual({ code: 'certificate_required', alert: 116 });
    const refused = new Pair(
      serverSettings({ judgeClient: () => 'unknown_ca', clientPolicy }),
      clientOptions({ credential: rsaCredential }),
    ).run();
    expect(refused.server.failure?.code).toBe('unknown_ca');
  });

  it('may be left out where they are optional', () => {
    const settings = serverSettings({
      judgeClient,
      clientPolicy: () => ({ mode: 'optional', id: 'ca', authorities: [] }),
    });
    const pair = new Pair(settings, clientOptions()).run();
    expect(pair.server.state).toBe('CONNECTED');
    expect(pair.server.facts?.peerCertificates).toEqual([]);
  });
});

describe('resumption', () => {
  const first = (settings = serverSettings(), options = clientOptions()) => {
    const pair = new Pair(settings, options).run();
    const sessions = pair.client.takeSessions();
    expect(sessions.length).toBe(2);
    return { settings, session: sessions[0]! };
  };

  it('takes a ticket once given', () => {
    const { settings, session } = first();
    const again = new Pair(settings, clientOptions({ session })).run();
    expect(again.client.failure).toBeUndefined();
    expect(again.server.facts?.resumed).toBe(true);
    expect(again.client.facts?.resumed).toBe(true);
    expect(again.client.facts?.peerCertificates.length).toBe(1);
    expect(settings.counters).toMatchObject({ handshakes: 2, resumptions: 1 });
  });

  it('takes it after a HelloRetryRequest too', () => {
    const { settings, session } = first();
    const again = new Pair(settings, clientOptions({ session, shares: [] })).run();
    expect(again.client.failure).toBeUndefined();
    expect(again.server.facts?.resumed).toBe(true);
    expect(settings.counters.retries).toBe(1);
  });

  it('negotiates ALPN anew', () => {
    const { settings, session } = first(serverSettings(), clientOptions({ protocols: ['h2'] }));
    const again = new Pair(settings, clientOptions({ session, protocols: ['http/1.1'] })).run();
    expect(again.server.facts).toMatchObject({ resumed: true, alpn: 'http/1.1' });
  });

  it('is for one name only', () => {
    const { settings, session } = first();
    const again = new Pair(
      settings,
      clientOptions({ serverName: 'rsa.test', session: { ...session, serverName: 'rsa.test' } }),
    ).run();
    expect(again.server.facts?.resumed).toBe(false);
    expect(again.client.facts?.resumed).toBe(false);
  });

  it('ends with the life of the ticket', () => {
    const { settings, session } = first(serverSettings({ ticketLifetimeS: 10 }));
    const again = new Pair(settings, clientOptions({ session: { ...session, lifetimeS: 1000 } }));
    again.now = 11_000;
    expect(again.run().server.facts?.resumed).toBe(false);
  });

  it('is not for a name that now asks for a certificate (CVE-2025-23419)', () => {
    const ticketKeys = new TicketKeys(nodeCryptography);
    const { session } = first(serverSettings({ ticketKeys }));
    const strict = serverSettings({
      ticketKeys,
      judgeClient: () => 'good',
      clientPolicy: () => ({ mode: 'required', id: 'ca', authorities: [] }),
    });
    const again = new Pair(strict, clientOptions({ session, credential: rsaCredential })).run();
    expect(again.server.facts?.resumed).toBe(false);
    expect(again.server.facts?.peerCertificates.length).toBe(1);
    const sameId = serverSettings({
      ticketKeys,
      judgeClient: () => 'good',
      clientPolicy: () => ({ mode: 'required', id: '', authorities: [] }),
    });
    expect(new Pair(sameId, clientOptions({ session, credential: rsaCredential })).run().server.facts?.resumed).toBe(
      false,
    );
  });

  it('is not for another policy', () => {
    const ticketKeys = new TicketKeys(nodeCryptography);
    const optional = (id: string) =>
      serverSettings({ ticketKeys, clientPolicy: () => ({ mode: 'optional', id, authorities: [] }) });
    const { session } = first(optional('a'));
    expect(new Pair(optional('b'), clientOptions({ session })).run().server.facts?.resumed).toBe(false);
    expect(new Pair(optional('a'), clientOptions({ session })).run().server.facts?.resumed).toBe(true);
  });

  it('keeps the digest of the client chain', () => {
    const strict = serverSettings({
      judgeClient: () => 'good',
      clientPolicy: () => ({ mode: 'required', id: 'ca', authorities: [] }),
    });
    const options = clientOptions({ credential: rsaCredential });
    const pair = new Pair(strict, options).run();
    const session = pair.client.takeSessions()[1]!;
    const again = new Pair(strict, { ...options, session }).run();
    expect(again.server.facts?.resumed).toBe(true);
    expect(again.server.facts?.clientDigest).toEqual(pair.server.facts?.clientDigest);
  });

  it('refuses an altered binder, and ignores a ticket of another server', () => {
    const { settings, session } = first();
    const altered = new Pair(settings, clientOptions({ session: { ...session, psk: new Uint8Array(32) } })).run();
    expect(altered.server.failure).toEqual({ code: 'bad_binder', alert: 51 });
    const other = new Pair(serverSettings(), clientOptions({ session })).run();
    expect(other.server.facts?.resumed).toBe(false);
  });

  it('works between instances with the same keys', () => {
    const secrets = new Uint8Array(96).map((_, index) => index);
    const { session } = first(serverSettings({ ticketKeys: new TicketKeys(nodeCryptography, secrets) }));
    const rotated = new Uint8Array(96);
    rotated.set(secrets.subarray(0, 48), 48);
    rotated.fill(9, 0, 48);
    const other = serverSettings({ ticketKeys: new TicketKeys(nodeCryptography, rotated) });
    expect(new Pair(other, clientOptions({ session })).run().server.facts?.resumed).toBe(true);
    expect(() => new TicketKeys(nodeCryptography, new Uint8Array(47))).toThrow(RangeError);
  });
});

describe('closing', () => {
  const connected = (): Pair =>
    new Pair(serverSettings(), clientOptions({ chooseProtocol: () => new Listener() })).run();

  it('says close_notify both ways', () => {
    const pair = connected();
    const listener = pair.client.inner as Listener;
    listener.ended = true;
    listener.wish = 1;
    pair.run();
    expect((pair.server.inner as EchoProtocol).ended).toBe(true);
    expect(pair.client.wish).toBe(1);
    expect(pair.server.wish).toBe(1);
    pair.server.arriveEnd(0);
    pair.client.arriveEnd(0);
    expect(pair.server.failure).toBeUndefined();
    expect(pair.client.failure).toBeUndefined();
  });

  it('reports truncation', () => {
    const pair = connected();
    pair.server.arriveEnd(0);
    expect(pair.server.failure).toEqual({ code: 'truncated', alert: undefined });
    expect((pair.server.inner as EchoProtocol).aborted).toBe(true);
    expect(pair.server.wish).toBe(1);
  });

  it('gives up a handshake that takes too long', () => {
    const pair = new Pair(serverSettings(), clientOptions());
    feed(pair.server, drain(pair.client).subarray(0, 50), 50);
    const due = pair.server.nextTimeout();
    pair.server.timeoutsExpire(due - 1);
    expect(pair.server.failure).toBeUndefined();
    pair.server.timeoutsExpire(due);
    expect(pair.server.failure?.code).toBe('handshake_timeout');
    expect(pair.server.wish).toBe(4);
    expect(pair.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('returns every chunk', () => {
    const settings = serverSettings({ chooseProtocol: () => new Listener() });
    const pair = new Pair(settings, clientOptions({ chooseProtocol: () => speaker('x'.repeat(50_000)) }));
    pair.run();
    pair.server.abort(0);
    pair.client.abort(0);
    expect(settings.resources.chunks.lent).toBe(0);
  });
});

describe('key updates', () => {
  it('go both ways', () => {
    const listener = new Listener();
    const client = new EchoProtocol();
    const settings = serverSettings({ chooseProtocol: () => listener });
    const pair = new Pair(settings, clientOptions({ chooseProtocol: () => client })).run();
    pair.client.updateKeys();
    const say = (text: string): void => {
      client.arrive(new TextEncoder().encode(text), 0, text.length);
      pair.run();
    };
    say('one');
    pair.client.updateKeys();
    pair.client.updateKeys();
    say('two');
    expect(pair.server.failure).toBeUndefined();
    expect(pair.client.failure).toBeUndefined();
    expect(listener.received).toBe('onetwo');
  });

  it('are bounded', () => {
    const pair = new Pair(serverSettings(), clientOptions({ chooseProtocol: () => new Listener() })).run();
    for (let i = 0; i < 33; i++) pair.client.updateKeys();
    pair.run();
    expect(pair.server.failure).toEqual({ code: 'too_many_key_updates', alert: 10 });
  });
});

describe('the key log', () => {
  it('holds the five secrets of each side, the same', () => {
    const lines: string[][] = [[], []];
    const settings = serverSettings();
    const options = clientOptions();
    const pair = new Pair(
      serverSettings({ resources: { ...settings.resources, keyLog: (line) => lines[0]!.push(line) } }),
      { ...options, resources: { ...options.resources, keyLog: (line) => lines[1]!.push(line) } },
    ).run();
    expect(pair.server.state).toBe('CONNECTED');
    expect(lines[0]!.length).toBe(5);
    expect(lines[0]).toEqual(lines[1]);
    expect(lines[0]![0]).toMatch(/^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]{64}$/);
  });
});
