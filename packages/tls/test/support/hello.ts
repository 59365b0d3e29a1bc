import { NamedGroup, nodeCryptography } from '../../src/index.ts';

/** Octets one behind the other: numbers are octets, arrays are nested. */
export type Octets = readonly (number | Uint8Array)[];

export function octets(...parts: Octets): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
}

export const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);
export const v8 = (...parts: Octets): Uint8Array => {
  const body = octets(...parts);
  return octets(body.length, body);
};
export const v16 = (...parts: Octets): Uint8Array => {
  const body = octets(...parts);
  return octets(u16(body.length), body);
};
export const message = (type: number, ...parts: Octets): Uint8Array => {
  const body = octets(...parts);
  return octets(type, body.length >>> 16, u16(body.length & 0xffff), body);
};
export const record = (type: number, body: Uint8Array, version = 0x0303): Uint8Array =>
  octets(type, u16(version), v16(body));

/** The parts of a ClientHello, to be bent in tests. */
export interface Hello {
  version: number;
  random: Uint8Array;
  sessionId: Uint8Array;
  suites: number[];
  compression: number[];
  extensions: [type: number, body: Uint8Array][];
}

/** One that any server of TLS 1.3 takes. */
export function goodHello(): Hello {
  const pair = nodeCryptography.keyPair(NamedGroup.X25519);
  return {
    version: 0x0303,
    random: new Uint8Array(32).fill(7),
    sessionId: new Uint8Array(32).fill(9),
    suites: [0x1301, 0x1302],
    compression: [0],
    extensions: [
      [43, v8(u16(0x0304))],
      [10, v16(u16(NamedGroup.X25519), u16(NamedGroup.Secp256r1))],
      [13, v16(u16(0x0403), u16(0x0804))],
      [51, v16(u16(NamedGroup.X25519), v16(pair.share))],
    ],
  };
}

/** Puts a body in place of an extension's, or the extension at the end. */
export function put(hello: Hello, type: number, body: Uint8Array): Hello {
  const found = hello.extensions.find(([one]) => one === type);
  if (found === undefined) hello.extensions.push([type, body]);
  else found[1] = body;
  return hello;
}

export function drop(hello: Hello, type: number): Hello {
  hello.extensions = hello.extensions.filter(([one]) => one !== type);
  return hello;
}

export function encodeHello(hello: Hello): Uint8Array {
  return message(
    1,
    u16(hello.version),
    hello.random,
    v8(hello.sessionId),
    v16(...hello.suites.map(u16)),
    v8(Uint8Array.from(hello.compression)),
    v16(...hello.extensions.flatMap(([type, body]) => [u16(type), v16(body)])),
  );
}
