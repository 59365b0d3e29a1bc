/**
 * TLS 1.3 (RFC 8446) as a deterministic machine: records in and out, a protocol above, no I/O, no clock.
 *
 * ```ts
 * import { makeTlsResources, nodeCryptography, nodeSigner, pemCertificates, TlsServer, TlsServerSettings } from '@immuable-net/tls';
 *
 * const resources = makeTlsResources(nodeCryptography, Date.now() - performance.now());
 * const credential = { chain: pemCertificates(chainPem), signer: nodeSigner(keyPem), names: ['example.org'] };
 * const settings = new TlsServerSettings({
 *   resources,
 *   chooseCredential: () => credential,
 *   chooseProtocol: (alpn, facts) => (alpn === 'h2' ? new Http2Server(site) : new Http1Server(site)),
 * });
 * const connection = new TlsServer(settings, now); // a StreamProtocol: put it on a TCP connection
 * ```
 *
 * Certificates are checked and made by `@immuable-net/tls/certificates`, which is dear to load.
 *
 * @packageDocumentation
 */
export { AlertDescription, alertName } from './alert.ts';
export { CipherSuite, DEFAULT_SUITES } from './cipher-suite.ts';
export type { ClientSession } from './client-session.ts';
export type { TlsClientOptions } from './client-settings.ts';
export {
  type Answer,
  type CertificateOffer,
  type ClientPolicy,
  type Credential,
  chooseCredential,
  NO_CLIENT_CERTIFICATE,
  nameCovers,
  type Signer,
} from './credential.ts';
export type { Aead, Agreement, Crypto, HashName, KeyPair, PublicKey } from './crypto.ts';
export { alertOf, FAILURE_CODES, type FailureCode, type TlsFailure } from './failure.ts';
export { DEFAULT_GROUPS, groupName, NamedGroup } from './named-group.ts';
export {
  isPassphraseError,
  NodeSigner,
  nodeCryptography,
  nodeSigner,
  pemCertificates,
  randomFill,
} from './node-crypto.ts';
export { KeyedRetryCookies, type RetryCookies, type RetryFacts } from './retry-cookie.ts';
export { type TlsCounters, type TlsServerOptions, TlsServerSettings, type Verdict } from './server-settings.ts';
export { HANDSHAKE_SCHEMES, OFFERED_SCHEMES, SignatureScheme } from './signature-scheme.ts';
export { TICKET_KEY_OCTETS, TicketKeys, type TicketState, type Tickets } from './ticket-keys.ts';
export { type ClientStateName, TlsClient } from './tls-client.ts';
export { TlsConnection } from './tls-connection.ts';
export type { TlsFacts } from './tls-facts.ts';
export { makeTlsResources, type TlsResources } from './tls-resources.ts';
export { type ServerStateName, TlsServer } from './tls-server.ts';
