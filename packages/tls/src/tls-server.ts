import {
  type CertificateMessage,
  certificateMessage,
  decompressMessage,
  parseCertificate,
} from './certificate-message.ts';
import { encodeCertificateVerify, parseCertificateVerify, signedContent } from './certificate-verify.ts';
import type { SuiteFacts } from './cipher-suite.ts';
import { type ClientHello, parseClientHello } from './client-hello.ts';
import { checkClientHello, checkRetriedHello, digestHello, type HelloDigest } from './client-hello-rules.ts';
import type { ClientPolicy, Credential } from './credential.ts';
import type { PublicKey } from './crypto.ts';
import { failed } from './failure.ts';
import { HandshakeType } from './handshake-type.ts';
import { hkdfExpandLabel } from './hkdf.ts';
import { joinOctets } from './join-octets.ts';
import { logSecret } from './key-log.ts';
import { exportKeyingMaterial, KeySchedule } from './key-schedule.ts';
import { groupName, NamedGroup } from './named-group.ts';
import { MAXIMUM_PLAINTEXT } from './parameters.ts';
import { isHttpRequest, PLAIN_HTTP_ANSWER } from './plain-http.ts';
import {
  encodeCertificateRequest,
  encodeEncryptedExtensions,
  encodeFinished,
  encodeHelloRetryRequest,
  encodeNewSessionTicket,
  encodeServerHello,
} from './server-messages.ts';
import { chooseAlpn, chooseGroup, chooseResumption, chooseSuite, type Resumption } from './server-negotiation.ts';
import type { TlsServerSettings, Verdict } from './server-settings.ts';
import { TlsConnection } from './tls-connection.ts';
import type { TlsFacts } from './tls-facts.ts';
import { Transcript } from './transcript.ts';

/** What the ClientHello and our answer to it agreed on. */
interface Agreed {
  readonly hello: ClientHello;
  readonly clientRandom: Uint8Array;
  readonly suite: SuiteFacts;
  readonly group: number;
  readonly share: Uint8Array;
  readonly alpn: string | undefined;
  readonly serverName: string | undefined;
  readonly policy: ClientPolicy;
  readonly resumption: Resumption | undefined;
}

/** What is left of it once our flight is out. */
interface Flown {
  readonly agreed: Agreed;
  readonly schedule: KeySchedule;
  readonly clientHandshakeSecret: Uint8Array;
  readonly clientSecret: Uint8Array;
  readonly exporterSecret: Uint8Array;
}

/** The states of RFC 8446 appendix A.2, each with just what it needs. Early data and post-handshake authentication have none: they are not spoken. */
type ServerState =
  | { readonly name: 'START' }
  | { readonly name: 'RETRIED'; readonly first: HelloDigest; readonly suite: SuiteFacts; readonly group: number }
  | { readonly name: 'WAIT_CREDENTIAL'; readonly agreed: Agreed }
  | {
      readonly name: 'WAIT_SIGNATURE';
      readonly agreed: Agreed;
      readonly schedule: KeySchedule;
      readonly secret: Uint8Array;
      readonly scheme: number;
    }
  | { readonly name: 'WAIT_CERT'; readonly flown: Flown }
  | {
      readonly name: 'WAIT_CV';
      readonly flown: Flown;
      readonly certificate: CertificateMessage;
      readonly key: PublicKey;
    }
  | { readonly name: 'WAIT_FINISHED'; readonly flown: Flown; readonly chain: readonly Uint8Array[] }
  | { readonly name: 'WAIT_VERDICT'; readonly flown: Flown; readonly chain: readonly Uint8Array[] }
  | { readonly name: 'CONNECTED' }
  | { readonly name: 'CLOSED' };

/** The names of a server's handshake states. */
export type ServerStateName = ServerState['name'];

/**
 * The server side of one connection. Below it is any stream; above it the protocol that
 * `TlsServerOptions.chooseProtocol` makes once the client's Finished has come.
 *
 * Where an answer is given `later`, {@link state} tells which is awaited; after `provide…()` call `emit` and offer
 * again what `arrive` left.
 */
export class TlsServer extends TlsConnection {
  readonly #settings: TlsServerSettings;
  readonly #transcript: Transcript;
  #state: ServerState;
  /** The verdict on the client's chain: it may come before or after the client's Finished. */
  #verdict: Verdict | 'later';
  #first: boolean;
  #retried: boolean;
  #clientHandshakeSecret: Uint8Array;

  constructor(settings: TlsServerSettings, now: number) {
    super(settings.resources, now);
    this.#settings = settings;
    this.#transcript = new Transcript(settings.resources.crypto);
    this.#state = { name: 'START' };
    this.#verdict = 'later';
    this.#first = true;
    this.#retried = false;
    this.#clientHandshakeSecret = NOTHING;
  }

  /** The state of the handshake. */
  get state(): ServerStateName {
    return this.#state.name;
  }

  /** Answers `chooseCredential`, in state `WAIT_CREDENTIAL`; undefined = there is none. */
  provideCertificate(credential: Credential | undefined, now: number): void {
    if (this.#state.name !== 'WAIT_CREDENTIAL') throw new Error(`no certificate is awaited in ${this.#state.name}`);
    this.now = now;
    this.held = false;
    this.#serverFlight(this.#state.agreed, credential);
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
    const verify = encodeCertificateVerify(state.scheme, signature);
    this.#transcript.add(verify);
    this.#finishFlight(state.agreed, state.schedule, state.secret, [verify]);
  }

  /** Answers `judgeClient`, at any time after it said `later`. */
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
      this.#established(this.#state.flown, this.#state.chain);
    }
  }

  protected override firstOctets(octets: Uint8Array, at: number): boolean {
    if (!this.#first) return false;
    this.#first = false;
    if (!isHttpRequest(octets, at)) return false;
    this.sendUnframed(PLAIN_HTTP_ANSWER);
    this.fail('plain_http');
    return true;
  }

  protected override forget(): void {
    const { failure } = this;
    if (failure !== undefined && this.#state.name !== 'CLOSED') {
      const { failures, alerts } = this.#settings.counters;
      failures.set(failure.code, (failures.get(failure.code) ?? 0) + 1);
      if (failure.alert !== undefined) alerts.set(failure.alert, (alerts.get(failure.alert) ?? 0) + 1);
    }
    this.#state = { name: 'CLOSED' };
    this.#transcript.clear();
  }

  protected override message(type: number, message: Uint8Array): void {
    const state = this.#state;
    switch (state.name) {
      case 'START':
      case 'RETRIED':
        if (type !== HandshakeType.ClientHello) {
          this.fail('unexpected_message');
          return;
        }
        // RFC 8446 §5.1: what follows a ClientHello is under another key.
        if (!this.endsRecord) {
          this.fail('message_across_key_change');
          return;
        }
        this.#clientHello(message);
        return;
      case 'WAIT_CERT':
        if (type === HandshakeType.Certificate || type === HandshakeType.CompressedCertificate) {
          this.#certificate(state.flown, type, message);
          return;
        }
        this.fail('unexpected_message');
        return;
      case 'WAIT_CV':
        if (type !== HandshakeType.CertificateVerify) {
          this.fail('unexpected_message');
          return;
        }
        this.#certificateVerify(state.flown, state.certificate, state.key, message);
        return;
      case 'WAIT_FINISHED':
        if (type !== HandshakeType.Finished) {
          this.fail('unexpected_message');
          return;
        }
        this.#finished(state.flown, state.chain, message);
        return;
      case 'CONNECTED':
        if (type === HandshakeType.KeyUpdate) {
          this.keyUpdate(message);
          return;
        }
        this.fail('unexpected_message');
        return;
      default:
        this.fail('unexpected_message');
        return;
    }
  }

  #clientHello(octets: Uint8Array): void {
    this.takesChangeCipherSpec = true;
    const message = this.#transcript.add(octets);
    const hello = parseClientHello(message);
    if (failed(hello)) {
      this.fail(hello);
      return;
    }
    const wrong = checkClientHello(hello);
    if (wrong !== undefined) {
      this.fail(wrong);
      return;
    }
    const settings = this.#settings;
    const crypto = this.resources.crypto;
    const unixMs = this.resources.epochMs + this.now;
    const suite = chooseSuite(hello, settings.suites);
    if (suite === undefined) {
      this.fail('no_common_cipher_suite');
      return;
    }

    const retried = this.#state.name === 'RETRIED' ? this.#state : undefined;
    if (retried !== undefined) {
      const facts = hello.cookie === undefined ? undefined : settings.cookies.open(hello.cookie, unixMs);
      if (hello.cookie === undefined) {
        this.fail('missing_extension');
        return;
      }
      if (facts === undefined || facts.suite !== suite.id || facts.group !== retried.group) {
        this.fail('bad_cookie');
        return;
      }
      const changed = checkRetriedHello(retried.first, hello, retried.group);
      if (changed !== undefined) {
        this.fail(changed);
        return;
      }
      this.skipsEarlyData = false;
    } else {
      // §4.2.2: a cookie that nobody gave.
      if (hello.cookie !== undefined) {
        this.fail('illegal_parameter');
        return;
      }
      this.skipsEarlyData = hello.earlyData;
    }

    const choice = chooseGroup(hello, settings.groups, crypto, settings.postQuantum.allows(this.now));
    if (choice === undefined) {
      this.fail(hello.supportedGroups === undefined ? 'missing_extension' : 'no_common_group');
      return;
    }
    const alpn = chooseAlpn(hello, settings.protocols);
    if (failed(alpn)) {
      this.fail(alpn);
      return;
    }
    const share = retried === undefined ? choice.share : hello.keyShares![0]!.share;
    const group = retried === undefined ? choice.group : retried.group;
    if (share === undefined) {
      this.#retry(hello, suite, group, unixMs);
      return;
    }

    const policy = settings.clientPolicy(hello.serverName);
    let resumption: Resumption | undefined;
    if (settings.ticketKeys !== null) {
      const terms = {
        suite,
        serverName: hello.serverName ?? '',
        policy: policy.id,
        needsClient: policy.mode === 'required',
      };
      const chosen = chooseResumption(
        crypto,
        hello,
        message.length,
        settings.ticketKeys,
        terms,
        this.#transcript,
        unixMs,
      );
      if (typeof chosen === 'string') {
        this.fail(chosen);
        return;
      }
      resumption = chosen;
    }
    if (resumption === undefined && hello.signatureAlgorithms === undefined) {
      this.fail('missing_extension');
      return;
    }
    // RFC 8449 §4: its limit counts the content type.
    if (hello.recordSizeLimit !== undefined) {
      this.size.limit = Math.min(MAXIMUM_PLAINTEXT, hello.recordSizeLimit - 1);
    }
    const agreed: Agreed = {
      hello,
      clientRandom: new Uint8Array(hello.random),
      suite,
      group,
      share,
      alpn: alpn.alpn,
      serverName: hello.serverName,
      policy,
      resumption,
    };
    if (resumption !== undefined) {
      this.#serverFlight(agreed, undefined);
      return;
    }
    const credential = settings.chooseCredential({
      serverName: hello.serverName,
      signatureAlgorithms: hello.signatureAlgorithms!,
      protocols: hello.protocols ?? [],
    });
    if (credential === 'later') {
      this.#state = { name: 'WAIT_CREDENTIAL', agreed };
      this.held = true;
      return;
    }
    this.#serverFlight(agreed, credential);
  }

  /** RFC 8446 §4.1.4: asks for a share of a group that both know. */
  #retry(hello: ClientHello, suite: SuiteFacts, group: number, unixMs: number): void {
    const helloHash = this.#transcript.hash(suite.hash);
    const cookie = this.#settings.cookies.make({ suite: suite.id, group, helloHash, at: unixMs });
    const request = encodeHelloRetryRequest(hello.legacySessionId, suite.id, group, cookie);
    this.#transcript.retry(helloHash);
    this.#transcript.add(request);
    this.sendHandshake(request);
    if (hello.legacySessionId.length > 0) this.sendChangeCipherSpec();
    this.#settings.counters.retries++;
    this.#retried = true;
    this.#state = { name: 'RETRIED', first: digestHello(hello), suite, group };
  }

  /** ServerHello, EncryptedExtensions and what follows, up to the signature. */
  #serverFlight(agreed: Agreed, credential: Credential | undefined): void {
    const { hello, suite, resumption, policy } = agreed;
    const crypto = this.resources.crypto;
    let scheme: number | undefined;
    if (resumption === undefined) {
      if (credential === undefined) {
        this.fail('no_certificate');
        return;
      }
      // RFC 8446 §4.4.2.2: no scheme in common is handshake_failure.
      scheme = credential.signer.schemes.find((one) => hello.signatureAlgorithms!.includes(one));
      if (scheme === undefined) {
        this.fail('no_common_signature_scheme');
        return;
      }
    }
    const agreement = crypto.agree(agreed.group, agreed.share);
    if (agreement === undefined) {
      this.fail('bad_key_share');
      return;
    }
    if (agreed.group === NamedGroup.X25519MlKem768) this.#settings.postQuantum.spend();
    const random = new Uint8Array(32);
    crypto.random(random, 0, 32);
    const identity = resumption?.index;
    const serverHello = encodeServerHello(
      random,
      hello.legacySessionId,
      suite.id,
      agreed.group,
      agreement.share,
      identity,
    );
    this.#transcript.add(serverHello);
    this.sendHandshake(serverHello);
    // Appendix D.4: once, after the first handshake message of ours.
    if (hello.legacySessionId.length > 0 && !this.#retried) this.sendChangeCipherSpec();

    const schedule = resumption?.schedule ?? new KeySchedule(crypto, suite.hash, undefined);
    schedule.enterHandshake(agreement.secret);
    agreement.secret.fill(0);
    const hash = this.#transcript.hash(suite.hash);
    const clientSecret = schedule.derive('c hs traffic', hash);
    const serverSecret = schedule.derive('s hs traffic', hash);
    logSecret(this.resources, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', agreed.clientRandom, clientSecret);
    logSecret(this.resources, 'SERVER_HANDSHAKE_TRAFFIC_SECRET', agreed.clientRandom, serverSecret);
    this.writeWith(suite, new Uint8Array(serverSecret));
    this.readWith(suite, new Uint8Array(clientSecret));
    this.#clientHandshakeSecret = clientSecret;

    const flight: Uint8Array[] = [];
    const send = (message: Uint8Array): void => {
      this.#transcript.add(message);
      flight.push(message);
    };
    send(
      encodeEncryptedExtensions({
        groups: hello.supportedGroups === undefined ? undefined : this.#settings.groups,
        alpn: agreed.alpn,
        recordSizeLimit: hello.recordSizeLimit !== undefined,
        serverName: agreed.serverName !== undefined && resumption === undefined,
      }),
    );
    if (hello.recordSizeLimit !== undefined) this.limitReading(MAXIMUM_PLAINTEXT + 1);
    if (resumption !== undefined) {
      this.#finishFlight(agreed, schedule, serverSecret, flight);
      return;
    }

    if (policy.mode !== 'none') send(encodeCertificateRequest(policy, this.#settings.signatureSchemes));
    const offered = this.#settings.compressCertificates ? hello.certificateCompression : undefined;
    send(certificateMessage(credential!, offered, hello.statusRequest));
    const content = signedContent('server', this.#transcript.hash(suite.hash));
    const signature = credential!.signer.sign(scheme!, content);
    if (signature === 'later') {
      this.sendHandshake(joinOctets(flight));
      this.#state = { name: 'WAIT_SIGNATURE', agreed, schedule, secret: serverSecret, scheme: scheme! };
      this.held = true;
      return;
    }
    send(encodeCertificateVerify(scheme!, signature));
    this.#finishFlight(agreed, schedule, serverSecret, flight);
  }

  /** Our Finished, behind what of the flight has not gone yet; then the application keys. */
  #finishFlight(agreed: Agreed, schedule: KeySchedule, secret: Uint8Array, flight: Uint8Array[]): void {
    const { suite, clientRandom, policy, resumption } = agreed;
    const finished = encodeFinished(schedule.verifyData(secret, this.#transcript.hash(suite.hash)));
    secret.fill(0);
    this.#transcript.add(finished);
    flight.push(finished);
    this.sendHandshake(joinOctets(flight));
    schedule.enterMaster();
    const hash = this.#transcript.hash(suite.hash);
    const clientSecret = schedule.derive('c ap traffic', hash);
    const serverSecret = schedule.derive('s ap traffic', hash);
    const exporterSecret = schedule.derive('exp master', hash);
    logSecret(this.resources, 'CLIENT_TRAFFIC_SECRET_0', clientRandom, clientSecret);
    logSecret(this.resources, 'SERVER_TRAFFIC_SECRET_0', clientRandom, serverSecret);
    logSecret(this.resources, 'EXPORTER_SECRET', clientRandom, exporterSecret);
    this.writeWith(suite, serverSecret);
    const clientHandshakeSecret = this.#clientHandshakeSecret;
    const flown: Flown = { agreed, schedule, clientHandshakeSecret, clientSecret, exporterSecret };
    this.#state =
      policy.mode !== 'none' && resumption === undefined
        ? { name: 'WAIT_CERT', flown }
        : { name: 'WAIT_FINISHED', flown, chain: [] };
    if (this.#state.name === 'WAIT_FINISHED') this.#verdict = 'good';
  }

  #certificate(flown: Flown, type: number, octets: Uint8Array): void {
    this.#transcript.add(octets);
    if (type === HandshakeType.CompressedCertificate) {
      // RFC 8879 §4: we offered no compression in CertificateRequest.
      const plain = decompressMessage(octets);
      this.fail(failed(plain) ? plain : 'unexpected_message');
      return;
    }
    const certificate = parseCertificate(new Uint8Array(octets), false);
    if (failed(certificate)) {
      this.fail(certificate);
      return;
    }
    // RFC 8446 §4.4.2: the context of the request, which was empty.
    if (certificate.context.length > 0) {
      this.fail('illegal_parameter');
      return;
    }
    const { policy, serverName } = flown.agreed;
    if (certificate.chain.length === 0) {
      // §4.4.2.4
      if (policy.mode === 'required') {
        this.fail('certificate_required');
        return;
      }
      this.#verdict = 'good';
      this.#state = { name: 'WAIT_FINISHED', flown, chain: [] };
      return;
    }
    const key = this.resources.crypto.publicKey(certificate.chain[0]!);
    if (key === undefined) {
      this.fail('bad_certificate');
      return;
    }
    if (key.schemes.length === 0) {
      this.fail('unsupported_certificate');
      return;
    }
    const verdict = this.#settings.judgeClient(certificate.chain, serverName);
    if (verdict !== 'later' && verdict !== 'good') {
      this.fail(verdict);
      return;
    }
    this.#verdict = verdict;
    this.#state = { name: 'WAIT_CV', flown, certificate, key };
  }

  #certificateVerify(flown: Flown, certificate: CertificateMessage, key: PublicKey, message: Uint8Array): void {
    const verify = parseCertificateVerify(message);
    if (failed(verify)) {
      this.fail(verify);
      return;
    }
    // RFC 8446 §4.4.3: one of those that we offered, of the key's kind, none of PKCS #1 v1.5.
    if (!this.#settings.signatureSchemes.includes(verify.scheme) || !key.schemes.includes(verify.scheme)) {
      this.fail('illegal_parameter');
      return;
    }
    const content = signedContent('client', this.#transcript.hash(flown.agreed.suite.hash));
    if (!key.verify(verify.scheme, content, verify.signature)) {
      this.fail('bad_signature');
      return;
    }
    this.#transcript.add(message);
    this.#state = { name: 'WAIT_FINISHED', flown, chain: certificate.chain };
  }

  #finished(flown: Flown, chain: readonly Uint8Array[], message: Uint8Array): void {
    const { agreed, schedule, clientHandshakeSecret, clientSecret } = flown;
    const hash = agreed.suite.hash;
    if (message.length !== 4 + agreed.suite.hashOctets) {
      this.fail('decode_error');
      return;
    }
    // RFC 8446 §5.1: the key changes behind a Finished.
    if (!this.endsRecord) {
      this.fail('message_across_key_change');
      return;
    }
    const expected = schedule.verifyData(clientHandshakeSecret, this.#transcript.hash(hash));
    if (!this.resources.crypto.equal(expected, message.subarray(4))) {
      this.fail('bad_finished');
      return;
    }
    this.#transcript.add(message);
    clientHandshakeSecret.fill(0);
    this.readWith(agreed.suite, clientSecret);
    this.takesChangeCipherSpec = false;
    if (this.#verdict === 'later') {
      this.#state = { name: 'WAIT_VERDICT', flown, chain };
      this.held = true;
      return;
    }
    this.#established(flown, chain);
  }

  #established(flown: Flown, chain: readonly Uint8Array[]): void {
    const { agreed, schedule, exporterSecret } = flown;
    const { suite, group, alpn, serverName, resumption, policy, hello } = agreed;
    const crypto = this.resources.crypto;
    const clientDigest =
      resumption?.state.clientDigest ??
      (chain.length === 0 ? NOTHING : new Uint8Array(crypto.hash('sha256', joinOctets(chain))));
    // §4.2.9: tickets only for a client that can use them.
    if (this.#settings.ticketKeys !== null && hello.pskModes?.includes(1) === true) {
      this.#sendTickets(suite, schedule.derive('res master', this.#transcript.hash(suite.hash)), {
        serverName: serverName ?? '',
        policy: policy.id,
        clientDigest,
      });
    }
    schedule.clear();
    this.#transcript.clear();
    const facts: TlsFacts = {
      version: 'TLSv1.3',
      suite: suite.name,
      group: groupName(group),
      resumed: resumption !== undefined,
      alpn,
      serverName,
      peerCertificates: chain,
      clientDigest,
      clientPolicy: policy.id,
      exportKeyingMaterial: (label, context, length) =>
        exportKeyingMaterial(crypto, suite.hash, exporterSecret, label, context, length),
    };
    this.#settings.counters.handshakes++;
    if (resumption !== undefined) this.#settings.counters.resumptions++;
    this.#state = { name: 'CONNECTED' };
    this.connect(facts, this.#settings.chooseProtocol(alpn, facts, this));
  }

  /** RFC 8446 §4.6.1. */
  #sendTickets(
    suite: SuiteFacts,
    resumptionSecret: Uint8Array,
    bound: { readonly serverName: string; readonly policy: string; readonly clientDigest: Uint8Array },
  ): void {
    const { crypto, epochMs } = this.resources;
    const unixMs = Math.floor(epochMs + this.now);
    const lifetimeS = this.#settings.ticketLifetimeS;
    const messages: Uint8Array[] = [];
    for (let index = 0; index < this.#settings.ticketsPerHandshake; index++) {
      const nonce = Uint8Array.of(index);
      const psk = hkdfExpandLabel(crypto, suite.hash, resumptionSecret, 'resumption', nonce, suite.hashOctets);
      const add = new Uint8Array(4);
      crypto.random(add, 0, 4);
      const ageAdd = ((add[0]! << 24) | (add[1]! << 16) | (add[2]! << 8) | add[3]!) >>> 0;
      const state = { suite: suite.id, psk, issuedAt: unixMs, lifetimeS, ageAdd, ...bound };
      messages.push(encodeNewSessionTicket(lifetimeS, ageAdd, nonce, this.#settings.ticketKeys!.seal(state, unixMs)));
      psk.fill(0);
    }
    resumptionSecret.fill(0);
    if (messages.length > 0) this.sendHandshake(joinOctets(messages));
  }
}

const NOTHING = new Uint8Array(0);
