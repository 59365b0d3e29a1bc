import { hashOctets, suiteOf } from './cipher-suite.ts';
import type { ClientSession } from './client-session.ts';
import type { KeyPair } from './crypto.ts';
import { ExtensionType } from './extension-type.ts';
import { MessageWriter } from './extensions.ts';
import { HandshakeType } from './handshake-type.ts';
import { COMPRESSION_PREFERENCE } from './node-zlib.ts';
import { MAXIMUM_PLAINTEXT } from './parameters.ts';

/** What goes into a ClientHello. */
export interface ClientOffer {
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suites: readonly number[];
  /** Undefined = no SNI. */
  readonly serverName: string | undefined;
  readonly groups: readonly number[];
  readonly schemes: readonly number[];
  readonly protocols: readonly string[];
  readonly pairs: readonly KeyPair[];
  readonly cookie: Uint8Array | undefined;
  readonly session: ClientSession | undefined;
  /** Milliseconds since 1970. */
  readonly unixMs: number;
}

/**
 * Encodes a ClientHello (RFC 8446 §4.1.2). With a session its last octets are room for one binder:
 * {@link binderRoom} of them, length fields included.
 */
export function encodeClientHello(offer: ClientOffer): Uint8Array {
  const writer = new MessageWriter(2048);
  const message = writer.beginMessage(HandshakeType.ClientHello);
  writer.u16(0x0303);
  writer.write(offer.random);
  writer.vector8(offer.sessionId);
  writer.list16(offer.suites);
  writer.vector8(Uint8Array.of(0));
  const extensions = writer.begin16();
  let extension: number;
  if (offer.serverName !== undefined) {
    extension = writer.beginExtension(ExtensionType.ServerName);
    const list = writer.begin16();
    writer.u8(0);
    const name = writer.begin16();
    writer.latin1(offer.serverName);
    writer.end16(name);
    writer.end16(list);
    writer.end16(extension);
  }
  extension = writer.beginExtension(ExtensionType.SupportedGroups);
  writer.list16(offer.groups);
  writer.end16(extension);
  extension = writer.beginExtension(ExtensionType.SignatureAlgorithms);
  writer.list16(offer.schemes);
  writer.end16(extension);
  extension = writer.beginExtension(ExtensionType.StatusRequest);
  writer.u8(1); // RFC 6066 §8: ocsp, any responder, no extensions
  writer.u16(0);
  writer.u16(0);
  writer.end16(extension);
  if (offer.protocols.length > 0) {
    extension = writer.beginExtension(ExtensionType.ApplicationLayerProtocolNegotiation);
    const list = writer.begin16();
    for (const protocol of offer.protocols) {
      writer.u8(protocol.length);
      writer.latin1(protocol);
    }
    writer.end16(list);
    writer.end16(extension);
  }
  extension = writer.beginExtension(ExtensionType.CompressCertificate);
  writer.u8(COMPRESSION_PREFERENCE.length * 2);
  for (const algorithm of COMPRESSION_PREFERENCE) writer.u16(algorithm);
  writer.end16(extension);
  extension = writer.beginExtension(ExtensionType.RecordSizeLimit);
  writer.u16(MAXIMUM_PLAINTEXT + 1);
  writer.end16(extension);
  extension = writer.beginExtension(ExtensionType.SupportedVersions);
  writer.u8(2);
  writer.u16(0x0304);
  writer.end16(extension);
  extension = writer.beginExtension(ExtensionType.PskKeyExchangeModes);
  writer.vector8(Uint8Array.of(1)); // psk_dhe_ke
  writer.end16(extension);
  if (offer.cookie !== undefined) {
    extension = writer.beginExtension(ExtensionType.Cookie);
    writer.vector16(offer.cookie);
    writer.end16(extension);
  }
  extension = writer.beginExtension(ExtensionType.KeyShare);
  const shares = writer.begin16();
  for (const pair of offer.pairs) {
    writer.u16(pair.group);
    writer.vector16(pair.share);
  }
  writer.end16(shares);
  writer.end16(extension);
  if (offer.session !== undefined) writePreSharedKey(writer, offer.session, offer.unixMs);
  writer.end16(extensions);
  writer.endMessage(message);
  return writer.finish();
}

/** RFC 8446 §4.2.11: one identity; zeros where its binder comes. */
function writePreSharedKey(writer: MessageWriter, session: ClientSession, unixMs: number): void {
  const extension = writer.beginExtension(ExtensionType.PreSharedKey);
  const identities = writer.begin16();
  writer.vector16(session.ticket);
  writer.u32((Math.floor(unixMs - session.receivedAt) + session.ageAdd) >>> 0);
  writer.end16(identities);
  writer.u16(binderRoom(session) - 2);
  writer.vector8(new Uint8Array(binderRoom(session) - 3));
  writer.end16(extension);
}

/** Octets of the binders list with one binder, its length fields included. */
export function binderRoom(session: ClientSession): number {
  return 3 + hashOctets(suiteOf(session.suite)!.hash);
}
