import type { StreamProtocol } from '@immuable-net/octets';
import { DEFAULT_SUITES } from './cipher-suite.ts';
import {
  type Answer,
  type CertificateOffer,
  type ClientPolicy,
  type Credential,
  NO_CLIENT_CERTIFICATE,
} from './credential.ts';
import type { FailureCode } from './failure.ts';
import { DEFAULT_GROUPS } from './named-group.ts';
import { TICKET_LIFETIME_S, TICKETS_PER_HANDSHAKE } from './parameters.ts';
import { PostQuantumRate } from './post-quantum-rate.ts';
import { KeyedRetryCookies, type RetryCookies } from './retry-cookie.ts';
import { OFFERED_SCHEMES } from './signature-scheme.ts';
import { TicketKeys, type Tickets } from './ticket-keys.ts';
import type { TlsFacts } from './tls-facts.ts';
import type { TlsResources } from './tls-resources.ts';

/** A verdict on a client's certificates: undefined is good, else the failure that tells what is wrong. */
export type Verdict = FailureCode | 'good';

/** What a server is told; all but the first three have defaults. */
export interface TlsServerOptions {
  readonly resources: TlsResources;
  /** The credential for an offer; undefined = none (`handshake_failure`); `later` = `provideCertificate` will be called. */
  readonly chooseCredential: (offer: CertificateOffer) => Answer<Credential | undefined>;
  /** The protocol above, once the handshake is done. `connection` is the `TlsServer` that asks. */
  readonly chooseProtocol: (alpn: string | undefined, facts: TlsFacts, connection: StreamProtocol) => StreamProtocol;
  /** Protocols for ALPN, best first. An empty list ignores ALPN. Default `h2`, `http/1.1`, `http/1.0`. */
  readonly protocols?: readonly string[];
  /** Cipher suites, best first. */
  readonly suites?: readonly number[];
  /** Groups, best first. */
  readonly groups?: readonly number[];
  /** Schemes asked of clients that show certificates. */
  readonly signatureSchemes?: readonly number[];
  /** What is asked of clients, by the name that they asked for. Default: nothing. */
  readonly clientPolicy?: (serverName: string | undefined) => ClientPolicy;
  /** Judges a client's chain (DER, its own first); `later` = `provideVerdict` will be called. Needed where a policy asks. */
  readonly judgeClient?: (chain: readonly Uint8Array[], serverName: string | undefined) => Answer<Verdict>;
  /** Undefined = keys made here; null = no tickets. */
  readonly ticketKeys?: Tickets | null;
  readonly ticketLifetimeS?: number;
  readonly ticketsPerHandshake?: number;
  readonly cookies?: RetryCookies;
  /** Whether certificates go compressed to clients that take it (RFC 8879). Default true. */
  readonly compressCertificates?: boolean;
}

/** Options with their defaults filled in, and counters: one for all connections of a listener. */
export class TlsServerSettings {
  readonly resources: TlsResources;
  readonly chooseCredential: TlsServerOptions['chooseCredential'];
  readonly chooseProtocol: TlsServerOptions['chooseProtocol'];
  readonly protocols: readonly string[];
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  readonly clientPolicy: (serverName: string | undefined) => ClientPolicy;
  readonly judgeClient: (chain: readonly Uint8Array[], serverName: string | undefined) => Answer<Verdict>;
  readonly ticketKeys: Tickets | null;
  readonly ticketLifetimeS: number;
  readonly ticketsPerHandshake: number;
  readonly cookies: RetryCookies;
  readonly compressCertificates: boolean;
  readonly postQuantum: PostQuantumRate;
  readonly counters: TlsCounters;

  constructor(options: TlsServerOptions) {
    const crypto = options.resources.crypto;
    this.resources = options.resources;
    this.chooseCredential = options.chooseCredential;
    this.chooseProtocol = options.chooseProtocol;
    this.protocols = options.protocols ?? ['h2', 'http/1.1', 'http/1.0'];
    this.suites = options.suites ?? DEFAULT_SUITES;
    this.groups = options.groups ?? DEFAULT_GROUPS;
    this.signatureSchemes = options.signatureSchemes ?? OFFERED_SCHEMES;
    this.clientPolicy = options.clientPolicy ?? (() => NO_CLIENT_CERTIFICATE);
    this.judgeClient = options.judgeClient ?? (() => 'access_denied');
    this.ticketKeys = options.ticketKeys === undefined ? new TicketKeys(crypto) : options.ticketKeys;
    this.ticketLifetimeS = options.ticketLifetimeS ?? TICKET_LIFETIME_S;
    this.ticketsPerHandshake = options.ticketsPerHandshake ?? TICKETS_PER_HANDSHAKE;
    this.cookies = options.cookies ?? new KeyedRetryCookies(crypto);
    this.compressCertificates = options.compressCertificates ?? true;
    this.postQuantum = new PostQuantumRate();
    this.counters = { handshakes: 0, resumptions: 0, retries: 0, failures: new Map(), alerts: new Map() };
  }
}

/** Counted over all connections of one {@link TlsServerSettings}. */
export interface TlsCounters {
  /** Finished, resumptions included. */
  handshakes: number;
  resumptions: number;
  /** HelloRetryRequests sent. */
  retries: number;
  /** Failures by code. */
  readonly failures: Map<FailureCode, number>;
  /** Alerts sent and received, by description. */
  readonly alerts: Map<number, number>;
}
