/** An answer that may come later, through a `provide…()` call. */
export type Answer<T> = T | 'later';

/** Who signs with a private key: in this process at once, elsewhere later. */
export interface Signer {
  /** Signature schemes of this key, in order of preference. */
  readonly schemes: readonly number[];
  /** `later`: the connection waits until `provideSignature` is called. */
  sign(scheme: number, message: Uint8Array): Answer<Uint8Array>;
}

/** A certificate chain and the key of its first certificate. */
export interface Credential {
  /** DER, the end entity's first, each issued by the next. */
  readonly chain: readonly Uint8Array[];
  readonly signer: Signer;
  /** Names that the first certificate is good for, in lower case, `*.example.org` among them. */
  readonly names: readonly string[];
  /** A stapled OCSP response (DER, RFC 6960), if there is one. */
  readonly ocspResponse?: Uint8Array | undefined;
}

/** What a server knows of a client when it chooses a certificate. */
export interface CertificateOffer {
  /** Lower case, as the client sent it; undefined without SNI. */
  readonly serverName: string | undefined;
  readonly signatureAlgorithms: readonly number[];
  readonly protocols: readonly string[];
}

/** Whether a name of a certificate covers a host name: equal, or a wildcard for its leftmost label (RFC 9525 §6.3). */
export function nameCovers(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!pattern.startsWith('*.')) return false;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}

/**
 * Chooses among credentials: those that cover the name, else the first of all; of several one whose key the
 * client can verify. Exact names win over wildcards.
 */
export function chooseCredential(
  credentials: readonly Credential[],
  offer: Pick<CertificateOffer, 'serverName' | 'signatureAlgorithms'>,
): Credential | undefined {
  const usable = (credential: Credential): boolean =>
    credential.signer.schemes.some((scheme) => offer.signatureAlgorithms.includes(scheme));
  const first = credentials[0];
  if (first === undefined) return undefined;
  const name = offer.serverName?.replace(/\.$/, '');
  let covering: readonly Credential[] = [];
  if (name !== undefined) {
    covering = credentials.filter(({ names }) => names.includes(name));
    if (covering.length === 0) covering = credentials.filter((c) => c.names.some((n) => nameCovers(n, name)));
  }
  if (covering.length === 0) {
    // No or unknown name: the first, in the variant (same names, another kind of key) that the client can verify.
    covering = credentials.filter(({ names }) => names.join() === first.names.join());
  }
  return covering.find(usable) ?? covering[0];
}

/** What a server asks of clients, which may differ by name. */
export interface ClientPolicy {
  readonly mode: 'none' | 'optional' | 'required';
  /** Names the policy: a ticket issued under one is not taken under another (CVE-2025-23419). */
  readonly id: string;
  /** Distinguished names (DER) for `certificate_authorities`; may be empty. */
  readonly authorities: readonly Uint8Array[];
}

/** The policy of a server that asks clients for nothing. */
export const NO_CLIENT_CERTIFICATE: ClientPolicy = { mode: 'none', id: '', authorities: [] };
