/**
 * Certificates: loading, checking, making. Dear to load (100 to 700 ms): import it only when TLS is on.
 *
 * ```ts
 * const { loadCredential } = await import('@immuable-net/tls/certificates');
 *
 * const credential = loadCredential({ chainPem, keyPem }, Date.now());
 * ```
 *
 * @packageDocumentation
 */
export { Authorities } from './authorities.ts';
export { type Certificate, matchesHost, type Purpose, parseCertificateDer } from './certificate.ts';
export { CertificateError, type CertificateErrorCode } from './certificate-error.ts';
export { type CredentialFiles, type LoadedCredential, loadCredential } from './load-credential.ts';
export { AUTHORITY_DAYS, LEAF_DAYS, makeAuthority, makeLeaf, type PemPair } from './local-authority.ts';
export { checkOcspResponse } from './ocsp-response.ts';
export { judgePath, type PathTerms } from './path.ts';
