import { OctetReader } from '@immuable-net/octets';
import { ExtensionType } from './extension-type.ts';
import { readExtensions } from './extensions.ts';
import type { FailureCode } from './failure.ts';
import { RETRY_RANDOM } from './server-messages.ts';

/** A ServerHello or HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4), parsed: views of the message. */
export interface ServerHello {
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly retry: boolean;
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly compression: number;
  readonly selectedVersion: number | undefined;
  /** Group of the share; of a HelloRetryRequest the group that is asked for. */
  readonly group: number | undefined;
  readonly share: Uint8Array | undefined;
  readonly cookie: Uint8Array | undefined;
  readonly identity: number | undefined;
}

/** Reads a ServerHello, header included. `offered`: the types of extensions that the ClientHello had. */
export function parseServerHello(message: Uint8Array, offered: readonly number[]): ServerHello | FailureCode {
  const reader = new OctetReader(message, 4);
  const legacyVersion = reader.u16();
  const random = reader.take(32);
  const sessionId = reader.take(reader.u8());
  const suite = reader.u16();
  const compression = reader.u8();
  if (reader.failed || sessionId.length > 32) return 'decode_error';
  const retry = random.every((octet, index) => octet === RETRY_RANDOM[index]);
  let selectedVersion: number | undefined;
  let group: number | undefined;
  let share: Uint8Array | undefined;
  let cookie: Uint8Array | undefined;
  let identity: number | undefined;
  let misplaced: FailureCode | undefined;
  if (reader.left > 0) {
    const failure = readExtensions(reader, new OctetReader(message), (type, body) => {
      switch (type) {
        case ExtensionType.SupportedVersions:
          selectedVersion = body.u16();
          return undefined;
        case ExtensionType.KeyShare:
          group = body.u16();
          if (retry) return undefined;
          share = body.take(body.u16());
          return share.length === 0 ? 'decode_error' : undefined;
        case ExtensionType.Cookie:
          if (!retry) break;
          cookie = body.take(body.u16());
          return cookie.length === 0 ? 'decode_error' : undefined;
        case ExtensionType.PreSharedKey:
          if (retry || !offered.includes(type)) break;
          identity = body.u16();
          return undefined;
        default:
          break;
      }
      body.skip(body.left);
      // §4.2: not offered is unsupported_extension, offered but not for this message is illegal_parameter.
      misplaced ??= offered.includes(type) ? 'misplaced_extension' : 'unsupported_extension';
      return undefined;
    });
    if (failure !== undefined) return failure;
    if (reader.left > 0) return 'decode_error';
  }
  // A TLS 1.2 server: its extensions are none of ours.
  if (selectedVersion === undefined) return 'unsupported_version';
  if (misplaced !== undefined) return misplaced;
  return {
    legacyVersion,
    random,
    retry,
    sessionId,
    suite,
    compression,
    selectedVersion,
    group,
    share,
    cookie,
    identity,
  };
}
