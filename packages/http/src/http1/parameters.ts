/** Limits and times of an HTTP/1 connection. */
export interface Http1Parameters {
  /** Octets of a request line. RFC 9112 §3 asks for 8,000 at least; nginx 8 KiB, Apache 8,190, Node 16 KiB with the fields. */
  readonly requestLineOctets: number;
  /** Octets of all field lines together, CRLFs included; of a trailer section too. nginx 32 KiB (4 × 8), Node 16 KiB, Apache 100 × 8,190. */
  readonly fieldsOctets: number;
  /** Field lines of a request; of a trailer section too. Apache 100, Node 2,000, nginx has no limit. */
  readonly fieldLines: number;
  /**
   * Octets of memory for heads whose ends are missing, of all connections together: 1,600 of the largest, 130,000
   * of a usual one. Beyond it 503. Servers that give each connection a buffer have no such limit.
   */
  readonly partialOctets: number;
  /** Octets of content that are read and discarded to keep a connection. nginx answers 413 from 1 MiB on. */
  readonly contentOctets: number;
  /** Octets of chunk extensions in one message. Node 16 KiB; they are read by nobody (RFC 9112 §7.1.1). */
  readonly chunkExtensionOctets: number;
  /** A connection without a request. nginx 75 s, Apache 5 s, Node 5 s; browsers keep theirs for minutes. */
  readonly idleMs: number;
  /** From the first octet of a head to its end. Apache 20 to 40 s, nginx 60 s, Node 60 s. */
  readonly headMs: number;
  /** Between two arrivals of content. nginx 60 s. */
  readonly contentMs: number;
  /** From the end of a head to the end of its content. Node 300 s for both. */
  readonly requestMs: number;
  /**
   * While a response waits and nothing of it can be given to the connection. nginx 60 s, Apache 60 s; ours is longer because
   * the queue below may hold megabytes, and a slow reader of them is no dead one.
   */
  readonly sendMs: number;
}

/** The defaults, each with its precedents at {@link Http1Parameters}. */
export const HTTP1_PARAMETERS: Http1Parameters = {
  requestLineOctets: 8192,
  fieldsOctets: 32_768,
  fieldLines: 100,
  partialOctets: 67_108_864,
  contentOctets: 1_048_576,
  chunkExtensionOctets: 16_384,
  idleMs: 75_000,
  headMs: 30_000,
  contentMs: 30_000,
  requestMs: 300_000,
  sendMs: 180_000,
};
