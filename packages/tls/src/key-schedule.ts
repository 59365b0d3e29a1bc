import { hashOctets, type SuiteFacts } from './cipher-suite.ts';
import type { Crypto, HashName } from './crypto.ts';
import { hkdfExpandLabel, hkdfExtract } from './hkdf.ts';

const NOTHING = new Uint8Array(0);

/**
 * RFC 8446 §7.1: from a pre-shared key (or none) and a Diffie-Hellman secret to the traffic secrets. Each step
 * takes the transcript hash that its label names and forgets the secret before it.
 */
export class KeySchedule {
  readonly hash: HashName;
  readonly #crypto: Crypto;
  readonly #octets: number;
  /** Early Secret, then Handshake Secret, then Master Secret. */
  #secret: Uint8Array;

  constructor(crypto: Crypto, hash: HashName, psk: Uint8Array | undefined) {
    this.#crypto = crypto;
    this.hash = hash;
    this.#octets = hashOctets(hash);
    const zero = new Uint8Array(this.#octets);
    this.#secret = hkdfExtract(crypto, hash, zero, psk ?? zero);
  }

  /** The key of PSK binders (RFC 8446 §4.2.11.2): `res binder` for tickets, `ext binder` for keys agreed elsewhere. */
  binderKey(external: boolean): Uint8Array {
    const secret = this.derive(external ? 'ext binder' : 'res binder', this.#crypto.hash(this.hash, NOTHING));
    const key = this.finishedKey(secret);
    secret.fill(0);
    return key;
  }

  /** To the Handshake Secret, by the (EC)DHE secret. */
  enterHandshake(shared: Uint8Array): void {
    this.#next(shared);
  }

  /** To the Master Secret. */
  enterMaster(): void {
    this.#next(new Uint8Array(this.#octets));
  }

  /** RFC 8446 §7.1: Derive-Secret of the current secret. */
  derive(label: string, transcriptHash: Uint8Array): Uint8Array {
    return hkdfExpandLabel(this.#crypto, this.hash, this.#secret, label, transcriptHash, this.#octets);
  }

  /** RFC 8446 §4.4.4: the key of a Finished message. */
  finishedKey(baseKey: Uint8Array): Uint8Array {
    return hkdfExpandLabel(this.#crypto, this.hash, baseKey, 'finished', NOTHING, this.#octets);
  }

  /** RFC 8446 §4.4.4: `verify_data`. */
  verifyData(baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
    const key = this.finishedKey(baseKey);
    const data = this.#crypto.hmac(this.hash, key, transcriptHash);
    key.fill(0);
    return data;
  }

  /** Forgets the secret. */
  clear(): void {
    this.#secret.fill(0);
  }

  #next(input: Uint8Array): void {
    const salt = this.derive('derived', this.#crypto.hash(this.hash, NOTHING));
    this.#secret.fill(0);
    this.#secret = hkdfExtract(this.#crypto, this.hash, salt, input);
    salt.fill(0);
  }
}

/** RFC 8446 §7.3: the key of a traffic secret. */
export function trafficKey(crypto: Crypto, suite: SuiteFacts, secret: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, suite.hash, secret, 'key', NOTHING, suite.keyOctets);
}

/** RFC 8446 §7.3: the initialization vector of a traffic secret. */
export function trafficIv(crypto: Crypto, suite: SuiteFacts, secret: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, suite.hash, secret, 'iv', NOTHING, 12);
}

/** RFC 8446 §7.2: the next generation of an application traffic secret. */
export function nextTrafficSecret(crypto: Crypto, suite: SuiteFacts, secret: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, suite.hash, secret, 'traffic upd', NOTHING, suite.hashOctets);
}

/** RFC 8446 §7.5: an exporter's value. */
export function exportKeyingMaterial(
  crypto: Crypto,
  hash: HashName,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const secret = hkdfExpandLabel(crypto, hash, exporterSecret, label, crypto.hash(hash, NOTHING), hashOctets(hash));
  return hkdfExpandLabel(crypto, hash, secret, 'exporter', crypto.hash(hash, context), length);
}
