import { copyOctets } from '@immuable-net/octets';
import { hashOctets } from './cipher-suite.ts';
import type { Crypto, HashName } from './crypto.ts';

/** RFC 5869 §2.2. */
export function hkdfExtract(crypto: Crypto, hash: HashName, salt: Uint8Array, secret: Uint8Array): Uint8Array {
  return crypto.hmac(hash, salt, secret);
}

/** RFC 5869 §2.3. */
export function hkdfExpand(
  crypto: Crypto,
  hash: HashName,
  secret: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const size = hashOctets(hash);
  if (length <= size) {
    const input = new Uint8Array(info.length + 1);
    copyOctets(info, 0, info.length, input, 0);
    input[info.length] = 1;
    const block = crypto.hmac(hash, secret, input);
    return length === size ? block : block.subarray(0, length);
  }
  const output = new Uint8Array(length);
  let previous: Uint8Array = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += size, counter++) {
    const input = new Uint8Array(previous.length + info.length + 1);
    input.set(previous, 0);
    input.set(info, previous.length);
    input[input.length - 1] = counter;
    previous = crypto.hmac(hash, secret, input);
    output.set(previous.subarray(0, Math.min(size, length - at)), at);
  }
  return output;
}

/** RFC 8446 §7.1: HKDF-Expand-Label. */
export function hkdfExpandLabel(
  crypto: Crypto,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = new Uint8Array(2 + 1 + 6 + label.length + 1 + context.length);
  info[0] = length >>> 8;
  info[1] = length;
  info[2] = 6 + label.length;
  let at = 3;
  for (let i = 0; i < PREFIX.length; i++) info[at++] = PREFIX.charCodeAt(i);
  for (let i = 0; i < label.length; i++) info[at++] = label.charCodeAt(i);
  info[at++] = context.length;
  copyOctets(context, 0, context.length, info, at);
  return hkdfExpand(crypto, hash, secret, info, length);
}

const PREFIX = 'tls13 ';
