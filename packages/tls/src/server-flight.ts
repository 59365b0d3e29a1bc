import { OctetReader } from '@immuable-net/octets';
import { latin1 } from './client-hello.ts';
import { ExtensionType } from './extension-type.ts';
import { readExtensions, readU16List } from './extensions.ts';
import type { FailureCode } from './failure.ts';

/** An EncryptedExtensions message as a client reads it (RFC 8446 §4.3.1). */
export interface ReceivedExtensions {
  readonly alpn: string | undefined;
  readonly recordSizeLimit: number | undefined;
}

/** Reads EncryptedExtensions, header included. */
export function parseEncryptedExtensions(
  message: Uint8Array,
  offered: readonly number[],
  protocols: readonly string[],
): ReceivedExtensions | FailureCode {
  let alpn: string | undefined;
  let recordSizeLimit: number | undefined;
  const reader = new OctetReader(message, 4);
  const failure = readExtensions(reader, new OctetReader(message), (type, body) => {
    // §4.2: no answer to what was not asked.
    if (!offered.includes(type)) return 'unsupported_extension';
    switch (type) {
      case ExtensionType.ServerName:
        return undefined; // empty: the walk sees to that
      case ExtensionType.SupportedGroups:
        readU16List(body);
        return undefined;
      case ExtensionType.ApplicationLayerProtocolNegotiation: {
        // RFC 7301 §3.1: exactly one name.
        const length = body.u16();
        const name = body.take(body.u8());
        if (body.failed || name.length === 0 || length !== name.length + 1) return 'decode_error';
        alpn = latin1(name);
        return protocols.includes(alpn) ? undefined : 'illegal_parameter';
      }
      case ExtensionType.RecordSizeLimit:
        recordSizeLimit = body.u16();
        return recordSizeLimit < 64 && !body.failed ? 'illegal_parameter' : undefined;
      default:
        return 'misplaced_extension';
    }
  });
  if (failure !== undefined) return failure;
  return reader.left > 0 ? 'decode_error' : { alpn, recordSizeLimit };
}

/** Reads a CertificateRequest of the handshake (RFC 8446 §4.3.2): the schemes that the server verifies. */
export function parseCertificateRequest(message: Uint8Array): { readonly schemes: readonly number[] } | FailureCode {
  const reader = new OctetReader(message, 4);
  const context = reader.take(reader.u8());
  if (reader.failed) return 'decode_error';
  let schemes: readonly number[] | undefined;
  const failure = readExtensions(reader, new OctetReader(message), (type, body) => {
    if (type === ExtensionType.SignatureAlgorithms) schemes = readU16List(body);
    else body.skip(body.left); // unrecognized ones are ignored
    return undefined;
  });
  if (failure !== undefined) return failure;
  if (reader.left > 0) return 'decode_error';
  // "SHALL be zero length" in the handshake.
  if (context.length > 0) return 'illegal_parameter';
  return schemes === undefined ? 'missing_extension' : { schemes };
}

/** A NewSessionTicket (RFC 8446 §4.6.1), parsed: views of the message. */
export interface NewSessionTicket {
  readonly lifetimeS: number;
  readonly ageAdd: number;
  readonly nonce: Uint8Array;
  readonly ticket: Uint8Array;
}

/** Reads a NewSessionTicket, header included. */
export function parseNewSessionTicket(message: Uint8Array): NewSessionTicket | FailureCode {
  const reader = new OctetReader(message, 4);
  const lifetimeS = reader.u32();
  const ageAdd = reader.u32();
  const nonce = reader.take(reader.u8());
  const ticket = reader.take(reader.u16());
  if (reader.failed || ticket.length === 0) return 'decode_error';
  const failure = readExtensions(reader, new OctetReader(message), (_type, body) => {
    body.skip(body.left); // early_data would be the only one known: 0-RTT is not sent here
    return undefined;
  });
  if (failure !== undefined) return failure;
  return reader.left > 0 ? 'decode_error' : { lifetimeS, ageAdd, nonce, ticket };
}
