import { toHex } from '@immuable-net/octets';
import { ipOctets } from './ip-octets.ts';
import { type NameConstraints, parseNameConstraints } from './name-constraints.ts';
import { x509 } from './x509.ts';

/** What a certificate may be used for, here. */
export type Purpose = 'server' | 'client';

const EXTENDED_USAGE: Readonly<Record<Purpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};
const ANY_USAGE = '2.5.29.37.0';
const NAME_CONSTRAINTS = '2.5.29.30';

/** Extensions that are understood here, or say nothing that a path depends on: critical or not, they are fine. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.14', // subject key identifier
  '2.5.29.15', // key usage
  '2.5.29.17', // subject alternative name
  '2.5.29.19', // basic constraints
  '2.5.29.35', // authority key identifier
  '2.5.29.37', // extended key usage
  '2.5.29.32', // certificate policies: no policy is asked for
  NAME_CONSTRAINTS,
]);

/** A certificate (RFC 5280), parsed to what paths and names need. */
export interface Certificate {
  readonly der: Uint8Array;
  /** For people. */
  readonly subjectText: string;
  readonly issuerText: string;
  /** The encoded names, in hexadecimal: compared octet by octet. */
  readonly subject: string;
  readonly issuer: string;
  /** The subject's encoded name. */
  readonly subjectDer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly Uint8Array[];
  /** Names of other kinds. */
  readonly otherNames: boolean;
  readonly authority: boolean;
  readonly pathLength: number | undefined;
  /** Bits of KeyUsageFlags; undefined = any. */
  readonly keyUsage: number | undefined;
  readonly extendedUsages: readonly string[] | undefined;
  readonly constraints: NameConstraints | undefined;
  /** SubjectPublicKeyInfo (DER). */
  readonly publicKey: Uint8Array;
  /** Why it cannot be judged: a critical extension nobody here knows, or a broken one. */
  readonly unknown: string | undefined;
  /** Signed with a hash that collides (MD5, SHA-1). */
  readonly weak: boolean;
}

/** Parses a certificate (DER); undefined if it is none. */
export function parseCertificateDer(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch {
    return undefined; // The library reports bad encodings by exceptions.
  }
}

function readCertificate(der: Uint8Array): Certificate {
  const parsed = new x509.X509Certificate(new Uint8Array(der));
  const dnsNames: string[] = [];
  const ipAddresses: Uint8Array[] = [];
  let otherNames = false;
  let unknown: string | undefined;
  const names = parsed.getExtension(x509.SubjectAlternativeNameExtension);
  for (const name of names?.names.items ?? []) {
    const address = name.type === 'ip' ? ipOctets(name.value) : undefined;
    if (name.type === 'dns') dnsNames.push(name.value.toLowerCase());
    else if (address !== undefined) ipAddresses.push(address);
    else otherNames = true;
  }
  let constraints: NameConstraints | undefined;
  const seen = new Set<string>();
  for (const extension of parsed.extensions) {
    // RFC 5280 §4.2: not more than one of a kind.
    if (seen.has(extension.type)) unknown = `extension ${extension.type} twice`;
    seen.add(extension.type);
    if (extension.critical && !UNDERSTOOD.has(extension.type)) unknown = `critical extension ${extension.type}`;
    if (extension.type === NAME_CONSTRAINTS) {
      constraints = parseNameConstraints(new Uint8Array(extension.value));
      if (constraints === undefined) unknown = 'broken name constraints';
    }
  }
  const basic = parsed.getExtension(x509.BasicConstraintsExtension);
  const hash = (parsed.signatureAlgorithm as { hash?: { name?: string } }).hash?.name ?? '';
  const subjectDer = new Uint8Array(parsed.subjectName.toArrayBuffer());
  return {
    der,
    subjectText: parsed.subject,
    issuerText: parsed.issuer,
    subject: toHex(subjectDer),
    issuer: toHex(new Uint8Array(parsed.issuerName.toArrayBuffer())),
    subjectDer,
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    dnsNames,
    ipAddresses,
    otherNames,
    authority: basic?.ca === true,
    pathLength: basic?.pathLength,
    keyUsage: parsed.getExtension(x509.KeyUsagesExtension)?.usages,
    extendedUsages: parsed.getExtension(x509.ExtendedKeyUsageExtension)?.usages.map(String),
    constraints,
    publicKey: new Uint8Array(parsed.publicKey.rawData),
    unknown,
    weak: /^(MD5|SHA-1)$/i.test(hash),
  };
}

/** Whether the extended key usage (RFC 5280 §4.2.1.12) leaves this purpose open. */
export function servesPurpose(certificate: Certificate, purpose: Purpose): boolean {
  const usages = certificate.extendedUsages;
  return usages === undefined || usages.includes(EXTENDED_USAGE[purpose]) || usages.includes(ANY_USAGE);
}

/** RFC 9525 §6: whether a certificate is for this host: a DNS name (wildcards for the leftmost label alone) or an IP address. */
export function matchesHost(certificate: Certificate, host: string): boolean {
  const address = ipOctets(host);
  if (address !== undefined) {
    return certificate.ipAddresses.some(
      (one) => one.length === address.length && one.every((o, i) => o === address[i]),
    );
  }
  const name = host.toLowerCase().replace(/\.$/, '');
  return certificate.dnsNames.some((pattern) => {
    if (pattern === name) return true;
    if (!pattern.startsWith('*.') || pattern.indexOf('*', 1) !== -1) return false;
    const dot = name.indexOf('.');
    return dot > 0 && name.slice(dot + 1) === pattern.slice(2);
  });
}
