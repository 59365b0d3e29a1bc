import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { toHex } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import {
  type Credential,
  type Crypto,
  type KeyPair,
  makeTlsResources,
  NamedGroup,
  nodeCryptography,
  TlsClient,
  type TlsClientOptions,
  TlsServer,
  type TlsServerOptions,
  TlsServerSettings,
} from '../src/index.ts';
import { EchoProtocol } from './support/echo-protocol.ts';
import { drain, feed } from './support/pair.ts';
import { type Trace, trace } from './support/transcripts.ts';

const hex = (octets: Uint8Array): string => toHex(octets);
const b64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url');

/** A key pair of which a trace tells the private half. */
function knownPair(group: number, secret: Uint8Array): KeyPair {
  if (group === NamedGroup.X25519) {
    // PKCS #8 of an X25519 key (RFC 8410 §7): the raw key behind 16 octets.
    const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const share = Buffer.from(createPublicKey(privateKey as never).export({ format: 'jwk' }).x as string, 'base64url');
    return {
      group,
      share,
      agree: (peer) =>
        diffieHellman({
          privateKey,
          publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: b64(peer) }, format: 'jwk' }),
        }),
    };
  }
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(secret);
  return { group, share: ecdh.getPublicKey(), agree: (peer) => ecdh.computeSecret(peer) };
}

/** The seam with the published randomness and keys: first randomness, then one private key a pair. */
function publishedCrypto(pool: Uint8Array, groups: readonly number[], keysAt: number): Crypto {
  let at = 0;
  let keyAt = keysAt;
  const pair = (group: number): KeyPair => {
    const made = knownPair(group, pool.subarray(keyAt, keyAt + 32));
    keyAt += 32;
    return made;
  };
  return {
    ...nodeCryptography,
    random(octets, start, end) {
      octets.set(pool.subarray(at, at + end - start), start);
      at += end - start;
    },
    supportsGroup: (group) => groups.includes(group),
    keyPair: pair,
    agree(group, share) {
      const mine = pair(group);
      return { share: mine.share, secret: mine.agree(share)! };
    },
  };
}

/** The numbers in a list of a message, between its first octets and its end. */
function list16(octets: Uint8Array): number[] {
  const list: number[] = [];
  for (let at = 0; at < octets.length; at += 2) list.push((octets[at]! << 8) | octets[at + 1]!);
  return list;
}

/** The groups that the server of a trace announces: the first extension of its EncryptedExtensions. */
function announcedGroups(t: Trace): number[] {
  const message = t('Message_EncryptedExtensions');
  return list16(message.subarray(12, 12 + ((message[10]! << 8) | message[11]!)));
}

/** The certificates in a Certificate message. */
function certificatesOf(message: Uint8Array): Uint8Array[] {
  const length = (message[8]! << 16) | (message[9]! << 8) | message[10]!;
  return [message.subarray(11, 11 + length)];
}

function serverCredential(t: Trace, scheme: number): Credential {
  return {
    chain: certificatesOf(t('Message_Server_Certificate')),
    names: [],
    signer: {
      schemes: [scheme],
      sign(_scheme, message) {
        expect(hex(message)).toBe(hex(t('Server_MessageToSign')));
        return t('Server_MessageSignature');
      },
    },
  };
}

function replayServer(
  t: Trace,
  options: Partial<TlsServerOptions>,
  groups: readonly number[],
  scheme = 0x0804,
): TlsServer {
  const crypto = publishedCrypto(t('Server_RNG_Pool'), groups, 32);
  const settings = new TlsServerSettings({
    resources: makeTlsResources(crypto, 0),
    chooseCredential: () => serverCredential(t, scheme),
    chooseProtocol: () => new EchoProtocol(),
    groups: announcedGroups(t),
    ticketKeys: null,
    cookies: { make: () => new Uint8Array(0), open: () => undefined },
    ...options,
  });
  return new TlsServer(settings, 0);
}

function replayClient(
  t: Trace,
  group: number,
  options: Partial<TlsClientOptions>,
  keysAt = 32,
  pairs = [group],
): TlsClient {
  const hellos = [t('Record_ClientHello_1').subarray(5)];
  const crypto = publishedCrypto(
    // Our own randomness is not used: the ClientHello is given. The pool gives the private keys only.
    t('Client_RNG_Pool'),
    pairs,
    keysAt,
  );
  return new TlsClient(
    {
      resources: makeTlsResources({ ...crypto, random: () => {} }, 0),
      judgeServer: () => 'good',
      chooseProtocol: () => new EchoProtocol(),
      shares: [group],
      clientHellos: hellos,
      ...options,
    },
    0,
  );
}

/** Our flight, then the end: what is the same in all traces but for a few octets. */
function playServer(t: Trace, server: TlsServer): void {
  const flight = hex(drain(server));
  expect(flight).toBe(hex(t('Record_ServerHello')) + hex(t('Record_ServerHandshakeMessages')));
  const finished = t('Record_ClientFinished');
  feed(server, finished, finished.length);
  expect(server.failure).toBeUndefined();
  expect(server.state).toBe('CONNECTED');
}

function playClient(t: Trace, client: TlsClient): void {
  for (const name of ['Record_ServerHello', 'Record_ServerHandshakeMessages']) feed(client, t(name), 1000);
  expect(client.failure).toBeUndefined();
  expect(hex(drain(client))).toBe(hex(t('Record_ClientFinished')));
  expect(client.state).toBe('CONNECTED');
}

function close(t: Trace, machine: TlsServer | TlsClient, ours: string, theirs: string): void {
  feed(machine, t(theirs), 100);
  expect((machine.inner as EchoProtocol).ended).toBe(true);
  expect(hex(drain(machine))).toBe(hex(t(ours)));
  expect(machine.wish).toBe(1);
}

describe('RFC 8448 §3, simple 1-RTT handshake', () => {
  const t = trace('Simple_1RTT_Handshake');

  it('server', () => {
    const server = replayServer(t, {}, [NamedGroup.X25519]);
    feed(server, t('Record_ClientHello_1'), 1000);
    playServer(t, server);
    feed(server, t('Record_Client_AppData'), 1000);
    expect(hex(Buffer.from((server.inner as EchoProtocol).received, 'latin1'))).toBe(hex(t('Client_AppData')));
  });

  it('client', () => {
    const data = new EchoProtocol();
    data.arrive(t('Client_AppData'), 0, t('Client_AppData').length);
    const client = replayClient(t, NamedGroup.X25519, { chooseProtocol: () => data });
    expect(hex(drain(client))).toBe(hex(t('Record_ClientHello_1')));
    for (const name of ['Record_ServerHello', 'Record_ServerHandshakeMessages']) feed(client, t(name), 7);
    expect(hex(drain(client))).toBe(hex(t('Record_ClientFinished')) + hex(t('Record_Client_AppData')));
    feed(client, t('Record_NewSessionTicket'), 1000);
    data.received = '';
    feed(client, t('Record_Server_AppData'), 1000);
    expect(hex(Buffer.from(data.received, 'latin1'))).toBe(hex(t('Server_AppData')));
    const [session] = client.takeSessions();
    expect(hex(session!.ticket)).toContain(hex(t('SessionTicket')).slice(0, 100));
    // RFC 8448 §3: "generate resumption secret"
    expect(hex(session!.psk)).toBe('4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3');
  });
});

describe('RFC 8448 §4, resumed 0-RTT handshake', () => {
  const t = trace('Resumed_0RTT_Handshake');
  const psk = Buffer.from('4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3', 'hex');

  it('server: takes the ticket, refuses the early data and skips it', () => {
    const opened: string[] = [];
    const server = replayServer(
      t,
      {
        groups: [NamedGroup.X25519],
        ticketsPerHandshake: 0,
        ticketKeys: {
          seal: () => new Uint8Array(0),
          open(ticket) {
            opened.push(hex(ticket));
            return {
              suite: 0x1301,
              psk,
              issuedAt: 0,
              lifetimeS: 30,
              ageAdd: 0,
              serverName: 'server',
              policy: '',
              clientDigest: new Uint8Array(0),
            };
          },
        },
      },
      [NamedGroup.X25519],
    );
    feed(server, t('Record_ClientHello_1'), 1000);
    expect(server.failure).toBeUndefined(); // the binder is good
    expect(opened[0]).toBe(hex(t('SessionTicket')));
    expect(hex(drain(server)).startsWith(hex(t('Record_ServerHello')))).toBe(true);
    feed(server, t('Record_Client_EarlyAppData'), 1000);
    expect(server.failure).toBeUndefined();
    expect(server.state).toBe('WAIT_FINISHED');
  });
});

describe('RFC 8448 §5, HelloRetryRequest', () => {
  const t = trace('HelloRetryRequest_Handshake');
  const facts = { suite: 0x1301, group: NamedGroup.Secp256r1, helloHash: new Uint8Array(32), at: 0 };
  const cookies = { make: (): Uint8Array => t('HelloRetryRequest_Cookie'), open: (): typeof facts => facts };

  it('server', () => {
    const server = replayServer(t, { cookies }, [NamedGroup.Secp256r1]);
    feed(server, t('Record_ClientHello_1'), 1000);
    expect(hex(drain(server))).toBe(hex(t('Record_HelloRetryRequest')));
    feed(server, t('Record_ClientHello_2'), 1000);
    playServer(t, server);
    close(t, server, 'Record_Server_CloseNotify', 'Record_Client_CloseNotify');
  });

  it('client', () => {
    const hellos = ['Record_ClientHello_1', 'Record_ClientHello_2'].map((name) => t(name).subarray(5));
    const client = replayClient(t, NamedGroup.X25519, { clientHellos: hellos });
    expect(hex(drain(client))).toBe(hex(t('Record_ClientHello_1')));
    feed(client, t('Record_HelloRetryRequest'), 1000);
    expect(client.failure).toBeUndefined();
    expect(hex(drain(client))).toBe(hex(t('Record_ClientHello_2')));
    playClient(t, client);
    close(t, client, 'Record_Client_CloseNotify', 'Record_Server_CloseNotify');
  });
});

describe('RFC 8448 §6, client authentication', () => {
  const t = trace('Client_Authentication_Handshake');
  const request = t('Message_CertificateRequest');
  const signatureSchemes = list16(request.subarray(13));
  const clientPolicy = (): { mode: 'required'; id: string; authorities: never[] } => ({
    mode: 'required',
    id: '',
    authorities: [],
  });

  function server(): TlsServer {
    const options = { clientPolicy, signatureSchemes, judgeClient: (): 'good' => 'good' };
    const made = replayServer(t, options, [NamedGroup.X25519], 0x0403);
    feed(made, t('Record_ClientHello_1'), 1000);
    playServer(t, made);
    return made;
  }

  it('server', () => {
    const made = server();
    expect(made.facts?.peerCertificates.length).toBe(1);
    close(t, made, 'Record_Server_CloseNotify', 'Record_Client_CloseNotify');
  });

  it('client', () => {
    const credential: Credential = {
      chain: server().facts!.peerCertificates,
      names: [],
      signer: {
        schemes: [0x0804],
        sign(_scheme, message) {
          expect(hex(message)).toBe(hex(t('Client_MessageToSign')));
          return t('Client_MessageSignature');
        },
      },
    };
    const client = replayClient(t, NamedGroup.X25519, { credential });
    drain(client);
    playClient(t, client);
    close(t, client, 'Record_Client_CloseNotify', 'Record_Server_CloseNotify');
  });
});

describe('RFC 8448 §7, middlebox compatibility', () => {
  const t = trace('Middlebox_Compatibility_Mode');

  it('server', () => {
    const server = replayServer(t, {}, [NamedGroup.X25519]);
    feed(server, t('Record_ClientHello_1'), 1000);
    playServer(t, server);
    close(t, server, 'Record_Server_CloseNotify', 'Record_Client_CloseNotify');
  });

  it('client', () => {
    const client = replayClient(t, NamedGroup.X25519, {}, 64);
    drain(client);
    playClient(t, client);
    close(t, client, 'Record_Client_CloseNotify', 'Record_Server_CloseNotify');
  });
});
