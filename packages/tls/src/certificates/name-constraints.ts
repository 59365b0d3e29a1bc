import { readDer, readDerSequence, writeDer } from './der.ts';

/** Subtrees of names (RFC 5280 §4.2.1.10). */
interface Subtrees {
  readonly dns: string[];
  /** Address and mask, 8 or 32 octets. */
  readonly ip: Uint8Array[];
  /** Whether there are subtrees of other kinds of names: nobody here can judge those. */
  other: boolean;
}

/** The name constraints of an authority. */
export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
}

const SEQUENCE = 0x30;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** Reads the extension's value; undefined if it is malformed. */
export function parseNameConstraints(value: Uint8Array): NameConstraints | undefined {
  const outer = readDer(value, 0, value.length);
  if (outer?.tag !== SEQUENCE) return undefined;
  const constraints: NameConstraints = {
    permitted: { dns: [], ip: [], other: false },
    excluded: { dns: [], ip: [], other: false },
  };
  const parts = readDerSequence(value, outer.start, outer.end);
  if (parts === undefined) return undefined;
  for (const part of parts) {
    const into = part.tag === 0xa0 ? constraints.permitted : part.tag === 0xa1 ? constraints.excluded : undefined;
    const subtrees = readDerSequence(value, part.start, part.end);
    if (into === undefined || subtrees === undefined) return undefined;
    for (const subtree of subtrees) {
      const base = readDer(value, subtree.start, subtree.end);
      if (base === undefined || base.end !== subtree.end) return undefined; // minimum and maximum: never used
      const name = value.subarray(base.start, base.end);
      if (base.tag === DNS_NAME) into.dns.push(String.fromCharCode(...name).toLowerCase());
      else if (base.tag === IP_ADDRESS && (name.length === 8 || name.length === 32)) into.ip.push(name);
      else into.other = true;
    }
  }
  return constraints;
}

/** Encodes constraints that permit just these names and addresses. */
export function encodeNameConstraints(dns: readonly string[], ip: readonly Uint8Array[]): Uint8Array {
  const subtrees = dns.map((name) =>
    writeDer(
      SEQUENCE,
      writeDer(
        DNS_NAME,
        Uint8Array.from(name, (letter) => letter.charCodeAt(0)),
      ),
    ),
  );
  for (const address of ip) {
    const mask = new Uint8Array(address.length).fill(0xff);
    subtrees.push(writeDer(SEQUENCE, writeDer(IP_ADDRESS, address, mask)));
  }
  return writeDer(SEQUENCE, writeDer(0xa0, ...subtrees));
}

/** Whether a certificate with these names may stand below an authority with these constraints. */
export function permits(
  constraints: NameConstraints,
  dns: readonly string[],
  ip: readonly Uint8Array[],
  otherNames: boolean,
): boolean {
  const { permitted, excluded } = constraints;
  if (otherNames && (permitted.other || excluded.other)) return false;
  for (const name of dns) {
    if (excluded.dns.some((subtree) => within(name, subtree))) return false;
    if (permitted.dns.length > 0 && !permitted.dns.some((subtree) => within(name, subtree))) return false;
  }
  for (const address of ip) {
    if (excluded.ip.some((subtree) => covers(subtree, address))) return false;
    if (permitted.ip.length > 0 && !permitted.ip.some((subtree) => covers(subtree, address))) return false;
  }
  // Names of one kind permitted and those of the other not mentioned: RFC 5280 leaves the others free.
  return true;
}

/** "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side". */
function within(name: string, subtree: string): boolean {
  const plain = name.startsWith('*.') ? name.slice(2) : name;
  if (subtree === '') return true;
  const base = subtree.startsWith('.') ? subtree.slice(1) : subtree;
  return plain === base || plain.endsWith(`.${base}`);
}

function covers(subtree: Uint8Array, address: Uint8Array): boolean {
  if (subtree.length !== address.length * 2) return false;
  return address.every(
    (octet, i) => (octet & subtree[address.length + i]!) === (subtree[i]! & subtree[address.length + i]!),
  );
}
