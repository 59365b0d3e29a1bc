import type { FailureCode } from '../failure.ts';
import { certificateSignedBy } from '../node-crypto.ts';
import { type Certificate, type Purpose, parseCertificateDer, servesPurpose } from './certificate.ts';
import { permits } from './name-constraints.ts';
import { x509 } from './x509.ts';

/** Certificates of one chain. OpenSSL's default depth is 100, browsers stop near 10. */
const MAXIMUM_DEPTH = 8;

/** Signatures checked for one verdict: what keeps a chain made for it from costing seconds. */
const MAXIMUM_SIGNATURES = 32;

const DIGITAL_SIGNATURE: number = x509.KeyUsageFlags.digitalSignature;
const KEY_CERT_SIGN: number = x509.KeyUsageFlags.keyCertSign;

/** What RFC 5280 §6 asks of a chain: roots that are trusted, the time of day, what the certificate is for. */
export interface PathTerms {
  readonly roots: readonly Certificate[];
  /** Milliseconds since 1970. */
  readonly unixMs: number;
  readonly purpose: Purpose;
}

/**
 * Looks for a path from the first certificate to a root, through the others in any order. `good`, or why there is
 * none: of several reasons the one that came closest.
 */
export function judgePath(chain: readonly Uint8Array[], terms: PathTerms): FailureCode | 'good' {
  const parsed = chain.slice(0, MAXIMUM_DEPTH * 2).map(parseCertificateDer);
  const leaf = parsed[0];
  if (leaf === undefined) return 'bad_certificate';
  const others = parsed.slice(1).filter((one): one is Certificate => one !== undefined);
  if (leaf.unknown !== undefined) return 'unsupported_certificate';
  if (!inTime(leaf, terms.unixMs)) return 'certificate_expired';
  if (!servesPurpose(leaf, terms.purpose)) return 'unsupported_certificate';
  if (leaf.keyUsage !== undefined && (leaf.keyUsage & DIGITAL_SIGNATURE) === 0) return 'unsupported_certificate';
  // A certificate that is itself trusted needs no path.
  if (terms.roots.some((root) => sameOctets(root.der, leaf.der))) return 'good';
  const search: Search = { terms, others, signatures: 0, reason: 'unknown_ca' };
  return climb(search, [leaf]) ? 'good' : search.reason;
}

interface Search {
  readonly terms: PathTerms;
  readonly others: readonly Certificate[];
  signatures: number;
  reason: FailureCode;
}

/** Tries every issuer of the path's last certificate: roots first. */
function climb(search: Search, path: readonly Certificate[]): boolean {
  const last = path[path.length - 1]!;
  for (const issuer of [...search.terms.roots, ...search.others]) {
    if (issuer.subject !== last.issuer || path.includes(issuer)) continue;
    const wrong = mayIssue(issuer, path, search.terms);
    if (wrong !== undefined) {
      search.reason = wrong;
      continue;
    }
    if (last.weak || ++search.signatures > MAXIMUM_SIGNATURES || !certificateSignedBy(last.der, issuer.der)) {
      search.reason = 'bad_certificate';
      continue;
    }
    if (search.terms.roots.includes(issuer)) return true;
    if (path.length < MAXIMUM_DEPTH && climb(search, [...path, issuer])) return true;
  }
  return false;
}

/** RFC 5280 §6.1.4: whether a certificate may have issued the last of a path; undefined if so. */
function mayIssue(issuer: Certificate, path: readonly Certificate[], terms: PathTerms): FailureCode | undefined {
  if (issuer.unknown !== undefined) return 'unsupported_certificate';
  if (!issuer.authority) return 'unknown_ca';
  if (issuer.keyUsage !== undefined && (issuer.keyUsage & KEY_CERT_SIGN) === 0) return 'unknown_ca';
  // The path below it, the leaf and self-issued ones not counted.
  const below = path.slice(1).filter((one) => one.subject !== one.issuer).length;
  if (issuer.pathLength !== undefined && below > issuer.pathLength) return 'unknown_ca';
  if (!inTime(issuer, terms.unixMs)) return 'certificate_expired';
  if (!servesPurpose(issuer, terms.purpose)) return 'unsupported_certificate';
  const { constraints } = issuer;
  if (
    constraints !== undefined &&
    !path.every((one) => permits(constraints, one.dnsNames, one.ipAddresses, one.otherNames))
  ) {
    return 'bad_certificate';
  }
  return undefined;
}

function inTime(certificate: Certificate, unixMs: number): boolean {
  return certificate.notBefore <= unixMs && unixMs <= certificate.notAfter;
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
