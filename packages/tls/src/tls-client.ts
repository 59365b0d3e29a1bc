import {
  type CertificateMessage,
  certificateMessage,
  decompressMessage,
  encodeCertificate,
  parseCertificate,
} from './certificate-message.ts';
import { encodeCertificateVerify, parseCertificateVerify, signedContent } from './certificate-verify.ts';
import { type SuiteFacts, suiteOf } from './cipher-suite.ts';
import { type ClientHello, parseClientHello } from './client-hello.ts';
import { binderRoom, encodeClientHello } from './client-offer.ts';
import { type ClientSession, sessionLives } from './client-session.ts';
import { clientSettings, type TlsClientOptions, type TlsClientSettings } from './client-settings.ts';
import type { KeyPair, PublicKey } from './crypto.ts';
import { ExtensionType } from './extension-type.ts';
import { failed } from './failure.ts';
import { HandshakeType } from './handshake-type.ts';
import { hkdfExpandLabel } from './hkdf.ts';
import { joinOctets } from './join-octets.ts';
import { logSecret } from './key-log.ts';
import { exportKeyingMaterial, KeySchedule } from './key-schedule.ts';
import { groupName } from './named-group.ts';
import { MAXIMUM_PLAINTEXT, MAXIMUM_TICKET_LIFETIME_S } from './parameters.ts';
import { parseCertificateRequest, parseEncryptedExtensions, parseNewSessionTicket } from './server-flight.ts';
import { parseServerHello, type ServerHello } from './server-hello.ts';
import { encodeFinished } from './server-messages.ts';
import type { Verdict } from './server-settings.ts';
import { HANDSHAKE_SCHEMES } from './signature-scheme.ts';
import { TlsConnection } from './tls-connection.ts';
import type { TlsFacts } from './tls-facts.ts';
import { Transcript } from './transcript.ts';

/** Our ClientHello: the message, and what it offers. */
interface Sent {
  readonly hello: ClientHello;
  readonly pairs: readonly KeyPair[];
  readonly session: ClientSession | undefined;
}

/** What a HelloRetryRequest settled. */
interface Retried {
  readonly suite: SuiteFacts;
  /** Undefined where it only gave a cookie. */
  readonly group: number | undefined;
}

/** Agreed on by the hellos. */
interface Keys {
  readonly sent: Sent;
  readonly suite: SuiteFacts;
  readonly group: number;
  readonly schedule: KeySchedule;
  readonly clientSecret: Uint8Array;
  readonly serverSecret: Uint8Array;
  readonly resumed: ClientSession | undefined;
  readonly alpn: string | undefined;
  /** Schemes of a CertificateRequest; undefined where none came. */
  readonly requested: readonly number[] | undefined;
  readonly chain: readonly Uint8Array[];
}

/** What our last flight needs. */
interface Closing {
  readonly keys: Keys;
  readonly clientApplicationSecret: Uint8Array;
  readonly exporterSecret: Uint8Array;
}

/** The states of RFC 8446 appendix A.1, each with just what it needs. */
type ClientState =
  | { readonly name: 'WAIT_SH'; readonly sent: Sent; readonly retried: Retried | undefined }
  | { readonly name: 'WAIT_EE'; readonly keys: Keys }
  | { readonly name: 'WAIT_CERT_CR'; readonly keys: Keys }
  | { readonly name: 'WAIT_CERT'; readonly keys: Keys }
  | { readonly name: 'WAIT_CV'; readonly keys: Keys; readonly certificate: CertificateMessage; readonly key: PublicKey }
  | { readonly name: 'WAIT_FINISHED'; readonly keys: Keys }
  | { readonly name: 'WAIT_VERDICT'; readonly closing: Closing }
  | {
      readonly name: 'WAIT_SIGNATURE';
      readonly closing: Closing;
      readonly scheme: number;
      readonly flight: Uint8Array[];
    }
  | { readonly name: 'CONNECTED'; readonly keys: Keys; readonly resumptionSecret: Uint8Array }
  | { readonly name: 'CLOSED' };

/** The names of a client's handshake states. */
export type ClientStateName = ClientState['name'];

const MAXIMUM_SESSIONS = 8;

/**
 * The client side of one connection: call `emit` at once, the ClientHello is ready. Above it is the protocol that
 * `chooseProtocol` makes once the server's Finished has come and its chain was judged good.
 */
export class TlsClient extends TlsConnection {
  readonly #settings: TlsClientSettings;
  readonly #transcript: Transcript;
  readonly #sessions: ClientSession[];
  #state: ClientState;
  #verdict: Verdict | 'later';
  #sentChangeCipherSpec: boolean;

  constructor(options: TlsClientOptions, now: number) {
    super(options.resources, now);
    this.#settings = clientSettings(options);
    this.#transcript = new Transcript(options.resources.crypto);
    this.#sessions = [];
    this.#verdict = 'later';
    this.#sentChangeCipherSpec = false;
    this.takesChangeCipherSpec = true;
    this.#state = { name: 'CLOSED' };
    this.#clientHello();
  }

  /** The state of the handshake. */
  get state(): ClientStateName {
    return this.#state.name;
  }

  /** Sessions that the server has given since the last call, newest last: keep each for one later connection. */
  takeSessions(): ClientSession[] {
    return this.#sessions.splice(0);
  }

  /** Answers `judgeServer`, at any time after it said `later`. */
  provideVerdict(verdict: Verdict, now: number): void {
    if (this.#verdict !== 'later') throw new Error('no verdict is awaited');
    this.now = now;
    this.#verdict = verdict;
    if (this.failure !== undefined) return;
    if (verdict !== 'good') {
      this.fail(verdict);
      return;
    }
    if (this.#state.name === 'WAIT_VERDICT') {
      this.held = false;
      this.#clientFlight(this.#state.closing);
    }
  }

  /** Answers `Signer.sign`, in state `WAIT_SIGNATURE`; undefined = it was refused. */
  provideSignature(signature: Uint8Array | undefined, now: number): void {
    const state = this.#state;
    if (state.name !== 'WAIT_SIGNATURE') throw new Error(`no signature is awaited in ${state.name}`);
    this.now = now;
    this.held = false;
    if (signature === undefined) {
      this.fail('signature_refused');
      return;
    }
    this.#finishFlight(state.closing, [...state.flight, this.#add(encodeCertificateVerify(state.scheme, signature))]);
  }

  /** Changes our key, and asks the server to change its own (RFC 8446 §4.6.3). Only while connected. */
  updateKeys(): void {
    if (this.#state.name !== 'CONNECTED') throw new Error(`no key update in ${this.#state.name}`);
    this.requestKeyUpdate();
  }

  protected override firstOctets(): boolean {
    return false;
  }

  protected override forget(): void {
    this.#state = { name: 'CLOSED' };
    this.#transcript.clear();
  }

  protected override message(type: number, message: Uint8Array): void {
    const state = this.#state;
    switch (state.name) {
      case 'WAIT_SH':
        if (type !== HandshakeType.ServerHello) break;
        this.#serverHello(state.sent, state.retried, message);
        return;
      case 'WAIT_EE':
        if (type !== HandshakeType.EncryptedExtensions) break;
        this.#encryptedExtensions(state.keys, message);
        return;
      case 'WAIT_CERT_CR':
        if (type === HandshakeType.CertificateRequest) {
          this.#certificateRequest(state.keys, message);
          return;
        }
        if (!isCertificate(type)) break;
        this.#certificate(state.keys, type, message);
        return;
      case 'WAIT_CERT':
        if (!isCertificate(type)) break;
        this.#certificate(state.keys, type, message);
        return;
      case 'WAIT_CV':
        if (type !== HandshakeType.CertificateVerify) break;
        this.#certificateVerify(state.keys, state.certificate, state.key, message);
        return;
      case 'WAIT_FINISHED':
        if (type !== HandshakeType.Finished) break;
        this.#serverFinished(state.keys, message);
        return;
      case 'CONNECTED':
        if (type === HandshakeType.KeyUpdate) {
          this.keyUpdate(message);
          return;
        }
        if (type !== HandshakeType.NewSessionTicket) break;
        this.#newSessionTicket(state.keys, state.resumptionSecret, message);
        return;
      default:
        break;
    }
    this.fail('unexpected_message');
  }

  /** RFC 8446 §4.1.2: the first ClientHello. */
  #clientHello(): void {
    const settings = this.#settings;
    const { crypto, epochMs } = this.resources;
    const unixMs = epochMs + this.now;
    const random = new Uint8Array(32);
    const sessionId = new Uint8Array(32);
    crypto.random(random, 0, 32);
    // Appendix D.4: not empty, for middleboxes.
    crypto.random(sessionId, 0, 32);
    const pairs = settings.shares.map((group) => crypto.keyPair(group));
    const given = settings.session;
    const session =
      given !== undefined && given.serverName === settings.serverName && sessionLives(given, unixMs)
        ? given
        : undefined;
    const message =
      settings.clientHellos?.[0] ??
      encodeClientHello({
        random,
        sessionId,
        suites: settings.suites,
        serverName: sniOf(settings.serverName),
        groups: settings.groups,
        schemes: settings.signatureSchemes,
        protocols: settings.protocols,
        pairs,
        cookie: undefined,
        session,
        unixMs,
      });
    this.recordVersion = 0x0301;
    this.#sendHello(message, pairs, session, undefined);
    this.recordVersion = 0x0303;
  }

  /** Fills in the binder, sends the ClientHello, waits for the answer. */
  #sendHello(
    message: Uint8Array,
    pairs: readonly KeyPair[],
    session: ClientSession | undefined,
    retried: Retried | undefined,
  ): void {
    const kept = this.#transcript.add(message);
    if (session !== undefined && this.#settings.clientHellos === undefined) this.#bind(kept, session);
    const hello = parseClientHello(kept);
    if (failed(hello)) throw new Error(`our own ClientHello is not well formed: ${hello}`);
    this.sendHandshake(kept);
    this.#state = { name: 'WAIT_SH', sent: { hello, pairs, session }, retried };
  }

  /** RFC 8446 §4.2.11.2: the binder covers the transcript up to the binders list. */
  #bind(message: Uint8Array, session: ClientSession): void {
    const crypto = this.resources.crypto;
    const { hash } = suiteOf(session.suite)!;
    const schedule = new KeySchedule(crypto, hash, session.psk);
    const key = schedule.binderKey(false);
    const binder = crypto.hmac(hash, key, this.#transcript.hashWithout(hash, binderRoom(session)));
    key.fill(0);
    schedule.clear();
    message.set(binder, message.length - binder.length);
  }

  #serverHello(sent: Sent, retried: Retried | undefined, message: Uint8Array): void {
    // §5.1: the key changes behind a ServerHello.
    if (!this.endsRecord) {
      this.fail('message_across_key_change');
      return;
    }
    const hello = parseServerHello(this.#add(message), sent.hello.extensionTypes);
    if (failed(hello)) {
      this.fail(hello);
      return;
    }
    const suite = sent.hello.cipherSuites.includes(hello.suite) ? suiteOf(hello.suite) : undefined;
    // §4.1.3: each of these must be as said, or illegal_parameter.
    if (
      hello.legacyVersion !== 0x0303 ||
      hello.selectedVersion !== 0x0304 ||
      !same(hello.sessionId, sent.hello.legacySessionId) ||
      hello.compression !== 0 ||
      suite === undefined ||
      (retried !== undefined && suite !== retried.suite)
    ) {
      this.fail('illegal_parameter');
      return;
    }
    if (hello.retry) this.#helloRetryRequest(sent, retried, suite, hello, message);
    else this.#keyExchange(sent, retried, suite, hello);
  }

  /** RFC 8446 §4.1.4. */
  #helloRetryRequest(
    sent: Sent,
    retried: Retried | undefined,
    suite: SuiteFacts,
    request: ServerHello,
    message: Uint8Array,
  ): void {
    if (retried !== undefined) {
      this.fail('unexpected_message'); // a second one
      return;
    }
    const { group, cookie } = request;
    const offered = sent.hello;
    // §4.2.8: a group that we support and sent no share of; and something must change.
    const wrongGroup =
      group !== undefined &&
      (offered.supportedGroups?.includes(group) !== true ||
        offered.keyShares?.some((one) => one.group === group) === true);
    if (wrongGroup || (group === undefined && cookie === undefined)) {
      this.fail('illegal_parameter');
      return;
    }
    const crypto = this.resources.crypto;
    this.#transcript.retry(this.#transcript.hashWithout(suite.hash, message.length));
    this.#add(message);
    const pairs = group === undefined ? sent.pairs : [crypto.keyPair(group)];
    // §4.1.4: a key for another hash cannot be used any more.
    const session =
      sent.session !== undefined && suiteOf(sent.session.suite)?.hash === suite.hash ? sent.session : undefined;
    this.#sendCompatibility(offered);
    const settings = this.#settings;
    const second =
      settings.clientHellos?.[1] ??
      encodeClientHello({
        random: offered.random,
        sessionId: offered.legacySessionId,
        suites: settings.suites,
        serverName: sniOf(settings.serverName),
        groups: settings.groups,
        schemes: settings.signatureSchemes,
        protocols: settings.protocols,
        pairs,
        cookie,
        session,
        unixMs: this.resources.epochMs + this.now,
      });
    this.#sendHello(second, pairs, session, { suite, group });
  }

  #keyExchange(sent: Sent, retried: Retried | undefined, suite: SuiteFacts, hello: ServerHello): void {
    const crypto = this.resources.crypto;
    const { session } = sent;
    if (hello.identity !== undefined) {
      // §4.2.11: the only identity that we offered, and a suite with its hash.
      if (hello.identity !== 0 || session === undefined || suiteOf(session.suite)?.hash !== suite.hash) {
        this.fail('illegal_parameter');
        return;
      }
    }
    // §4.2.9: we offer psk_dhe_ke only.
    if (hello.group === undefined || hello.share === undefined) {
      this.fail('missing_extension');
      return;
    }
    const pair = sent.pairs.find((one) => one.group === hello.group);
    if (pair === undefined || (retried?.group !== undefined && retried.group !== hello.group)) {
      this.fail('illegal_parameter');
      return;
    }
    const shared = pair.agree(hello.share);
    if (shared === undefined) {
      this.fail('bad_key_share');
      return;
    }
    const resumed = hello.identity === undefined ? undefined : session;
    const schedule = new KeySchedule(crypto, suite.hash, resumed?.psk);
    schedule.enterHandshake(shared);
    shared.fill(0);
    const hash = this.#transcript.hash(suite.hash);
    const clientSecret = schedule.derive('c hs traffic', hash);
    const serverSecret = schedule.derive('s hs traffic', hash);
    const { random } = sent.hello;
    logSecret(this.resources, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, clientSecret);
    logSecret(this.resources, 'SERVER_HANDSHAKE_TRAFFIC_SECRET', random, serverSecret);
    this.readWith(suite, new Uint8Array(serverSecret));
    const keys: Keys = {
      sent,
      suite,
      group: pair.group,
      schedule,
      clientSecret,
      serverSecret,
      resumed,
      alpn: undefined,
      requested: undefined,
      chain: resumed?.peerCertificates ?? [],
    };
    this.#state = { name: 'WAIT_EE', keys };
  }

  #encryptedExtensions(keys: Keys, message: Uint8Array): void {
    const { hello } = keys.sent;
    const extensions = parseEncryptedExtensions(this.#add(message), hello.extensionTypes, hello.protocols ?? []);
    if (failed(extensions)) {
      this.fail(extensions);
      return;
    }
    // RFC 8449 §4
    if (extensions.recordSizeLimit !== undefined) {
      this.size.limit = Math.min(MAXIMUM_PLAINTEXT, extensions.recordSizeLimit - 1);
    }
    const next: Keys = { ...keys, alpn: extensions.alpn };
    if (keys.resumed !== undefined) this.#verdict = 'good';
    this.#state =
      keys.resumed === undefined ? { name: 'WAIT_CERT_CR', keys: next } : { name: 'WAIT_FINISHED', keys: next };
  }

  #certificateRequest(keys: Keys, message: Uint8Array): void {
    const request = parseCertificateRequest(this.#add(message));
    if (failed(request)) {
      this.fail(request);
      return;
    }
    this.#state = { name: 'WAIT_CERT', keys: { ...keys, requested: request.schemes } };
  }

  #certificate(keys: Keys, type: number, octets: Uint8Array): void {
    let message = this.#add(octets);
    if (type === HandshakeType.CompressedCertificate) {
      // RFC 8879 §4: only where we offered it.
      if (!keys.sent.hello.extensionTypes.includes(ExtensionType.CompressCertificate)) {
        this.fail('unexpected_message');
        return;
      }
      const plain = decompressMessage(message);
      if (failed(plain)) {
        this.fail(plain);
        return;
      }
      message = plain;
    }
    const certificate = parseCertificate(message, keys.sent.hello.statusRequest);
    if (failed(certificate)) {
      this.fail(certificate);
      return;
    }
    if (certificate.context.length > 0) {
      this.fail('illegal_parameter');
      return;
    }
    // RFC 8446 §4.4.2.4: a server's chain must not be empty.
    if (certificate.chain.length === 0) {
      this.fail('decode_error');
      return;
    }
    const key = this.resources.crypto.publicKey(certificate.chain[0]!);
    if (key === undefined || key.schemes.length === 0) {
      this.fail(key === undefined ? 'bad_certificate' : 'unsupported_certificate');
      return;
    }
    this.#state = { name: 'WAIT_CV', keys, certificate, key };
  }

  #certificateVerify(keys: Keys, certificate: CertificateMessage, key: PublicKey, message: Uint8Array): void {
    const verify = parseCertificateVerify(message);
    if (failed(verify)) {
      this.fail(verify);
      return;
    }
    // RFC 8446 §4.4.3: a scheme that we offered, of the key's kind, none of PKCS #1 v1.5.
    const { scheme } = verify;
    if (
      keys.sent.hello.signatureAlgorithms?.includes(scheme) !== true ||
      !HANDSHAKE_SCHEMES.includes(scheme) ||
      !key.schemes.includes(scheme)
    ) {
      this.fail('illegal_parameter');
      return;
    }
    const content = signedContent('server', this.#transcript.hash(keys.suite.hash));
    if (!key.verify(scheme, content, verify.signature)) {
      this.fail('bad_signature');
      return;
    }
    this.#add(message);
    const { chain, ocspResponse } = certificate;
    const verdict = this.#settings.judgeServer(chain, this.#settings.serverName, ocspResponse);
    if (verdict !== 'later' && verdict !== 'good') {
      this.fail(verdict);
      return;
    }
    this.#verdict = verdict;
    this.#state = { name: 'WAIT_FINISHED', keys: { ...keys, chain } };
  }

  #serverFinished(keys: Keys, message: Uint8Array): void {
    const { suite, schedule, serverSecret, sent } = keys;
    const crypto = this.resources.crypto;
    if (message.length !== 4 + suite.hashOctets) {
      this.fail('decode_error');
      return;
    }
    // RFC 8446 §5.1: the key changes behind a Finished.
    if (!this.endsRecord) {
      this.fail('message_across_key_change');
      return;
    }
    const expected = schedule.verifyData(serverSecret, this.#transcript.hash(suite.hash));
    if (!crypto.equal(expected, message.subarray(4))) {
      this.fail('bad_finished');
      return;
    }
    this.#add(message);
    serverSecret.fill(0);
    schedule.enterMaster();
    const hash = this.#transcript.hash(suite.hash);
    const clientApplicationSecret = schedule.derive('c ap traffic', hash);
    const serverApplicationSecret = schedule.derive('s ap traffic', hash);
    const exporterSecret = schedule.derive('exp master', hash);
    const { random } = sent.hello;
    logSecret(this.resources, 'CLIENT_TRAFFIC_SECRET_0', random, clientApplicationSecret);
    logSecret(this.resources, 'SERVER_TRAFFIC_SECRET_0', random, serverApplicationSecret);
    logSecret(this.resources, 'EXPORTER_SECRET', random, exporterSecret);
    this.takesChangeCipherSpec = false;
    this.readWith(suite, serverApplicationSecret);
    const closing: Closing = { keys, clientApplicationSecret, exporterSecret };
    if (this.#verdict === 'later') {
      // Nothing of ours, least of all a certificate, goes to a server that is not judged.
      this.#state = { name: 'WAIT_VERDICT', closing };
      this.held = true;
      return;
    }
    this.#clientFlight(closing);
  }

  /** RFC 8446 §4.4: Certificate and CertificateVerify where asked, then Finished. */
  #clientFlight(closing: Closing): void {
    const { keys } = closing;
    this.#sendCompatibility(keys.sent.hello);
    this.writeWith(keys.suite, new Uint8Array(keys.clientSecret));
    const flight: Uint8Array[] = [];
    if (keys.requested !== undefined) {
      const { requested } = keys;
      const { credential } = this.#settings;
      const scheme = credential?.signer.schemes.find((one) => requested.includes(one));
      if (credential === undefined || scheme === undefined) {
        // §4.4.2: no suitable certificate is an empty list.
        flight.push(this.#add(encodeCertificate([], NOTHING, undefined)));
      } else {
        flight.push(this.#add(certificateMessage(credential, undefined, false)));
        const content = signedContent('client', this.#transcript.hash(keys.suite.hash));
        const signature = credential.signer.sign(scheme, content);
        if (signature === 'later') {
          this.#state = { name: 'WAIT_SIGNATURE', closing, scheme, flight };
          this.held = true;
          return;
        }
        flight.push(this.#add(encodeCertificateVerify(scheme, signature)));
      }
    }
    this.#finishFlight(closing, flight);
  }

  #finishFlight(closing: Closing, flight: Uint8Array[]): void {
    const { keys, exporterSecret } = closing;
    const { suite, schedule, clientSecret } = keys;
    const crypto = this.resources.crypto;
    const finished = encodeFinished(schedule.verifyData(clientSecret, this.#transcript.hash(suite.hash)));
    clientSecret.fill(0);
    flight.push(this.#add(finished));
    this.sendHandshake(joinOctets(flight));
    this.writeWith(suite, closing.clientApplicationSecret);
    const resumptionSecret = schedule.derive('res master', this.#transcript.hash(suite.hash));
    schedule.clear();
    this.#transcript.clear();
    const facts: TlsFacts = {
      version: 'TLSv1.3',
      suite: suite.name,
      group: groupName(keys.group),
      resumed: keys.resumed !== undefined,
      alpn: keys.alpn,
      serverName: this.#settings.serverName,
      peerCertificates: keys.chain,
      clientDigest: NOTHING,
      clientPolicy: '',
      exportKeyingMaterial: (label, context, length) =>
        exportKeyingMaterial(crypto, suite.hash, exporterSecret, label, context, length),
    };
    this.#state = { name: 'CONNECTED', keys, resumptionSecret };
    this.connect(facts, this.#settings.chooseProtocol(keys.alpn, facts));
  }

  /** RFC 8446 §4.6.1. */
  #newSessionTicket(keys: Keys, resumptionSecret: Uint8Array, message: Uint8Array): void {
    const ticket = parseNewSessionTicket(message);
    if (failed(ticket)) {
      this.fail(ticket);
      return;
    }
    // A lifetime of zero: discard at once.
    if (ticket.lifetimeS === 0) return;
    const { suite } = keys;
    if (this.#sessions.length === MAXIMUM_SESSIONS) this.#sessions.shift();
    this.#sessions.push({
      suite: suite.id,
      psk: hkdfExpandLabel(
        this.resources.crypto,
        suite.hash,
        resumptionSecret,
        'resumption',
        ticket.nonce,
        suite.hashOctets,
      ),
      ticket: new Uint8Array(ticket.ticket),
      ageAdd: ticket.ageAdd,
      lifetimeS: Math.min(ticket.lifetimeS, MAXIMUM_TICKET_LIFETIME_S),
      receivedAt: this.resources.epochMs + this.now,
      serverName: this.#settings.serverName,
      peerCertificates: keys.chain,
    });
  }

  /** Appendix D.4: one change_cipher_spec before our second flight, where the session id asks for it. */
  #sendCompatibility(hello: ClientHello): void {
    if (this.#sentChangeCipherSpec || hello.legacySessionId.length === 0) return;
    this.#sentChangeCipherSpec = true;
    this.sendChangeCipherSpec();
  }

  #add(message: Uint8Array): Uint8Array {
    return this.#transcript.add(message);
  }
}

function isCertificate(type: number): boolean {
  return type === HandshakeType.Certificate || type === HandshakeType.CompressedCertificate;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}

/** RFC 6066 §3: literal addresses are not host names; the trailing dot is not sent. */
function sniOf(name: string | undefined): string | undefined {
  if (name === undefined || name.includes(':') || /^[\d.]+$/.test(name)) return undefined;
  return name.replace(/\.$/, '');
}

const NOTHING = new Uint8Array(0);
