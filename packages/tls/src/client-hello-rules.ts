import type { ClientHello } from './client-hello.ts';
import { latin1 } from './client-hello.ts';
import type { FailureCode } from './failure.ts';

/** The version number of TLS 1.3 in `supported_versions`. */
export const TLS_1_3 = 0x0304;

/** What RFC 8446 demands of every ClientHello for TLS 1.3, in the order in which a server looks; undefined if all is well. */
export function checkClientHello(hello: ClientHello): FailureCode | undefined {
  // Appendix D.5: SSL 3.0 and before, whatever the extensions say.
  if (hello.legacyVersion <= 0x0300) return 'unsupported_version';
  // §4.2.1: with supported_versions legacy_version is not looked at; without it the client speaks TLS 1.2 at most.
  if (hello.supportedVersions === undefined || !hello.supportedVersions.includes(TLS_1_3)) return 'unsupported_version';
  // §4.1.2: exactly one compression method, null.
  if (hello.compressionMethods.length !== 1 || hello.compressionMethods[0] !== 0) return 'illegal_parameter';
  // §4.2.9: pre_shared_key without psk_key_exchange_modes.
  if (hello.identities !== undefined && hello.pskModes === undefined) return 'missing_extension';
  // §9.2: without pre_shared_key, signature_algorithms and supported_groups.
  if (hello.identities === undefined) {
    if (hello.signatureAlgorithms === undefined || hello.supportedGroups === undefined) return 'missing_extension';
  }
  // §9.2: supported_groups and key_share go together.
  if ((hello.supportedGroups === undefined) !== (hello.keyShares === undefined)) return 'missing_extension';
  return checkKeyShares(hello);
}

/** RFC 8446 §4.2.8: one share a group, only of groups in supported_groups. */
function checkKeyShares(hello: ClientHello): FailureCode | undefined {
  if (hello.keyShares === undefined || hello.supportedGroups === undefined) return undefined;
  const groups = new Set(hello.supportedGroups);
  // Each group may be used once: what is used up is no longer in the set.
  for (const { group } of hello.keyShares) if (!groups.delete(group)) return 'illegal_parameter';
  return undefined;
}

/**
 * RFC 8446 §4.1.2: the ClientHello that answers a HelloRetryRequest is the first one again, but for key_share,
 * early_data, cookie, pre_shared_key and padding.
 */
export function checkRetriedHello(first: HelloDigest, second: ClientHello, group: number): FailureCode | undefined {
  if (first.text !== digestHello(second).text) return 'illegal_parameter';
  // §4.2.10: no early data behind a HelloRetryRequest.
  if (second.earlyData) return 'illegal_parameter';
  // §4.2.8: one share, of the group that was asked for.
  const shares = second.keyShares;
  if (shares === undefined || shares.length !== 1 || shares[0]!.group !== group) return 'illegal_parameter';
  return undefined;
}

/** What must not change between the two ClientHellos. */
export interface HelloDigest {
  readonly text: string;
}

/** Takes down what must not change. */
export function digestHello(hello: ClientHello): HelloDigest {
  return {
    text: [
      hello.legacyVersion,
      latin1(hello.random),
      latin1(hello.legacySessionId),
      hello.cipherSuites,
      hello.supportedVersions,
      hello.serverName,
      hello.supportedGroups,
      hello.signatureAlgorithms,
      hello.protocols?.map((name) => `${name.length}:${name}`),
      hello.recordSizeLimit,
      hello.certificateCompression,
      hello.statusRequest,
      hello.pskModes,
    ].join('|'),
  };
}
