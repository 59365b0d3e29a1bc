import { OctetReader } from '@immuable-net/octets';
import { ExtensionType } from './extension-type.ts';
import { readExtensions, readU16List } from './extensions.ts';
import type { FailureCode } from './failure.ts';

/** One entry of `key_share` (RFC 8446 §4.2.8). */
export interface KeyShareEntry {
  readonly group: number;
  readonly share: Uint8Array;
}

/** One entry of `pre_shared_key` (RFC 8446 §4.2.11) and its binder. */
export interface PskIdentity {
  readonly identity: Uint8Array;
  readonly obfuscatedTicketAge: number;
  binder: Uint8Array;
}

/** A ClientHello (RFC 8446 §4.1.2), parsed. All octets are views of the message. */
export class ClientHello {
  legacyVersion: number;
  random: Uint8Array;
  legacySessionId: Uint8Array;
  cipherSuites: number[];
  compressionMethods: Uint8Array;
  /** Undefined where the extension is absent: so with all that follow. */
  supportedVersions: number[] | undefined;
  serverName: string | undefined;
  supportedGroups: number[] | undefined;
  signatureAlgorithms: number[] | undefined;
  keyShares: KeyShareEntry[] | undefined;
  pskModes: Uint8Array | undefined;
  identities: PskIdentity[] | undefined;
  /** Where the binders list begins in the message: the transcript of binders ends here. */
  bindersAt: number;
  protocols: string[] | undefined;
  cookie: Uint8Array | undefined;
  recordSizeLimit: number | undefined;
  certificateCompression: number[] | undefined;
  /** Types of all extensions, in their order. */
  readonly extensionTypes: number[];
  statusRequest: boolean;
  earlyData: boolean;
  /** Client certificate types (RFC 7250 §3): only X.509 (0) is spoken here. */
  serverCertificateTypes: Uint8Array | undefined;

  constructor() {
    this.legacyVersion = 0;
    this.random = NOTHING;
    this.legacySessionId = NOTHING;
    this.cipherSuites = [];
    this.compressionMethods = NOTHING;
    this.supportedVersions = undefined;
    this.serverName = undefined;
    this.supportedGroups = undefined;
    this.signatureAlgorithms = undefined;
    this.keyShares = undefined;
    this.pskModes = undefined;
    this.identities = undefined;
    this.bindersAt = 0;
    this.protocols = undefined;
    this.cookie = undefined;
    this.recordSizeLimit = undefined;
    this.certificateCompression = undefined;
    this.extensionTypes = [];
    this.statusRequest = false;
    this.earlyData = false;
    this.serverCertificateTypes = undefined;
  }
}

const NOTHING = new Uint8Array(0);

/** Parses a ClientHello message, its 4 octets of header included, or names what is wrong with it. */
export function parseClientHello(message: Uint8Array): ClientHello | FailureCode {
  const hello = new ClientHello();
  const reader = new OctetReader(message, 4);
  hello.legacyVersion = reader.u16();
  hello.random = reader.take(32);
  hello.legacySessionId = reader.take(reader.u8());
  const suites = readU16List(reader);
  hello.compressionMethods = reader.take(reader.u8());
  if (reader.failed || suites === undefined || hello.legacySessionId.length > 32) return 'decode_error';
  if (hello.compressionMethods.length === 0) return 'decode_error';
  hello.cipherSuites = suites;
  // A ClientHello without extensions is one of TLS 1.2 (RFC 8446 §4.1.2): well formed, refused later.
  if (reader.left > 0) {
    const failure = readExtensions(reader, new OctetReader(message), (type, body, last) =>
      readExtension(hello, type, body, last),
    );
    if (failure !== undefined) return failure;
    if (reader.left > 0) return 'decode_error';
  }
  return hello;
}

function readExtension(hello: ClientHello, type: number, body: OctetReader, last: boolean): FailureCode | undefined {
  hello.extensionTypes.push(type);
  switch (type) {
    case ExtensionType.SupportedVersions: {
      const length = body.u8();
      if (length < 2 || length % 2 !== 0 || length !== body.left) return 'decode_error';
      hello.supportedVersions = [];
      while (body.left > 0) hello.supportedVersions.push(body.u16());
      return undefined;
    }
    case ExtensionType.ServerName:
      return readServerName(hello, body);
    case ExtensionType.SupportedGroups:
      hello.supportedGroups = readU16List(body);
      return undefined;
    case ExtensionType.SignatureAlgorithms:
      hello.signatureAlgorithms = readU16List(body);
      return undefined;
    case ExtensionType.KeyShare: {
      if (body.u16() !== body.left) return 'decode_error';
      hello.keyShares = [];
      while (body.left > 0 && !body.failed) {
        const group = body.u16();
        const share = body.take(body.u16());
        if (body.failed || share.length === 0) return 'decode_error';
        hello.keyShares.push({ group, share });
      }
      return undefined;
    }
    case ExtensionType.PskKeyExchangeModes:
      hello.pskModes = body.take(body.u8());
      return hello.pskModes.length === 0 ? 'decode_error' : undefined;
    case ExtensionType.PreSharedKey:
      // RFC 8446 §4.2.11: it must be the last extension.
      return last ? readPreSharedKey(hello, body) : 'misplaced_extension';
    case ExtensionType.ApplicationLayerProtocolNegotiation: {
      const length = body.u16();
      if (length === 0 || length !== body.left) return 'decode_error';
      hello.protocols = [];
      while (body.left > 0) {
        const name = body.take(body.u8());
        if (body.failed || name.length === 0) return 'decode_error';
        hello.protocols.push(latin1(name));
      }
      return undefined;
    }
    case ExtensionType.Cookie:
      hello.cookie = body.take(body.u16());
      return hello.cookie.length === 0 ? 'decode_error' : undefined;
    case ExtensionType.RecordSizeLimit:
      hello.recordSizeLimit = body.u16();
      if (body.failed) return 'decode_error';
      // RFC 8449 §4: less than 64 is illegal_parameter.
      return hello.recordSizeLimit < 64 ? 'illegal_parameter' : undefined;
    case ExtensionType.CompressCertificate: {
      const length = body.u8();
      if (length < 2 || length % 2 !== 0 || length !== body.left) return 'decode_error';
      hello.certificateCompression = [];
      while (body.left > 0) hello.certificateCompression.push(body.u16());
      return undefined;
    }
    case ExtensionType.StatusRequest: {
      // RFC 6066 §8: type ocsp (1), responder ids, request extensions.
      const ocsp = body.u8() === 1;
      if (ocsp) {
        body.skip(body.u16());
        body.skip(body.u16());
        hello.statusRequest = true;
      } else {
        body.skip(body.left);
      }
      return undefined;
    }
    case ExtensionType.EarlyData:
      hello.earlyData = true;
      return undefined;
    case ExtensionType.ServerCertificateType:
      hello.serverCertificateTypes = body.take(body.u8());
      return hello.serverCertificateTypes.length === 0 ? 'decode_error' : undefined;
    default:
      body.skip(body.left);
      return undefined;
  }
}

/** RFC 6066 §3: one name of type host_name, not empty. */
function readServerName(hello: ClientHello, body: OctetReader): FailureCode | undefined {
  const length = body.u16();
  if (length === 0 || length !== body.left) return 'decode_error';
  while (body.left > 0) {
    const type = body.u8();
    const name = body.take(body.u16());
    if (body.failed || name.length === 0) return 'decode_error';
    if (type !== 0) continue;
    // "MUST NOT contain more than one name of the same name_type."
    if (hello.serverName !== undefined) return 'illegal_parameter';
    if (name.includes(0)) return 'illegal_parameter';
    hello.serverName = latin1(name).toLowerCase();
  }
  return undefined;
}

function readPreSharedKey(hello: ClientHello, body: OctetReader): FailureCode | undefined {
  const identitiesEnd = body.at + 2 + body.u16();
  if (body.failed || identitiesEnd > body.end || identitiesEnd === body.at) return 'decode_error';
  const identities: PskIdentity[] = [];
  while (body.at < identitiesEnd) {
    const identity = body.take(body.u16());
    const obfuscatedTicketAge = body.u32();
    if (body.failed || identity.length === 0 || body.at > identitiesEnd) return 'decode_error';
    identities.push({ identity, obfuscatedTicketAge, binder: NOTHING });
  }
  hello.bindersAt = body.at;
  const bindersEnd = body.at + 2 + body.u16();
  if (body.failed || bindersEnd !== body.end) return 'decode_error';
  let count = 0;
  while (body.at < bindersEnd) {
    const binder = body.take(body.u8());
    if (body.failed || binder.length < 32) return 'decode_error';
    const entry = identities[count++];
    if (entry !== undefined) entry.binder = binder;
  }
  if (count === 0) return 'decode_error';
  // RFC 8446 §4.2.11: one binder for each identity, in the same order.
  if (count !== identities.length) return 'illegal_parameter';
  hello.identities = identities;
  return undefined;
}

/** Octets as text of the same code points. */
export function latin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
