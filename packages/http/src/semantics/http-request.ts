import type { FieldLines } from './fields.ts';

/** The version of a request, ten times over: what a log prints and what framing depends on. */
export const HttpVersion = { Http10: 10, Http11: 11, Http2: 20 } as const;

/** One of {@link HttpVersion}. */
export type HttpVersion = (typeof HttpVersion)[keyof typeof HttpVersion];

/** What is known about the connection that a request came on. One object a connection; never part of the answer's memo. */
export interface ClientFacts {
  /** Who the client is, as text, and its port: a property of the connection, not of its 4-tuple. */
  readonly address: string;
  readonly port: number;
  /** What TLS negotiated, for logs and for policies; `undefined` in clear. */
  readonly tls: TlsFacts | undefined;
}

/** What TLS negotiated. */
export interface TlsFacts {
  readonly version: string;
  readonly suite: string;
  readonly group: string;
  readonly resumed: boolean;
  readonly alpn: string | undefined;
  readonly serverName: string | undefined;
}

/**
 * One request (RFC 9110 §3.4), the same whatever framed it. All strings hold one character an octet, just as the
 * client sent them; the framing has checked their syntax (target without spaces or controls, field names tokens,
 * field values without controls, authority present where the version demands it).
 */
export interface HttpRequest {
  /** Case-sensitive: `GET`. Any token. */
  readonly method: string;
  /** `http` or `https`: of the connection, not of the target. */
  readonly scheme: string;
  /** `host[:port]` from `:authority`, an absolute-form target or Host, in that order; empty when there was none. */
  readonly authority: string;
  /** Path with query as sent, beginning with `/`; `*` for `OPTIONS *`; `host:port` for CONNECT. */
  readonly target: string;
  readonly version: HttpVersion;
  /** Valid until `respond` returns: they may lie in octets that are used again. */
  readonly fields: FieldLines;
  /** Whether content follows (or may follow): a GET with content is answered all the same, its content discarded. */
  readonly hasContent: boolean;
  readonly client: ClientFacts;
}
