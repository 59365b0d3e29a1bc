import { OctetReader } from '@immuable-net/octets';
import type { Credential } from './credential.ts';
import { ExtensionType } from './extension-type.ts';
import { MessageWriter, readExtensions } from './extensions.ts';
import type { FailureCode } from './failure.ts';
import { HandshakeType } from './handshake-type.ts';
import {
  type CertificateCompression,
  COMPRESSION_PREFERENCE,
  compressCertificate,
  decompressCertificate,
} from './node-zlib.ts';
import { MAXIMUM_UNCOMPRESSED_CERTIFICATE } from './parameters.ts';

/** A Certificate message (RFC 8446 §4.4.2), parsed: views of the message. */
export interface CertificateMessage {
  readonly context: Uint8Array;
  readonly chain: Uint8Array[];
  /** The OCSP response of the first certificate (RFC 8446 §4.4.2.1). */
  readonly ocspResponse: Uint8Array | undefined;
}

const ENCODED = new WeakMap<Credential, Map<number, Uint8Array>>();

/**
 * The Certificate or CompressedCertificate message of a credential with an empty context: encoded and compressed
 * once. `offered`: the peer's compression algorithms; `staple`: whether it asked for an OCSP response.
 */
export function certificateMessage(
  credential: Credential,
  offered: readonly number[] | undefined,
  staple: boolean,
): Uint8Array {
  const algorithm = COMPRESSION_PREFERENCE.find((one) => offered?.includes(one) === true) ?? 0;
  const variant = algorithm * 2 + (staple && credential.ocspResponse !== undefined ? 1 : 0);
  let encoded = ENCODED.get(credential);
  if (encoded === undefined) {
    encoded = new Map();
    ENCODED.set(credential, encoded);
  }
  let message = encoded.get(variant);
  if (message === undefined) {
    message = encodeCertificate(credential.chain, NOTHING, variant % 2 === 1 ? credential.ocspResponse : undefined);
    if (algorithm !== 0) message = shorter(encodeCompressed(algorithm, message), message);
    encoded.set(variant, message);
  }
  return message;
}

function shorter(compressed: Uint8Array, plain: Uint8Array): Uint8Array {
  return compressed.length < plain.length ? compressed : plain;
}

/** Encodes a Certificate message. */
export function encodeCertificate(
  chain: readonly Uint8Array[],
  context: Uint8Array,
  ocspResponse: Uint8Array | undefined,
): Uint8Array {
  const writer = new MessageWriter(2048);
  const message = writer.beginMessage(HandshakeType.Certificate);
  writer.vector8(context);
  writer.u24(0);
  const list = writer.at;
  chain.forEach((certificate, index) => {
    writer.vector24(certificate);
    const extensions = writer.begin16();
    if (index === 0 && ocspResponse !== undefined) {
      const extension = writer.beginExtension(ExtensionType.StatusRequest);
      writer.u8(1); // RFC 6066 §8: CertificateStatusType ocsp
      writer.vector24(ocspResponse);
      writer.end16(extension);
    }
    writer.end16(extensions);
  });
  writer.endMessage(list); // certificate_list has a length of 24 bits, as messages have
  writer.endMessage(message);
  return writer.finish();
}

function encodeCompressed(algorithm: CertificateCompression, message: Uint8Array): Uint8Array {
  // RFC 8879 §4: the body of the Certificate message is what is compressed.
  const body = message.subarray(4);
  const writer = new MessageWriter(1024);
  const from = writer.beginMessage(HandshakeType.CompressedCertificate);
  writer.u16(algorithm);
  writer.u24(body.length);
  writer.vector24(compressCertificate(algorithm, body));
  writer.endMessage(from);
  return writer.finish();
}

/** Reads a Certificate message, header included. `staple`: whether an OCSP response was asked for. */
export function parseCertificate(message: Uint8Array, staple: boolean): CertificateMessage | FailureCode {
  const reader = new OctetReader(message, 4);
  const context = reader.take(reader.u8());
  if (reader.u24() !== reader.left || reader.failed) return 'decode_error';
  const chain: Uint8Array[] = [];
  let ocspResponse: Uint8Array | undefined;
  const scratch = new OctetReader(message);
  while (reader.left > 0) {
    const certificate = reader.take(reader.u24());
    if (reader.failed || certificate.length === 0) return 'decode_error';
    const failure = readExtensions(reader, scratch, (type, body) => {
      // RFC 8446 §4.4.2: only what was asked for in ClientHello or CertificateRequest.
      if (type !== ExtensionType.StatusRequest || !staple) return 'unsupported_extension';
      if (body.u8() !== 1) return 'decode_error';
      const response = body.take(body.u24());
      if (response.length === 0) return 'decode_error';
      if (chain.length === 0) ocspResponse = response;
      return undefined;
    });
    if (failure !== undefined) return failure;
    chain.push(certificate);
  }
  return { context, chain, ocspResponse };
}

/** Reads a CompressedCertificate message (RFC 8879 §4) to a Certificate message. */
export function decompressMessage(message: Uint8Array): Uint8Array | FailureCode {
  const reader = new OctetReader(message, 4);
  const algorithm = reader.u16();
  const length = reader.u24();
  const compressed = reader.take(reader.u24());
  if (reader.failed || reader.left > 0 || compressed.length === 0) return 'decode_error';
  // §4: an algorithm that was not offered is illegal_parameter.
  if (!COMPRESSION_PREFERENCE.some((one) => one === algorithm)) return 'illegal_parameter';
  if (length > MAXIMUM_UNCOMPRESSED_CERTIFICATE) return 'bad_certificate_compression';
  const body = decompressCertificate(algorithm, compressed, length);
  if (body === undefined) return 'bad_certificate_compression';
  const writer = new MessageWriter(body.length + 4);
  const from = writer.beginMessage(HandshakeType.Certificate);
  writer.write(body);
  writer.endMessage(from);
  return writer.finish();
}

const NOTHING = new Uint8Array(0);
