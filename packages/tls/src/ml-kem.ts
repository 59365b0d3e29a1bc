import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import koffi from 'koffi';
import * as nodeKem from './node-ml-kem.ts';

/** FIPS 203, ML-KEM-768: sizes in octets. */
export const MLKEM_PUBLIC_KEY = 1184;
/** Octets of a ciphertext. */
export const MLKEM_CIPHERTEXT = 1088;

/** FIPS 203 §8: the modulus q. */
const MLKEM_Q = 3329;

/** A decapsulation key and what belongs to it. */
export interface KemPair {
  readonly publicKey: Uint8Array;
  /** The shared secret in a ciphertext of {@link MLKEM_CIPHERTEXT} octets. */
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined;
}

/** ML-KEM-768, whoever computes it. */
export interface Kem {
  readonly name: 'node' | 'openssl' | 'noble';
  keyPair(): KemPair;
  /** Undefined if the public key fails the check of FIPS 203 §7.2. */
  encapsulate(publicKey: Uint8Array): { readonly ciphertext: Uint8Array; readonly secret: Uint8Array } | undefined;
}

let chosen: Kem | undefined;

/** The best implementation in this process: Node's own, else OpenSSL's by koffi, else JavaScript. */
export function mlKem(): Kem {
  if (chosen === undefined) chosen = nodeKem.available() ? nodeMlKem : (opensslKem() ?? nobleKem);
  return chosen;
}

const nodeMlKem: Kem = { name: 'node', keyPair: nodeKem.keyPair, encapsulate: nodeKem.encapsulate };

/** ML-KEM in JavaScript. */
export const nobleKem: Kem = {
  name: 'noble',
  keyPair() {
    const pair = ml_kem768.keygen();
    return {
      publicKey: pair.publicKey,
      decapsulate: (ciphertext) => ml_kem768.decapsulate(ciphertext, pair.secretKey),
    };
  },
  encapsulate(publicKey) {
    if (!passesModulusCheck(publicKey)) return undefined;
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey);
      return { ciphertext: cipherText, secret: sharedSecret };
    } catch {
      return undefined; // noble reports a bad key by an exception.
    }
  },
};

/** FIPS 203 §7.2: every coefficient of the encoded key, 12 bits each, is below q; the library lets others pass. */
function passesModulusCheck(publicKey: Uint8Array): boolean {
  for (let at = 0; at < MLKEM_PUBLIC_KEY - 32; at += 3) {
    const middle = publicKey[at + 1]!;
    if ((publicKey[at]! | ((middle & 15) << 8)) >= MLKEM_Q || ((middle >>> 4) | (publicKey[at + 2]! << 4)) >= MLKEM_Q) {
      return false;
    }
  }
  return true;
}

/** ML-KEM by EVP_PKEY, where OpenSSL is 3.5 or later; undefined elsewhere. */
export function opensslKem(): Kem | undefined {
  const NULL = 0;
  let calls: Record<string, (...values: (number | string)[]) => number | bigint>;
  try {
    const library = koffi.load(null);
    const p = (name: string, parameters: string, result = 'int'): never =>
      library.func(`${result} ${name}(${parameters})`) as never;
    calls = {
      fromName: p(
        'EVP_PKEY_CTX_new_from_name',
        'uintptr_t library, const char *name, uintptr_t properties',
        'uintptr_t',
      ),
      fromKey: p('EVP_PKEY_CTX_new_from_pkey', 'uintptr_t library, uintptr_t key, uintptr_t properties', 'uintptr_t'),
      freeContext: p('EVP_PKEY_CTX_free', 'uintptr_t context', 'void'),
      freeKey: p('EVP_PKEY_free', 'uintptr_t key', 'void'),
      keygenInit: p('EVP_PKEY_keygen_init', 'uintptr_t context'),
      generate: p('EVP_PKEY_generate', 'uintptr_t context, uintptr_t key'),
      rawPublic: p('EVP_PKEY_get_raw_public_key', 'uintptr_t key, uintptr_t out, uintptr_t length'),
      newPublic: p(
        'EVP_PKEY_new_raw_public_key_ex',
        'uintptr_t library, const char *name, uintptr_t properties, uintptr_t octets, size_t length',
        'uintptr_t',
      ),
      encapsulateInit: p('EVP_PKEY_encapsulate_init', 'uintptr_t context, uintptr_t parameters'),
      encapsulate: p(
        'EVP_PKEY_encapsulate',
        'uintptr_t context, uintptr_t out, uintptr_t outLength, uintptr_t secret, uintptr_t secretLength',
      ),
      decapsulateInit: p('EVP_PKEY_decapsulate_init', 'uintptr_t context, uintptr_t parameters'),
      decapsulate: p(
        'EVP_PKEY_decapsulate',
        'uintptr_t context, uintptr_t secret, uintptr_t secretLength, uintptr_t input, size_t length',
      ),
    };
  } catch {
    return undefined;
  }
  const freeKey = new FinalizationRegistry<number>((key) => calls.freeKey!(key));
  const address = (octets: Uint8Array): number => Number(koffi.address(octets));
  const cell = (value: number): Uint8Array => {
    const octets = new Uint8Array(new ArrayBuffer(8));
    new DataView(octets.buffer).setUint32(0, value, true);
    return octets;
  };
  // Lengths in and out. Kept, since an address alone keeps nothing alive.
  const cells = { publicKey: cell(MLKEM_PUBLIC_KEY), ciphertext: cell(MLKEM_CIPHERTEXT), secret: cell(32) };
  const buffer = (size: number): Uint8Array => new Uint8Array(new ArrayBuffer(size));
  const probe = Number(calls.fromName!(NULL, 'ML-KEM-768', NULL));
  if (probe === 0) return undefined;
  calls.freeContext!(probe);
  return {
    name: 'openssl',
    keyPair() {
      const context = Number(calls.fromName!(NULL, 'ML-KEM-768', NULL));
      const out = cell(0);
      calls.keygenInit!(context);
      calls.generate!(context, address(out));
      calls.freeContext!(context);
      const key = Number(new DataView(out.buffer).getBigUint64(0, true));
      const publicKey = buffer(MLKEM_PUBLIC_KEY);
      if (key === 0 || calls.rawPublic!(key, address(publicKey), address(cells.publicKey)) !== 1) {
        throw new Error('OpenSSL makes no ML-KEM key');
      }
      const pair: KemPair = {
        publicKey,
        decapsulate(ciphertext) {
          const secret = buffer(32);
          const using = Number(calls.fromKey!(NULL, key, NULL));
          calls.decapsulateInit!(using, NULL);
          const done = calls.decapsulate!(
            using,
            address(secret),
            address(cells.secret),
            address(ciphertext),
            ciphertext.length,
          );
          calls.freeContext!(using);
          return done === 1 ? secret : undefined;
        },
      };
      freeKey.register(pair, key);
      return pair;
    },
    encapsulate(publicKey) {
      const key = Number(calls.newPublic!(NULL, 'ML-KEM-768', NULL, address(publicKey), publicKey.length));
      if (key === 0) return undefined;
      const context = Number(calls.fromKey!(NULL, key, NULL));
      const ciphertext = buffer(MLKEM_CIPHERTEXT);
      const secret = buffer(32);
      calls.encapsulateInit!(context, NULL);
      const done = calls.encapsulate!(
        context,
        address(ciphertext),
        address(cells.ciphertext),
        address(secret),
        address(cells.secret),
      );
      calls.freeContext!(context);
      calls.freeKey!(key);
      return done === 1 ? { ciphertext, secret } : undefined;
    },
  };
}
