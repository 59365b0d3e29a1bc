import { toHex } from '@immuable-net/octets';
import type { TlsResources } from './tls-resources.ts';

/** RFC 9850 §2.1: the labels of TLS 1.3. */
export type KeyLogLabel =
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';

/** Gives one line to the key log, if there is one. */
export function logSecret(
  resources: TlsResources,
  label: KeyLogLabel,
  clientRandom: Uint8Array,
  secret: Uint8Array,
): void {
  resources.keyLog?.(`${label} ${toHex(clientRandom)} ${toHex(secret)}`);
}
