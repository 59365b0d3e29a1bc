import type { ClientPolicy } from './credential.ts';
import { ExtensionType } from './extension-type.ts';
import { MessageWriter } from './extensions.ts';
import { HandshakeType } from './handshake-type.ts';
import { MAXIMUM_PLAINTEXT } from './parameters.ts';

/** RFC 8446 §4.1.3: the random of a HelloRetryRequest, SHA-256 of "HelloRetryRequest". */
export const RETRY_RANDOM: Uint8Array = Uint8Array.from([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
  0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
]);

function beginServerHello(writer: MessageWriter, random: Uint8Array, sessionId: Uint8Array, suite: number): number {
  const message = writer.beginMessage(HandshakeType.ServerHello);
  writer.u16(0x0303);
  writer.write(random);
  writer.vector8(sessionId);
  writer.u16(suite);
  writer.u8(0);
  return message;
}

function supportedVersion(writer: MessageWriter): void {
  writer.u16(ExtensionType.SupportedVersions);
  writer.u16(2);
  writer.u16(0x0304);
}

/** RFC 8446 §4.1.3. `identity`: the index of the pre-shared key that is taken. */
export function encodeServerHello(
  random: Uint8Array,
  sessionId: Uint8Array,
  suite: number,
  group: number,
  share: Uint8Array,
  identity: number | undefined,
): Uint8Array {
  const writer = new MessageWriter(256 + share.length);
  const message = beginServerHello(writer, random, sessionId, suite);
  const extensions = writer.begin16();
  if (identity !== undefined) {
    const extension = writer.beginExtension(ExtensionType.PreSharedKey);
    writer.u16(identity);
    writer.end16(extension);
  }
  const extension = writer.beginExtension(ExtensionType.KeyShare);
  writer.u16(group);
  writer.vector16(share);
  writer.end16(extension);
  supportedVersion(writer);
  writer.end16(extensions);
  writer.endMessage(message);
  return writer.finish();
}

/** RFC 8446 §4.1.4. */
export function encodeHelloRetryRequest(
  sessionId: Uint8Array,
  suite: number,
  group: number,
  cookie: Uint8Array,
): Uint8Array {
  const writer = new MessageWriter(256);
  const message = beginServerHello(writer, RETRY_RANDOM, sessionId, suite);
  const extensions = writer.begin16();
  let extension = writer.beginExtension(ExtensionType.KeyShare);
  writer.u16(group);
  writer.end16(extension);
  extension = writer.beginExtension(ExtensionType.Cookie);
  writer.vector16(cookie);
  writer.end16(extension);
  supportedVersion(writer);
  writer.end16(extensions);
  writer.endMessage(message);
  return writer.finish();
}

/** What EncryptedExtensions says. */
export interface EncryptedExtensions {
  readonly groups: readonly number[] | undefined;
  readonly alpn: string | undefined;
  readonly recordSizeLimit: boolean;
  readonly serverName: boolean;
}

/** RFC 8446 §4.3.1. */
export function encodeEncryptedExtensions(content: EncryptedExtensions): Uint8Array {
  const writer = new MessageWriter(128);
  const message = writer.beginMessage(HandshakeType.EncryptedExtensions);
  const extensions = writer.begin16();
  if (content.groups !== undefined) {
    const extension = writer.beginExtension(ExtensionType.SupportedGroups);
    writer.list16(content.groups);
    writer.end16(extension);
  }
  if (content.alpn !== undefined) {
    const extension = writer.beginExtension(ExtensionType.ApplicationLayerProtocolNegotiation);
    const list = writer.begin16();
    writer.u8(content.alpn.length);
    writer.latin1(content.alpn);
    writer.end16(list);
    writer.end16(extension);
  }
  if (content.recordSizeLimit) {
    const extension = writer.beginExtension(ExtensionType.RecordSizeLimit);
    writer.u16(MAXIMUM_PLAINTEXT + 1);
    writer.end16(extension);
  }
  if (content.serverName) writer.end16(writer.beginExtension(ExtensionType.ServerName));
  writer.end16(extensions);
  writer.endMessage(message);
  return writer.finish();
}

/** RFC 8446 §4.3.2. */
export function encodeCertificateRequest(policy: ClientPolicy, schemes: readonly number[]): Uint8Array {
  const writer = new MessageWriter(128);
  const message = writer.beginMessage(HandshakeType.CertificateRequest);
  writer.u8(0);
  const extensions = writer.begin16();
  let extension = writer.beginExtension(ExtensionType.SignatureAlgorithms);
  writer.list16(schemes);
  writer.end16(extension);
  if (policy.authorities.length > 0) {
    extension = writer.beginExtension(ExtensionType.CertificateAuthorities);
    const list = writer.begin16();
    for (const name of policy.authorities) writer.vector16(name);
    writer.end16(list);
    writer.end16(extension);
  }
  writer.end16(extensions);
  writer.endMessage(message);
  return writer.finish();
}

/** RFC 8446 §4.4.4. */
export function encodeFinished(verifyData: Uint8Array): Uint8Array {
  const writer = new MessageWriter(64);
  const message = writer.beginMessage(HandshakeType.Finished);
  writer.write(verifyData);
  writer.endMessage(message);
  return writer.finish();
}

/** RFC 8446 §4.6.1. No early_data extension: 0-RTT is not taken here. */
export function encodeNewSessionTicket(
  lifetimeS: number,
  ageAdd: number,
  nonce: Uint8Array,
  ticket: Uint8Array,
): Uint8Array {
  const writer = new MessageWriter(64 + ticket.length);
  const message = writer.beginMessage(HandshakeType.NewSessionTicket);
  writer.u32(lifetimeS);
  writer.u32(ageAdd);
  writer.vector8(nonce);
  writer.vector16(ticket);
  writer.u16(0);
  writer.endMessage(message);
  return writer.finish();
}
