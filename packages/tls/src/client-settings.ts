import type { StreamProtocol } from '@immuable-net/octets';
import { DEFAULT_SUITES } from './cipher-suite.ts';
import type { ClientSession } from './client-session.ts';
import type { Answer, Credential } from './credential.ts';
import { NamedGroup } from './named-group.ts';
import type { Verdict } from './server-settings.ts';
import { OFFERED_SCHEMES } from './signature-scheme.ts';
import type { TlsFacts } from './tls-facts.ts';
import type { TlsResources } from './tls-resources.ts';

/** What a client is told; all but the first three have defaults. */
export interface TlsClientOptions {
  readonly resources: TlsResources;
  /** Judges the server's chain (DER, its own first) and its stapled OCSP response; `later` = `provideVerdict` will be called. */
  readonly judgeServer: (
    chain: readonly Uint8Array[],
    serverName: string | undefined,
    ocspResponse: Uint8Array | undefined,
  ) => Answer<Verdict>;
  /** The protocol above, once the handshake is done. */
  readonly chooseProtocol: (alpn: string | undefined, facts: TlsFacts) => StreamProtocol;
  /** The host name for SNI, and for the verdict; undefined for none. An IP address gets no SNI (RFC 6066 §3). */
  readonly serverName?: string | undefined;
  /** Protocols for ALPN, best first; empty = no ALPN. */
  readonly protocols?: readonly string[];
  readonly suites?: readonly number[];
  /** Groups, best first. */
  readonly groups?: readonly number[];
  /** Groups of which shares are sent at once; default: the first two, X25519MLKEM768 and X25519. */
  readonly shares?: readonly number[];
  readonly signatureSchemes?: readonly number[];
  /** For a server that asks for a certificate. */
  readonly credential?: Credential | undefined;
  /** A session to resume: each for one connection only (RFC 8446 appendix C.4). */
  readonly session?: ClientSession | undefined;
  /** The first and the second ClientHello to send instead of those made here, for replays of published handshakes: the key pairs must fit them. */
  readonly clientHellos?: readonly Uint8Array[] | undefined;
}

/** The options with their defaults. */
export type TlsClientSettings = Required<
  Omit<TlsClientOptions, 'serverName' | 'credential' | 'session' | 'clientHellos'>
> &
  Pick<TlsClientOptions, 'serverName' | 'credential' | 'session' | 'clientHellos'>;

const DEFAULT_CLIENT_GROUPS: readonly number[] = [
  NamedGroup.X25519MlKem768,
  NamedGroup.X25519,
  NamedGroup.Secp256r1,
  NamedGroup.Secp384r1,
];

/** Fills in the defaults. */
export function clientSettings(options: TlsClientOptions): TlsClientSettings {
  const groups = options.groups ?? DEFAULT_CLIENT_GROUPS;
  return {
    protocols: [],
    suites: DEFAULT_SUITES,
    signatureSchemes: OFFERED_SCHEMES,
    shares: groups.slice(0, 2),
    ...options,
    groups,
  };
}
