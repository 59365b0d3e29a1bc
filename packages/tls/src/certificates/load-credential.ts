import type { Credential } from '../credential.ts';
import {
  certificateSignedBy,
  isPassphraseError,
  type NodeSigner,
  nodeSigner,
  pemCertificates,
} from '../node-crypto.ts';
import { type Certificate, parseCertificateDer } from './certificate.ts';
import { CertificateError } from './certificate-error.ts';
import { checkOcspResponse } from './ocsp-response.ts';

/** What a credential is loaded from. */
export interface CredentialFiles {
  /** The chain, the server's own certificate first. */
  readonly chainPem: string;
  readonly keyPem: string;
  readonly passphrase?: string | undefined;
  /** An OCSP response (DER) to staple. */
  readonly ocspResponse?: Uint8Array | undefined;
  /** What to call the two in messages: their paths. */
  readonly chainName?: string | undefined;
  readonly keyName?: string | undefined;
}

/** A credential, and what logs and reminders want to know of it. */
export interface LoadedCredential extends Credential {
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

/**
 * Loads a chain and its key, and throws one {@link CertificateError} for the first thing that is wrong: unreadable,
 * encrypted without a passphrase, not the certificate's key, expired or not yet valid, out of order.
 *
 * @param unixMs milliseconds since 1970
 */
export function loadCredential(files: CredentialFiles, unixMs: number): LoadedCredential {
  const chainName = files.chainName ?? 'the certificate';
  const keyName = files.keyName ?? 'the key';
  const chain = readChain(files.chainPem, chainName);
  const leaf = chain[0]!;
  const signer = readKey(files.keyPem, files.passphrase, keyName);
  const keyAt = chain.findIndex((one) => sameOctets(one.publicKey, signer.publicKey));
  if (keyAt === -1) {
    throw new CertificateError('key_mismatch', `${keyName} is not the key of ${chainName} (${leaf.subjectText})`);
  }
  if (keyAt > 0) {
    throw new CertificateError(
      'wrong_order',
      `${chainName}: the certificate of ${keyName} must come first, and it is number ${keyAt + 1}`,
    );
  }
  chain.forEach((one, index) => {
    const next = chain[index + 1];
    if (next !== undefined && (one.issuer !== next.subject || !certificateSignedBy(one.der, next.der))) {
      throw new CertificateError(
        'wrong_order',
        `${chainName}: certificate ${index + 1} (${one.subjectText}) is not issued by the next (${next.subjectText})`,
      );
    }
    if (unixMs < one.notBefore) {
      throw new CertificateError(
        'not_yet_valid',
        `${chainName}: ${one.subjectText} is not valid before ${day(one.notBefore)}`,
      );
    }
    if (unixMs > one.notAfter) {
      throw new CertificateError('expired', `${chainName}: ${one.subjectText} expired on ${day(one.notAfter)}`);
    }
  });
  if (files.ocspResponse !== undefined) checkOcspResponse(files.ocspResponse, unixMs);
  return {
    chain: chain.map((one) => one.der),
    signer,
    names: leaf.dnsNames,
    ocspResponse: files.ocspResponse,
    subject: leaf.subjectText,
    notAfter: chain.reduce((earliest, one) => Math.min(earliest, one.notAfter), leaf.notAfter),
  };
}

function readChain(pem: string, name: string): Certificate[] {
  const ders = pemCertificates(pem);
  if (ders.length === 0) throw new CertificateError('no_certificate', `${name}: there is no PEM certificate in it`);
  return ders.map((der, index) => {
    const parsed = parseCertificateDer(der);
    if (parsed === undefined) {
      throw new CertificateError('bad_certificate', `${name}: certificate ${index + 1} cannot be read`);
    }
    return parsed;
  });
}

function readKey(pem: string, passphrase: string | undefined, name: string): NodeSigner {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError('bad_key', `${name}: there is no PEM private key in it`);
  }
  let signer: NodeSigner;
  try {
    signer = nodeSigner(pem, passphrase);
  } catch (error) {
    if (isPassphraseError(error)) {
      throw new CertificateError(
        'encrypted_key',
        passphrase === undefined
          ? `${name} is encrypted: give its passphrase`
          : `${name}: the passphrase does not open it`,
      );
    }
    throw new CertificateError('bad_key', `${name} cannot be read as a private key`);
  }
  if (signer.schemes.length === 0) {
    throw new CertificateError('unsupported_key', `${name}: keys are ECDSA P-256 or P-384, RSA or Ed25519`);
  }
  return signer;
}

function day(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
