import type { RandomSource } from '@immuable-net/octets';
import { addressOf, NULL, opensslFunctions, type Pinned, pinned } from './evp-cipher.ts';

/** OpenSSL's number for X25519 keys. */
const NID_X25519 = 1034;

interface Symbols {
  readonly newPrivate: (type: number, engine: number, octets: number, length: number) => number | bigint;
  readonly newPublic: (type: number, engine: number, octets: number, length: number) => number | bigint;
  readonly rawPublic: (key: number, octets: number, length: number) => number;
  readonly freeKey: (key: number) => void;
  readonly contextNew: (key: number, engine: number) => number | bigint;
  readonly contextFree: (context: number) => void;
  readonly deriveInit: (context: number) => number;
  readonly setPeer: (context: number, key: number) => number;
  readonly derive: (context: number, secret: number, length: number) => number;
}

const symbols: Symbols | undefined = opensslFunctions<Symbols>({
  newPrivate: 'uintptr_t EVP_PKEY_new_raw_private_key(int type, uintptr_t engine, uintptr_t octets, size_t length)',
  newPublic: 'uintptr_t EVP_PKEY_new_raw_public_key(int type, uintptr_t engine, uintptr_t octets, size_t length)',
  rawPublic: 'int EVP_PKEY_get_raw_public_key(uintptr_t key, uintptr_t octets, uintptr_t length)',
  freeKey: 'void EVP_PKEY_free(uintptr_t key)',
  contextNew: 'uintptr_t EVP_PKEY_CTX_new(uintptr_t key, uintptr_t engine)',
  contextFree: 'void EVP_PKEY_CTX_free(uintptr_t context)',
  deriveInit: 'int EVP_PKEY_derive_init(uintptr_t context)',
  setPeer: 'int EVP_PKEY_derive_set_peer(uintptr_t context, uintptr_t key)',
  derive: 'int EVP_PKEY_derive(uintptr_t context, uintptr_t secret, uintptr_t length)',
});

const privateKey: Pinned = pinned(32);
/** A size_t in and out. */
const size: Pinned = pinned(8);

function setSize(): void {
  size.octets.fill(0);
  size.octets[0] = 32;
}

/** Whether {@link evpX25519} works in this process. */
export const evpX25519Works: boolean = symbols !== undefined;

/**
 * Answers an X25519 share of 32 octets (RFC 7748 §6.1): our share and the secret; undefined if the share leads to the all-zero
 * secret. Two thirds of the time of `generateKeyPairSync`, `createPublicKey` and `diffieHellman`.
 */
export function evpX25519(
  random: RandomSource,
  peerShare: Uint8Array,
): { readonly share: Uint8Array; readonly secret: Uint8Array } | undefined {
  const openssl = symbols!;
  random(privateKey.octets, 0, 32);
  const own = Number(openssl.newPrivate(NID_X25519, NULL, privateKey.address, 32));
  privateKey.octets.fill(0);
  const peer = Number(openssl.newPublic(NID_X25519, NULL, addressOf(peerShare), 32));
  const context = Number(openssl.contextNew(own, NULL));
  const share = new Uint8Array(new ArrayBuffer(32));
  const secret = new Uint8Array(new ArrayBuffer(32));
  setSize();
  let done = openssl.rawPublic(own, addressOf(share), size.address) === 1;
  setSize();
  done =
    done &&
    openssl.deriveInit(context) === 1 &&
    openssl.setPeer(context, peer) === 1 &&
    openssl.derive(context, addressOf(secret), size.address) === 1;
  openssl.contextFree(context);
  openssl.freeKey(own);
  openssl.freeKey(peer);
  return done ? { share, secret } : undefined;
}
