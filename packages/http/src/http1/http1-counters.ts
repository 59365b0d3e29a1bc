import { HTTP1_FAILURES, type Http1Failure } from './http1-failure.ts';

/** What the HTTP/1 connections of a server did, counted since its start. */
export class Http1Counters {
  /** Responses whose last octet was given to the connection. */
  responses: number;
  /** Requests answered from the memo, without being parsed. */
  memoHits: number;
  /** Connections closed because no request came. */
  idleTimeouts: number;
  /** Connections dropped because their client took nothing of a response. */
  sendTimeouts: number;
  /** Connections dropped because the rest of a content could not be had from the archive. */
  bodyFailures: number;
  /** Connections that failed in the middle of a response. */
  aborted: number;
  /** Refused requests by reason. */
  readonly failures: Record<Http1Failure, number>;

  constructor() {
    this.responses = 0;
    this.memoHits = 0;
    this.idleTimeouts = 0;
    this.sendTimeouts = 0;
    this.bodyFailures = 0;
    this.aborted = 0;
    this.failures = {} as Record<Http1Failure, number>;
    for (const name of Object.keys(HTTP1_FAILURES)) this.failures[name as Http1Failure] = 0;
  }
}
