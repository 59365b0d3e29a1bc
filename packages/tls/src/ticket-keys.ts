import { OctetReader, OctetWriter } from '@immuable-net/octets';
import { CipherSuite } from './cipher-suite.ts';
import type { Aead, Crypto } from './crypto.ts';
import { TAG_OCTETS, TICKET_KEY_LIFETIME_MS } from './parameters.ts';

/** What a ticket holds: all that a server needs to resume (RFC 8446 §4.6.1), for nothing is kept here. */
export interface TicketState {
  /** The suite of the connection that it was issued on: its hash must be the same. */
  readonly suite: number;
  readonly psk: Uint8Array;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly lifetimeS: number;
  readonly ageAdd: number;
  readonly serverName: string;
  /** The policy for client certificates under which it was issued. */
  readonly policy: string;
  /** SHA-256 of the client's certificate chain; empty if it showed none. */
  readonly clientDigest: Uint8Array;
}

/** Octets of one key in a ticket key file: 16 of name, 32 of secret. */
export const TICKET_KEY_OCTETS = 48;

const VERSION = 1;
const NAME_OCTETS = 16;
const NONCE_OCTETS = 12;
const OVERHEAD = NAME_OCTETS + NONCE_OCTETS + TAG_OCTETS;
const LONGEST_TICKET = 1024;

interface TicketKey {
  readonly name: Uint8Array;
  readonly seal: Aead;
  readonly open: Aead;
  readonly madeAt: number;
}

/** Seals and opens tickets. */
export interface Tickets {
  /** A ticket for this state. @param unixMs milliseconds since 1970 */
  seal(state: TicketState, unixMs: number): Uint8Array;
  /** Undefined if the ticket is not ours, was altered, or has expired. */
  open(ticket: Uint8Array, unixMs: number): TicketState | undefined;
}

/**
 * The keys under which session tickets are sealed: the first seals, all open. Made here, they rotate by
 * themselves; given by a file, the file's owner rotates them.
 */
export class TicketKeys implements Tickets {
  readonly #crypto: Crypto;
  #keys: TicketKey[];
  readonly #rotates: boolean;
  readonly #writer: OctetWriter;

  /** @param secrets runs of {@link TICKET_KEY_OCTETS} octets, the one that seals first; undefined = made here */
  constructor(crypto: Crypto, secrets?: Uint8Array) {
    if (secrets !== undefined && (secrets.length === 0 || secrets.length % TICKET_KEY_OCTETS !== 0)) {
      throw new RangeError(`ticket keys are runs of ${TICKET_KEY_OCTETS} octets, not ${secrets.length}`);
    }
    this.#crypto = crypto;
    this.#keys = [];
    this.#rotates = secrets === undefined;
    this.#writer = new OctetWriter(256);
    for (let at = 0; secrets !== undefined && at < secrets.length; at += TICKET_KEY_OCTETS) {
      this.#keys.push(this.#makeKey(new Uint8Array(secrets.subarray(at, at + TICKET_KEY_OCTETS)), 0));
    }
  }

  /** Seals a ticket. @param unixMs milliseconds since 1970 */
  seal(state: TicketState, unixMs: number): Uint8Array {
    this.#rotate(unixMs);
    const key = this.#keys[0]!;
    const writer = this.#writer;
    writer.clear();
    writer.reserve(LONGEST_TICKET + OVERHEAD);
    writer.write(key.name);
    writer.at += NONCE_OCTETS;
    const from = writer.at;
    this.#crypto.random(writer.octets, from - NONCE_OCTETS, from);
    writer.u8(VERSION);
    writer.u16(state.suite);
    writer.u64(state.issuedAt);
    writer.u32(state.lifetimeS);
    writer.u32(state.ageAdd);
    writer.u8(state.psk.length);
    writer.write(state.psk);
    writer.u8(state.clientDigest.length);
    writer.write(state.clientDigest);
    writer.u16(state.serverName.length);
    writer.latin1(state.serverName);
    writer.u16(state.policy.length);
    writer.latin1(state.policy);
    const to = writer.at;
    writer.reserve(TAG_OCTETS);
    const octets = writer.octets;
    key.seal.sealStart(octets.subarray(from - NONCE_OCTETS, from), octets, 0);
    key.seal.sealUpdate(octets, from, to, octets, from);
    key.seal.sealFinish(octets, to);
    octets.fill(0, to + TAG_OCTETS);
    return octets.slice(0, to + TAG_OCTETS);
  }

  /** Opens a ticket; undefined if it is not ours, was altered, or has expired. */
  open(ticket: Uint8Array, unixMs: number): TicketState | undefined {
    this.#rotate(unixMs);
    if (ticket.length < OVERHEAD) return undefined;
    const key = this.#keys.find(({ name }) => {
      for (let i = 0; i < NAME_OCTETS; i++) if (name[i] !== ticket[i]) return false;
      return true;
    });
    if (key === undefined) return undefined;
    const from = NAME_OCTETS + NONCE_OCTETS;
    const plain = new Uint8Array(ticket.length - OVERHEAD + TAG_OCTETS);
    const nonce = ticket.subarray(NAME_OCTETS, from);
    if (!key.open.open(nonce, ticket, 0, ticket, from, ticket.length, plain, 0)) return undefined;
    const reader = new OctetReader(plain, 0, ticket.length - OVERHEAD);
    if (reader.u8() !== VERSION) return undefined;
    const state: TicketState = {
      suite: reader.u16(),
      issuedAt: reader.u64(),
      lifetimeS: reader.u32(),
      ageAdd: reader.u32(),
      psk: reader.take(reader.u8()),
      clientDigest: reader.take(reader.u8()),
      serverName: text(reader.take(reader.u16())),
      policy: text(reader.take(reader.u16())),
    };
    if (reader.failed || reader.left > 0) return undefined;
    // RFC 8446 §4.6.1: not after its lifetime; and not from the future, beyond what clocks differ by.
    const age = unixMs - state.issuedAt;
    return age > state.lifetimeS * 1000 || age < -60_000 ? undefined : state;
  }

  #rotate(unixMs: number): void {
    if (!this.#rotates) return;
    const first = this.#keys[0];
    if (first !== undefined && unixMs - first.madeAt < TICKET_KEY_LIFETIME_MS) return;
    const secret = new Uint8Array(TICKET_KEY_OCTETS);
    this.#crypto.random(secret, 0, secret.length);
    this.#keys.unshift(this.#makeKey(secret, unixMs));
    for (const old of this.#keys.splice(2)) {
      old.seal.free();
      old.open.free();
    }
  }

  /** Takes the secret over and clears it. */
  #makeKey(secret: Uint8Array, madeAt: number): TicketKey {
    const name = secret.slice(0, NAME_OCTETS);
    const key = secret.subarray(NAME_OCTETS);
    const seal = this.#crypto.aead(CipherSuite.Aes256GcmSha384, key);
    const open = this.#crypto.aead(CipherSuite.Aes256GcmSha384, key);
    secret.fill(0);
    return { name, seal, open, madeAt };
  }
}

function text(octets: Uint8Array): string {
  let all = '';
  for (const octet of octets) all += String.fromCharCode(octet);
  return all;
}
