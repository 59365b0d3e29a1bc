import { OctetWriter } from '@immuable-net/octets';
import type { Crypto, HashName } from './crypto.ts';
import { HandshakeType } from './handshake-type.ts';

/** RFC 8446 §4.4.1: the handshake messages so far. They are kept as octets: the hash is known only after the hellos. */
export class Transcript {
  readonly #crypto: Crypto;
  readonly #messages: OctetWriter;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
    this.#messages = new OctetWriter(2048);
  }

  /** Appends a message, header included; returns a view of the copy that stays as it is. */
  add(message: Uint8Array): Uint8Array {
    const from = this.#messages.at;
    this.#messages.write(message);
    return this.#messages.octets.subarray(from, this.#messages.at);
  }

  hash(name: HashName): Uint8Array {
    return this.#crypto.hash(name, this.#messages.octets.subarray(0, this.#messages.at));
  }

  /** The hash of all but the last `octets`: for PSK binders, whose own octets are not covered (§4.2.11.2). */
  hashWithout(name: HashName, octets: number): Uint8Array {
    return this.#crypto.hash(name, this.#messages.octets.subarray(0, this.#messages.at - octets));
  }

  /** §4.4.1: after a HelloRetryRequest the first ClientHello is replaced by a message that holds its hash. */
  retry(clientHelloHash: Uint8Array): void {
    const messages = this.#messages;
    // Views of the first ClientHello stay good: the octets are not written over.
    messages.octets = new Uint8Array(2048);
    messages.clear();
    messages.u8(HandshakeType.MessageHash);
    messages.u24(clientHelloHash.length);
    messages.write(clientHelloHash);
  }

  /** Lets the octets go. */
  clear(): void {
    this.#messages.octets = new Uint8Array(0);
    this.#messages.clear();
  }
}
