/** A ticket that a client was given, and what goes with it (RFC 8446 §4.6.1): for one later connection. */
export interface ClientSession {
  readonly suite: number;
  readonly psk: Uint8Array;
  readonly ticket: Uint8Array;
  readonly ageAdd: number;
  readonly lifetimeS: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly serverName: string | undefined;
  /** The chain that was judged good when the session began. */
  readonly peerCertificates: readonly Uint8Array[];
}

/** Whether a session may still be offered (RFC 8446 §4.6.1). */
export function sessionLives(session: ClientSession, unixMs: number): boolean {
  return unixMs - session.receivedAt < session.lifetimeS * 1000;
}
