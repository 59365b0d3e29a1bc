import { CipherSuite, type SuiteFacts, suiteOf } from './cipher-suite.ts';
import type { ClientHello } from './client-hello.ts';
import type { Crypto } from './crypto.ts';
import type { FailureCode } from './failure.ts';
import { KeySchedule } from './key-schedule.ts';
import { NamedGroup } from './named-group.ts';
import { MAXIMUM_IDENTITIES_TRIED } from './parameters.ts';
import type { TicketState, Tickets } from './ticket-keys.ts';
import type { Transcript } from './transcript.ts';

/** The first of ours that the client offers; ChaCha20 first where the client prefers it (it has no AES in hardware). */
export function chooseSuite(hello: ClientHello, suites: readonly number[]): SuiteFacts | undefined {
  const preferred = hello.cipherSuites.find((id) => suiteOf(id) !== undefined);
  if (preferred === CipherSuite.Chacha20Poly1305Sha256 && suites.includes(preferred)) return suiteOf(preferred);
  const chosen = suites.find((id) => hello.cipherSuites.includes(id));
  return chosen === undefined ? undefined : suiteOf(chosen);
}

/** The group of the key exchange, and the client's share of it: undefined = ask for one by HelloRetryRequest. */
export interface GroupChoice {
  readonly group: number;
  readonly share: Uint8Array | undefined;
}

/** The best group that the client sent a share of; else the best that it supports. `postQuantum`: whether that is preferred now. */
export function chooseGroup(
  hello: ClientHello,
  groups: readonly number[],
  crypto: Crypto,
  postQuantum: boolean,
): GroupChoice | undefined {
  const offered = hello.supportedGroups ?? [];
  const common = groups.filter((group) => offered.includes(group) && crypto.supportsGroup(group));
  if (!postQuantum) {
    common.sort((a, b) => Number(a === NamedGroup.X25519MlKem768) - Number(b === NamedGroup.X25519MlKem768));
  }
  for (const group of common) {
    const entry = hello.keyShares?.find((share) => share.group === group);
    if (entry !== undefined) return { group, share: entry.share };
  }
  return common[0] === undefined ? undefined : { group: common[0], share: undefined };
}

/** The application protocol; undefined in it where the client offers none. */
export function chooseAlpn(
  hello: ClientHello,
  protocols: readonly string[],
): { readonly alpn: string | undefined } | FailureCode {
  if (hello.protocols === undefined || protocols.length === 0) return { alpn: undefined };
  const offered = hello.protocols;
  const alpn = protocols.find((protocol) => offered.includes(protocol));
  // RFC 7301 §3.2
  return alpn === undefined ? 'no_application_protocol' : { alpn };
}

/** A ticket that is taken. */
export interface Resumption {
  readonly index: number;
  readonly state: TicketState;
  readonly schedule: KeySchedule;
}

/** What a ticket must agree with. */
export interface ResumptionTerms {
  readonly suite: SuiteFacts;
  readonly serverName: string;
  readonly policy: string;
  /** Whether this name asks for a client certificate that the ticket must vouch for. */
  readonly needsClient: boolean;
}

const PSK_DHE_KE = 1;

/**
 * RFC 8446 §4.2.11: the first ticket that is good for these terms, its binder verified; undefined = a full
 * handshake. `transcript` ends with the ClientHello.
 */
export function chooseResumption(
  crypto: Crypto,
  hello: ClientHello,
  helloOctets: number,
  keys: Tickets,
  terms: ResumptionTerms,
  transcript: Transcript,
  unixMs: number,
): Resumption | FailureCode | undefined {
  // PSK with (EC)DHE only (§4.2.9).
  if (hello.identities === undefined || !hello.pskModes!.includes(PSK_DHE_KE)) return undefined;
  const count = Math.min(hello.identities.length, MAXIMUM_IDENTITIES_TRIED);
  for (let index = 0; index < count; index++) {
    const { identity, binder } = hello.identities[index]!;
    const state = keys.open(identity, unixMs);
    if (state === undefined || suiteOf(state.suite)?.hash !== terms.suite.hash) continue;
    if (state.serverName !== terms.serverName || state.policy !== terms.policy) continue;
    if (terms.needsClient && state.clientDigest.length === 0) continue;
    const schedule = new KeySchedule(crypto, terms.suite.hash, state.psk);
    const key = schedule.binderKey(false);
    const covered = transcript.hashWithout(terms.suite.hash, helloOctets - hello.bindersAt);
    const expected = crypto.hmac(terms.suite.hash, key, covered);
    key.fill(0);
    return crypto.equal(expected, binder) ? { index, state, schedule } : 'bad_binder';
  }
  return undefined;
}
