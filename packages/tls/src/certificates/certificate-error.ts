/** What can be wrong with what an operator gives us. */
export type CertificateErrorCode =
  | 'no_certificate'
  | 'bad_certificate'
  | 'bad_key'
  | 'encrypted_key'
  | 'unsupported_key'
  | 'key_mismatch'
  | 'wrong_order'
  | 'expired'
  | 'not_yet_valid'
  | 'weak_signature'
  | 'bad_ocsp';

/** One clear line about a certificate or key that cannot be used. */
export class CertificateError extends Error {
  readonly code: CertificateErrorCode;

  constructor(code: CertificateErrorCode, message: string) {
    super(message);
    this.name = 'CertificateError';
    this.code = code;
  }
}
