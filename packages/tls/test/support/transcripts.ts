import { readFileSync } from 'node:fs';
import { fromHex } from '@immuable-net/octets';

/** One example handshake of RFC 8448: octets by name. */
export type Trace = (name: string) => Uint8Array;

/** Reads the handshakes of `rfc8448.vec`. */
export function trace(title: string): Trace {
  const text = readFileSync(new URL('../fixtures/rfc8448.vec', import.meta.url), 'utf8');
  const values = new Map<string, Uint8Array>();
  let current = '';
  for (const line of text.split('\n')) {
    const heading = /^\[(.*)\]$/.exec(line)?.[1];
    if (heading !== undefined) current = heading;
    const pair = /^(\w+)\s*=\s*([0-9a-fA-F]*)\s*$/.exec(line);
    if (current === title && pair !== null) values.set(pair[1]!, fromHex(pair[2]!));
  }
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`${title} has no ${name}`);
    return value;
  };
}
