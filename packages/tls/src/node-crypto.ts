import * as nodeCrypto from 'node:crypto';
import { versions } from 'node:process';
import type { Aead, Agreement, Crypto, HashName, KeyPair, PublicKey } from './crypto.ts';
import { EvpCipher, evpSupports } from './evp-cipher.ts';
import { evpHmac, evpHmacTakes } from './evp-hmac.ts';
import { evpX25519, evpX25519Works } from './evp-x25519.ts';
import { MLKEM_CIPHERTEXT, MLKEM_PUBLIC_KEY, mlKem } from './ml-kem.ts';
import { NamedGroup } from './named-group.ts';
import { NodeCipher } from './node-cipher.ts';
import { SignatureScheme } from './signature-scheme.ts';

/** Randomness in advance: one call of the operating system's generator costs as much as 4 KiB of it. */
const POOL = new Uint8Array(4096);
let poolAt = POOL.length;

/** The operating system's randomness. Used octets are cleared. */
export function randomFill(octets: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length > 256) {
    nodeCrypto.randomFillSync(octets, start, length);
    return;
  }
  if (poolAt + length > POOL.length) {
    nodeCrypto.randomFillSync(POOL);
    poolAt = 0;
  }
  for (let i = 0; i < length; i++) {
    octets[start + i] = POOL[poolAt + i]!;
    POOL[poolAt + i] = 0;
  }
  poolAt += length;
}

/** With octets as the key HMAC takes five times as long from Node 22 on; before that a KeyObject costs more than it saves. */
const KEY_OBJECTS: boolean = Number(versions.node.split('.')[0]) >= 22;

function hmac(name: HashName, key: Uint8Array, octets: Uint8Array): Uint8Array {
  if (evpHmacTakes(key, octets)) return evpHmac(name, key, octets);
  return nodeCrypto
    .createHmac(name, KEY_OBJECTS ? nodeCrypto.createSecretKey(key) : key)
    .update(octets)
    .digest();
}

function x25519Key(share: Uint8Array): nodeCrypto.KeyObject {
  const x = Buffer.from(share.buffer, share.byteOffset, share.length).toString('base64url');
  return nodeCrypto.createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function x25519Secret(privateKey: nodeCrypto.KeyObject, share: Uint8Array): Uint8Array | undefined {
  if (share.length !== 32) return undefined;
  try {
    // RFC 7748 §6.1: OpenSSL refuses a share that leads to the all-zero secret.
    return nodeCrypto.diffieHellman({ privateKey, publicKey: x25519Key(share) });
  } catch {
    return undefined;
  }
}

function x25519Pair(): KeyPair {
  const pair = nodeCrypto.generateKeyPairSync('x25519');
  const share = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url');
  return { group: NamedGroup.X25519, share, agree: (peer) => x25519Secret(pair.privateKey, peer) };
}

function ecPair(group: number): KeyPair {
  const size = group === NamedGroup.Secp256r1 ? 65 : 97;
  const ecdh = nodeCrypto.createECDH(group === NamedGroup.Secp256r1 ? 'prime256v1' : 'secp384r1');
  const share = ecdh.generateKeys();
  return {
    group,
    share,
    agree(peer) {
      // RFC 8446 §4.2.8.2: the uncompressed form, and a point of the curve, which OpenSSL verifies.
      if (peer.length !== size || peer[0] !== 4) return undefined;
      try {
        return ecdh.computeSecret(peer);
      } catch {
        return undefined;
      }
    },
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a, 0);
  joined.set(b, a.length);
  return joined;
}

/** draft-ietf-tls-ecdhe-mlkem §4: ML-KEM's part first, in shares and in the secret. */
function hybridPair(): KeyPair {
  const kem = mlKem().keyPair();
  const dh = x25519Pair();
  return {
    group: NamedGroup.X25519MlKem768,
    share: join(kem.publicKey, dh.share),
    agree(peer) {
      if (peer.length !== MLKEM_CIPHERTEXT + 32) return undefined;
      const first = kem.decapsulate(peer.subarray(0, MLKEM_CIPHERTEXT));
      const second = dh.agree(peer.subarray(MLKEM_CIPHERTEXT));
      return first === undefined || second === undefined ? undefined : join(first, second);
    },
  };
}

function keyPair(group: number): KeyPair {
  switch (group) {
    case NamedGroup.X25519:
      return x25519Pair();
    case NamedGroup.X25519MlKem768:
      return hybridPair();
    default:
      return ecPair(group);
  }
}

function agree(group: number, peerShare: Uint8Array): Agreement | undefined {
  if (group === NamedGroup.X25519MlKem768) {
    if (peerShare.length !== MLKEM_PUBLIC_KEY + 32) return undefined;
    const kem = mlKem().encapsulate(peerShare.subarray(0, MLKEM_PUBLIC_KEY));
    const dh = agree(NamedGroup.X25519, peerShare.subarray(MLKEM_PUBLIC_KEY));
    if (kem === undefined || dh === undefined) return undefined;
    return { share: join(kem.ciphertext, dh.share), secret: join(kem.secret, dh.secret) };
  }
  if (group === NamedGroup.X25519 && evpX25519Works) {
    return peerShare.length === 32 ? evpX25519(randomFill, peerShare) : undefined;
  }
  const pair = keyPair(group);
  const secret = pair.agree(peerShare);
  return secret === undefined ? undefined : { share: pair.share, secret };
}

/** The schemes that a key of ours can sign with, or a peer's verify (RFC 8446 §4.2.3). */
export function schemesOf(key: nodeCrypto.KeyObject): readonly number[] {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'ec':
      if (details?.namedCurve === 'prime256v1') return [SignatureScheme.EcdsaSecp256r1Sha256];
      if (details?.namedCurve === 'secp384r1') return [SignatureScheme.EcdsaSecp384r1Sha384];
      return [];
    case 'ed25519':
      return [SignatureScheme.Ed25519];
    case 'rsa': {
      const schemes: number[] = [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384];
      // RFC 8017 §9.1.1: the modulus must hold two hashes and two octets.
      if ((details?.modulusLength ?? 0) >= 1040) schemes.push(SignatureScheme.RsaPssRsaeSha512);
      return schemes;
    }
    case 'rsa-pss':
      switch (details?.hashAlgorithm) {
        case undefined:
          return [SignatureScheme.RsaPssPssSha256, SignatureScheme.RsaPssPssSha384, SignatureScheme.RsaPssPssSha512];
        case 'sha256':
          return [SignatureScheme.RsaPssPssSha256];
        case 'sha384':
          return [SignatureScheme.RsaPssPssSha384];
        case 'sha512':
          return [SignatureScheme.RsaPssPssSha512];
        default:
          return [];
      }
    default:
      return [];
  }
}

function schemeHash(scheme: number): string | null {
  switch (scheme) {
    case SignatureScheme.EcdsaSecp256r1Sha256:
    case SignatureScheme.RsaPssRsaeSha256:
    case SignatureScheme.RsaPssPssSha256:
      return 'sha256';
    case SignatureScheme.EcdsaSecp384r1Sha384:
    case SignatureScheme.RsaPssRsaeSha384:
    case SignatureScheme.RsaPssPssSha384:
      return 'sha384';
    case SignatureScheme.RsaPssRsaeSha512:
    case SignatureScheme.RsaPssPssSha512:
      return 'sha512';
    default:
      return null; // Ed25519 hashes by itself.
  }
}

/** The key as `sign` and `verify` take it: RSA with PSS, its salt as long as the hash (RFC 8446 §4.2.3). */
function keyInput(key: nodeCrypto.KeyObject): nodeCrypto.SignKeyObjectInput | nodeCrypto.KeyObject {
  if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss') {
    return {
      key,
      padding: nodeCrypto.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: nodeCrypto.constants.RSA_PSS_SALTLEN_DIGEST,
    };
  }
  return key;
}

/** Signs with a private key that this process holds. */
export class NodeSigner {
  readonly schemes: readonly number[];
  /** SubjectPublicKeyInfo (DER) of the key's public half. */
  readonly publicKey: Uint8Array;
  readonly #key: nodeCrypto.SignKeyObjectInput | nodeCrypto.KeyObject;

  constructor(key: nodeCrypto.KeyObject) {
    this.schemes = schemesOf(key);
    this.publicKey = nodeCrypto.createPublicKey(key as never).export({ type: 'spki', format: 'der' });
    this.#key = keyInput(key);
  }

  sign(scheme: number, message: Uint8Array): Uint8Array {
    return nodeCrypto.sign(schemeHash(scheme), message, this.#key as never);
  }
}

/** Whether an error of reading a key means that it is encrypted and the passphrase is missing or wrong. */
export function isPassphraseError(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return code === 'ERR_MISSING_PASSPHRASE' || /BAD_DECRYPT|BAD_PASSWORD|INTERRUPTED_OR_CANCELLED/.test(code);
}

/** A signer from a private key in PEM or DER (PKCS #8); throws what `node:crypto` throws. */
export function nodeSigner(key: string | Uint8Array, passphrase?: string): NodeSigner {
  const phrase = passphrase === undefined ? {} : { passphrase };
  return new NodeSigner(
    typeof key === 'string'
      ? nodeCrypto.createPrivateKey({ key, format: 'pem', ...phrase })
      : nodeCrypto.createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8', ...phrase }),
  );
}

class NodePublicKey implements PublicKey {
  readonly schemes: readonly number[];
  readonly #key: nodeCrypto.KeyObject;

  constructor(key: nodeCrypto.KeyObject) {
    this.schemes = schemesOf(key);
    this.#key = key;
  }

  verify(scheme: number, message: Uint8Array, signature: Uint8Array): boolean {
    if (!this.schemes.includes(scheme)) return false;
    try {
      return nodeCrypto.verify(schemeHash(scheme), message, keyInput(this.#key) as never, signature);
    } catch {
      return false; // A signature that is not even DER.
    }
  }
}

function publicKey(certificate: Uint8Array): PublicKey | undefined {
  try {
    return new NodePublicKey(new nodeCrypto.X509Certificate(certificate).publicKey);
  } catch {
    return undefined;
  }
}

/** The certificates of a PEM text, DER each, in its order. */
export function pemCertificates(pem: string): Uint8Array[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return found.map((text) => new Uint8Array(Buffer.from(text.replace(/-----[^-]*-----/g, ''), 'base64')));
}

/** The seam by `node:crypto`, bulk ciphers by OpenSSL's EVP where it can be called. */
export const nodeCryptography: Crypto = {
  random: randomFill,
  hash: (name: HashName, octets: Uint8Array): Uint8Array => nodeCrypto.hash(name, octets, 'buffer'),
  hmac,
  aead: (suite: number, key: Uint8Array): Aead =>
    evpSupports(suite) ? new EvpCipher(suite, key) : new NodeCipher(suite, key),
  supportsGroup(group: number): boolean {
    switch (group) {
      case NamedGroup.X25519:
      case NamedGroup.Secp256r1:
      case NamedGroup.Secp384r1:
      case NamedGroup.X25519MlKem768:
        return true;
      default:
        return false;
    }
  },
  keyPair,
  agree,
  publicKey,
  equal: (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && nodeCrypto.timingSafeEqual(a, b),
};

/** Whether a certificate (DER) was signed by the key of another. */
export function certificateSignedBy(certificate: Uint8Array, issuer: Uint8Array): boolean {
  try {
    return new nodeCrypto.X509Certificate(certificate).verify(new nodeCrypto.X509Certificate(issuer).publicKey);
  } catch {
    return false;
  }
}

/** SHA-256 of octets one behind the other, as hexadecimal digits. */
export function digestText(parts: readonly Uint8Array[]): string {
  const hash = nodeCrypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
