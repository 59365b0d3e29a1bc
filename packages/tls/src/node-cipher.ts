import { type CipherGCM, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { CipherSuite } from './cipher-suite.ts';
import type { Aead } from './crypto.ts';
import { TAG_OCTETS } from './parameters.ts';

/** An AEAD by `createCipheriv`: slower than the EVP one, for where OpenSSL's symbols cannot be called. */
export class NodeCipher implements Aead {
  readonly #name: 'aes-128-gcm';
  #key: KeyObject | undefined;
  #cipher: CipherGCM | undefined;

  constructor(suite: number, key: Uint8Array) {
    // The types know AEAD options for some names only; all three take them.
    this.#name = (
      suite === CipherSuite.Chacha20Poly1305Sha256
        ? 'chacha20-poly1305'
        : suite === CipherSuite.Aes256GcmSha384
          ? 'aes-256-gcm'
          : 'aes-128-gcm'
    ) as 'aes-128-gcm';
    // A KeyObject: with octets as the key Node 24 takes five times as long.
    this.#key = createSecretKey(key);
    this.#cipher = undefined;
  }

  sealStart(nonce: Uint8Array, header: Uint8Array, headerAt: number): void {
    this.#cipher = createCipheriv(this.#name, this.#key!, nonce, { authTagLength: TAG_OCTETS });
    this.#cipher.setAAD(header.subarray(headerAt, headerAt + 5));
  }

  sealUpdate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): void {
    output.set(this.#cipher!.update(input.subarray(start, end)), at);
  }

  sealFinish(output: Uint8Array, at: number): void {
    this.#cipher!.final();
    output.set(this.#cipher!.getAuthTag(), at);
    this.#cipher = undefined;
  }

  open(
    nonce: Uint8Array,
    header: Uint8Array,
    headerAt: number,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    at: number,
  ): boolean {
    const decipher = createDecipheriv(this.#name, this.#key!, nonce, { authTagLength: TAG_OCTETS });
    decipher.setAAD(header.subarray(headerAt, headerAt + 5));
    decipher.setAuthTag(input.subarray(end - TAG_OCTETS, end));
    output.set(decipher.update(input.subarray(start, end - TAG_OCTETS)), at);
    try {
      decipher.final();
      return true;
    } catch {
      return false; // node:crypto says "wrong tag" by an exception.
    }
  }

  free(): void {
    this.#key = undefined;
    this.#cipher = undefined;
  }
}
