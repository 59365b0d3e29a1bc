/**
 * Whoever lent octets by reference and wants to know when they are no longer needed.
 *
 * An owner is released exactly once for every slice that was appended with it: when its last octet was
 * acknowledged by the peer, or when the connection that held it was aborted. Never at transmission, so that
 * a mapped archive stays mapped as long as one segment of it may have to be sent again.
 */
export interface SliceOwner {
  release(): void;
}

/** A run of octets `[start, end)` lent by reference. Nobody may change these octets until the owner is released. */
export interface Slice {
  readonly octets: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly owner: SliceOwner | undefined;
}
