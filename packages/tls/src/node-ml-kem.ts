import * as nodeCrypto from 'node:crypto';

/** The part of `node:crypto` that Node 24.7 brought; the types of Node 20 do not know it. */
interface KemFunctions {
  encapsulate?: (key: nodeCrypto.KeyObject) => { sharedKey: Uint8Array; ciphertext: Uint8Array };
  decapsulate?: (key: nodeCrypto.KeyObject, ciphertext: Uint8Array) => Uint8Array;
}

const kem = nodeCrypto as KemFunctions;

/** SubjectPublicKeyInfo of id-alg-ml-kem-768 up to the key itself (RFC 9935 §4). */
const SPKI_PREFIX: Uint8Array = Uint8Array.from([
  0x30, 0x82, 0x04, 0xb2, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x02, 0x03, 0x82,
  0x04, 0xa1, 0x00,
]);

/** Whether this Node computes ML-KEM itself. */
export function available(): boolean {
  if (kem.encapsulate === undefined || kem.decapsulate === undefined) return false;
  try {
    keyPair();
    return true;
  } catch {
    return false; // Built against an OpenSSL before 3.5.
  }
}

/** A new pair. */
export function keyPair(): {
  readonly publicKey: Uint8Array;
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined;
} {
  const generate = nodeCrypto.generateKeyPairSync as unknown as (type: string) => nodeCrypto.KeyPairKeyObjectResult;
  const pair = generate('ml-kem-768');
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  return {
    publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)),
    decapsulate: (ciphertext) => kem.decapsulate!(pair.privateKey, ciphertext),
  };
}

/** Undefined if the public key is not valid. */
export function encapsulate(
  publicKey: Uint8Array,
): { readonly ciphertext: Uint8Array; readonly secret: Uint8Array } | undefined {
  try {
    const key = nodeCrypto.createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, publicKey]),
      format: 'der',
      type: 'spki',
    });
    const { sharedKey, ciphertext } = kem.encapsulate!(key);
    return { ciphertext, secret: sharedKey };
  } catch {
    return undefined; // node:crypto reports a bad key by an exception.
  }
}
