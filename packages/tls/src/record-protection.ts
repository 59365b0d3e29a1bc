import type { SuiteFacts } from './cipher-suite.ts';
import type { Aead, Crypto } from './crypto.ts';
import { trafficIv, trafficKey } from './key-schedule.ts';

/** RFC 8446 §5.2 and §5.3: one direction under one traffic secret: AEAD key, nonce, record sequence number. */
export class RecordProtection {
  readonly suite: SuiteFacts;
  readonly aead: Aead;
  /** Records sealed or opened so far. */
  sequence: number;
  readonly #iv: Uint8Array;
  readonly #nonce: Uint8Array;

  constructor(crypto: Crypto, suite: SuiteFacts, secret: Uint8Array) {
    const key = trafficKey(crypto, suite, secret);
    this.suite = suite;
    this.aead = crypto.aead(suite.id, key);
    key.fill(0);
    this.sequence = 0;
    this.#iv = trafficIv(crypto, suite, secret);
    this.#nonce = new Uint8Array(12);
  }

  /** RFC 8446 §5.3: the nonce of the next record; valid until the next call. It counts that record. */
  nextNonce(): Uint8Array {
    const nonce = this.#nonce;
    const iv = this.#iv;
    const high = Math.floor(this.sequence / 0x1_0000_0000);
    const low = this.sequence >>> 0;
    nonce[0] = iv[0]!;
    nonce[1] = iv[1]!;
    nonce[2] = iv[2]!;
    nonce[3] = iv[3]!;
    nonce[4] = iv[4]! ^ (high >>> 24);
    nonce[5] = iv[5]! ^ (high >>> 16);
    nonce[6] = iv[6]! ^ (high >>> 8);
    nonce[7] = iv[7]! ^ high;
    nonce[8] = iv[8]! ^ (low >>> 24);
    nonce[9] = iv[9]! ^ (low >>> 16);
    nonce[10] = iv[10]! ^ (low >>> 8);
    nonce[11] = iv[11]! ^ low;
    this.sequence++;
    return nonce;
  }

  /** Undoes {@link nextNonce}: for a record that turned out not to be under this key (skipped early data). */
  takeBack(): void {
    this.sequence--;
  }

  /** Whether the limit of RFC 8446 §5.5 is near: time for a KeyUpdate. */
  get worn(): boolean {
    return this.sequence >= this.suite.recordLimit;
  }

  /** Forgets the key. */
  free(): void {
    this.#iv.fill(0);
    this.aead.free();
  }
}
