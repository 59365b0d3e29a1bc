import { AlertDescription } from './alert.ts';

/** The literal name of a failure. */
export type FailureCode =
  | 'unexpected_content_type'
  | 'unprotected_record'
  | 'record_overflow'
  | 'bad_record_mac'
  | 'empty_record'
  | 'too_many_empty_records'
  | 'misplaced_change_cipher_spec'
  | 'too_much_early_data'
  | 'malformed_alert'
  | 'too_many_warnings'
  | 'interleaved_handshake'
  | 'message_across_key_change'
  | 'unexpected_message'
  | 'message_too_long'
  | 'decode_error'
  | 'illegal_parameter'
  | 'duplicate_extension'
  | 'misplaced_extension'
  | 'unsupported_extension'
  | 'missing_extension'
  | 'unsupported_version'
  | 'no_common_cipher_suite'
  | 'no_common_group'
  | 'no_common_signature_scheme'
  | 'no_application_protocol'
  | 'bad_key_share'
  | 'bad_binder'
  | 'bad_cookie'
  | 'bad_finished'
  | 'bad_signature'
  | 'too_many_key_updates'
  | 'no_certificate'
  | 'unrecognized_name'
  | 'certificate_required'
  | 'bad_certificate'
  | 'unsupported_certificate'
  | 'certificate_revoked'
  | 'certificate_expired'
  | 'certificate_unknown'
  | 'certificate_name_mismatch'
  | 'unknown_ca'
  | 'bad_certificate_compression'
  | 'access_denied'
  | 'internal_error'
  | 'signature_refused'
  | 'handshake_timeout'
  | 'plain_http'
  | 'peer_alert'
  | 'truncated';

/** Every way in which a connection of ours fails by the peer's fault or ours, with the alert that says so (RFC 8446 §6.2). */
const ALERTS: Readonly<Record<FailureCode, AlertDescription | undefined>> = {
  // Records
  unexpected_content_type: AlertDescription.UnexpectedMessage,
  unprotected_record: AlertDescription.UnexpectedMessage,
  record_overflow: AlertDescription.RecordOverflow,
  bad_record_mac: AlertDescription.BadRecordMac,
  empty_record: AlertDescription.UnexpectedMessage,
  too_many_empty_records: AlertDescription.UnexpectedMessage,
  misplaced_change_cipher_spec: AlertDescription.UnexpectedMessage,
  too_much_early_data: AlertDescription.UnexpectedMessage,
  malformed_alert: AlertDescription.DecodeError,
  too_many_warnings: AlertDescription.UnexpectedMessage,
  interleaved_handshake: AlertDescription.UnexpectedMessage,
  message_across_key_change: AlertDescription.UnexpectedMessage,
  // Handshake messages
  unexpected_message: AlertDescription.UnexpectedMessage,
  message_too_long: AlertDescription.IllegalParameter,
  decode_error: AlertDescription.DecodeError,
  illegal_parameter: AlertDescription.IllegalParameter,
  duplicate_extension: AlertDescription.IllegalParameter,
  misplaced_extension: AlertDescription.IllegalParameter,
  unsupported_extension: AlertDescription.UnsupportedExtension,
  missing_extension: AlertDescription.MissingExtension,
  unsupported_version: AlertDescription.ProtocolVersion,
  no_common_cipher_suite: AlertDescription.HandshakeFailure,
  no_common_group: AlertDescription.HandshakeFailure,
  no_common_signature_scheme: AlertDescription.HandshakeFailure,
  no_application_protocol: AlertDescription.NoApplicationProtocol,
  bad_key_share: AlertDescription.IllegalParameter,
  bad_binder: AlertDescription.DecryptError,
  bad_cookie: AlertDescription.IllegalParameter,
  bad_finished: AlertDescription.DecryptError,
  bad_signature: AlertDescription.DecryptError,
  too_many_key_updates: AlertDescription.UnexpectedMessage,
  // Certificates
  no_certificate: AlertDescription.HandshakeFailure,
  unrecognized_name: AlertDescription.UnrecognizedName,
  certificate_required: AlertDescription.CertificateRequired,
  bad_certificate: AlertDescription.BadCertificate,
  unsupported_certificate: AlertDescription.UnsupportedCertificate,
  certificate_revoked: AlertDescription.CertificateRevoked,
  certificate_expired: AlertDescription.CertificateExpired,
  certificate_unknown: AlertDescription.CertificateUnknown,
  certificate_name_mismatch: AlertDescription.BadCertificate,
  unknown_ca: AlertDescription.UnknownCa,
  bad_certificate_compression: AlertDescription.BadCertificate,
  access_denied: AlertDescription.AccessDenied,
  // Ours, the peer's, the stream's
  internal_error: AlertDescription.InternalError,
  signature_refused: AlertDescription.InternalError,
  handshake_timeout: undefined,
  /** The first octets are an HTTP request: answered in clear with a 400. */
  plain_http: undefined,
  /** The peer sent a fatal alert: {@link TlsFailure.alert} holds it. */
  peer_alert: undefined,
  /** The stream ended without close_notify (RFC 8446 §6.1). */
  truncated: undefined,
};

/** Why a connection failed. */
export interface TlsFailure {
  readonly code: FailureCode;
  /** The alert that we sent, or that the peer sent (`peer_alert`); undefined where there was none. */
  readonly alert: number | undefined;
}

/** The alert that tells a peer of this failure; undefined where none is sent: to a peer that has already gone or never spoke TLS. */
export function alertOf(code: FailureCode): AlertDescription | undefined {
  return ALERTS[code];
}

/** All failure codes. */
export const FAILURE_CODES: readonly FailureCode[] = Object.keys(ALERTS) as FailureCode[];

/** Tells a parser's failure from what it parsed. */
export function failed<T extends object>(result: T | FailureCode): result is FailureCode {
  return typeof result === 'string';
}
