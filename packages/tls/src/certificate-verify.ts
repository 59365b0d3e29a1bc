import { OctetReader } from '@immuable-net/octets';
import { MessageWriter } from './extensions.ts';
import type { FailureCode } from './failure.ts';
import { HandshakeType } from './handshake-type.ts';

/** RFC 8446 §4.4.3: what a CertificateVerify signs. */
export function signedContent(side: 'server' | 'client', transcriptHash: Uint8Array): Uint8Array {
  const context = `TLS 1.3, ${side} CertificateVerify`;
  const content = new Uint8Array(64 + context.length + 1 + transcriptHash.length);
  content.fill(0x20, 0, 64);
  for (let i = 0; i < context.length; i++) content[64 + i] = context.charCodeAt(i);
  content.set(transcriptHash, 64 + context.length + 1);
  return content;
}

/** Encodes a CertificateVerify message. */
export function encodeCertificateVerify(scheme: number, signature: Uint8Array): Uint8Array {
  const writer = new MessageWriter(signature.length + 8);
  const from = writer.beginMessage(HandshakeType.CertificateVerify);
  writer.u16(scheme);
  writer.vector16(signature);
  writer.endMessage(from);
  return writer.finish();
}

/** Reads a CertificateVerify message, header included. */
export function parseCertificateVerify(
  message: Uint8Array,
): { readonly scheme: number; readonly signature: Uint8Array } | FailureCode {
  const reader = new OctetReader(message, 4);
  const scheme = reader.u16();
  const signature = reader.take(reader.u16());
  if (reader.failed || reader.left > 0) return 'decode_error';
  return { scheme, signature };
}
