import type { RandomSource } from '@immuable-net/octets';

/** The hashes of TLS 1.3's cipher suites. */
export type HashName = 'sha256' | 'sha384';

/** One direction of one AEAD key: seals or opens records. It is stateful between `sealStart` and `sealFinish`. */
export interface Aead {
  /** Begins a record: a nonce of 12 octets, and the 5 octets of `header` at `headerAt` as additional data. */
  sealStart(nonce: Uint8Array, header: Uint8Array, headerAt: number): void;
  /** Seals `input[start, end)` to `output` at `at`: as many octets as went in. The two may be the same place. */
  sealUpdate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): void;
  /** Ends the record: writes its tag of 16 octets. */
  sealFinish(output: Uint8Array, at: number): void;
  /**
   * Opens `input[start, end)`, ciphertext and tag, to `output` at `at` (16 octets fewer). False if the tag is
   * wrong: then `output` holds nothing that may be used.
   */
  open(
    nonce: Uint8Array,
    header: Uint8Array,
    headerAt: number,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    at: number,
  ): boolean;
  /** Forgets the key. Nothing is called after it. */
  free(): void;
}

/** An ephemeral key pair of the side that offers a share. */
export interface KeyPair {
  readonly group: number;
  /** `KeyShareEntry.key_exchange`. */
  readonly share: Uint8Array;
  /** The shared secret with the answering side's share; undefined if that share is not valid. */
  agree(peerShare: Uint8Array): Uint8Array | undefined;
}

/** What the answering side makes of an offered share. */
export interface Agreement {
  readonly share: Uint8Array;
  readonly secret: Uint8Array;
}

/** A peer's public key, out of its certificate. */
export interface PublicKey {
  /** The schemes that this key can verify in a handshake. */
  readonly schemes: readonly number[];
  verify(scheme: number, message: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * All cryptography of this package, synchronous, behind one seam: `node:crypto` implements it, and a test that
 * replays published handshakes does.
 */
export interface Crypto {
  readonly random: RandomSource;
  hash(name: HashName, octets: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, octets: Uint8Array): Uint8Array;
  /** An AEAD for the suite with this code point. The key is copied. */
  aead(suite: number, key: Uint8Array): Aead;
  /** Whether key exchange in this group works here. */
  supportsGroup(group: number): boolean;
  keyPair(group: number): KeyPair;
  /** Answers an offered share; undefined if that share is not valid (RFC 8446 §4.2.8.2, RFC 7748 §6.1). */
  agree(group: number, peerShare: Uint8Array): Agreement | undefined;
  /** The public key of a certificate (DER); undefined if it cannot be read. */
  publicKey(certificate: Uint8Array): PublicKey | undefined;
  /** Compares in constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
