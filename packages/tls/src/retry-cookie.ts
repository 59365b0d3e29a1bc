import { OctetReader, OctetWriter } from '@immuable-net/octets';
import type { Crypto } from './crypto.ts';
import { COOKIE_LIFETIME_MS } from './parameters.ts';

/** What a HelloRetryRequest said: it comes back in the cookie (RFC 8446 §4.2.2). */
export interface RetryFacts {
  readonly suite: number;
  readonly group: number;
  /** Hash of the first ClientHello. */
  readonly helloHash: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Makes cookies and reads them. */
export interface RetryCookies {
  make(facts: RetryFacts): Uint8Array;
  /** Undefined if the cookie is not ours, altered, or too old. */
  open(cookie: Uint8Array, unixMs: number): RetryFacts | undefined;
}

const MAC_OCTETS = 32;

/** Cookies that hold their facts in clear, with a MAC under a key of this process. */
export class KeyedRetryCookies implements RetryCookies {
  readonly #crypto: Crypto;
  readonly #key: Uint8Array;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
    this.#key = new Uint8Array(32);
    crypto.random(this.#key, 0, 32);
  }

  make(facts: RetryFacts): Uint8Array {
    const writer = new OctetWriter(128);
    writer.u16(facts.suite);
    writer.u16(facts.group);
    writer.u64(facts.at);
    writer.u8(facts.helloHash.length);
    writer.write(facts.helloHash);
    writer.write(this.#crypto.hmac('sha256', this.#key, writer.finish()));
    return writer.finish();
  }

  open(cookie: Uint8Array, unixMs: number): RetryFacts | undefined {
    const end = cookie.length - MAC_OCTETS;
    if (end <= 0) return undefined;
    const mac = this.#crypto.hmac('sha256', this.#key, cookie.subarray(0, end));
    if (!this.#crypto.equal(mac, cookie.subarray(end))) return undefined;
    const reader = new OctetReader(cookie, 0, end);
    const suite = reader.u16();
    const group = reader.u16();
    const at = reader.u64();
    const helloHash = reader.take(reader.u8());
    if (reader.failed || reader.left > 0 || unixMs - at > COOKIE_LIFETIME_MS) return undefined;
    return { suite, group, helloHash, at };
  }
}
