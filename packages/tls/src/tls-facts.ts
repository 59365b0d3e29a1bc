/** What a finished handshake agreed on. */
export interface TlsFacts {
  /** `TLSv1.3`: there is no other here. */
  readonly version: 'TLSv1.3';
  /** `TLS_AES_128_GCM_SHA256` … */
  readonly suite: string;
  /** `X25519MLKEM768`, `X25519` … */
  readonly group: string;
  readonly resumed: boolean;
  /** The protocol agreed on by ALPN; undefined where none was offered. */
  readonly alpn: string | undefined;
  /** The name that the client asked for, in lower case. */
  readonly serverName: string | undefined;
  /** The peer's certificates (DER, its own first); empty where it showed none, or at a resumption. */
  readonly peerCertificates: readonly Uint8Array[];
  /** SHA-256 of the client's chain, also at a resumption; empty where it never showed one. */
  readonly clientDigest: Uint8Array;
  /** The policy for client certificates that the handshake was under (a server's). */
  readonly clientPolicy: string;
  /** RFC 8446 §7.5: keying material for a protocol above. */
  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array;
}
