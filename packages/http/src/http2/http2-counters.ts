import { HTTP2_FAILURES, type Http2Failure } from './http2-failure.ts';

/** What the HTTP/2 connections of a server did, counted since its start. */
export class Http2Counters {
  /** Responses whose last octet was given to the connection. */
  responses: number;
  /** Requests answered from a connection's memo, without being decoded. */
  memoHits: number;
  /** Connections dropped because their client took nothing of what waited to be sent. */
  sendTimeouts: number;
  /** Streams that the client reset. */
  resetsByPeer: number;
  /** Streams that we reset, by the code that they were told. */
  readonly resets: Record<Http2Failure, number>;
  /** Connections that we ended with an error, by its code. */
  readonly failures: Record<Http2Failure, number>;

  constructor() {
    this.responses = 0;
    this.memoHits = 0;
    this.sendTimeouts = 0;
    this.resetsByPeer = 0;
    this.resets = none();
    this.failures = none();
  }
}

function none(): Record<Http2Failure, number> {
  const counts = {} as Record<Http2Failure, number>;
  for (const name of HTTP2_FAILURES) counts[name] = 0;
  return counts;
}
