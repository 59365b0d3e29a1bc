import type { Body, ConnectionOption, HttpVersion, ResponseHead } from '../semantics/index.ts';

/** An answer ready to be emitted, and what a log says about its request: shared between connections when it stands in the memo. */
export class PreparedResponse {
  readonly head: ResponseHead;
  readonly body: Body | undefined;
  readonly bodyOctets: number;
  /** The connection option of its head while the server is not stopping. */
  readonly option: ConnectionOption;
  /** Whether the connection ends with it. */
  readonly close: boolean;
  readonly version: HttpVersion;
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;

  constructor(
    head: ResponseHead,
    body: Body | undefined,
    option: ConnectionOption,
    close: boolean,
    request: {
      readonly version: HttpVersion;
      readonly method: string;
      readonly target: string;
      readonly authority: string;
      readonly referer: string | undefined;
      readonly userAgent: string | undefined;
    },
  ) {
    this.head = head;
    this.body = body;
    this.bodyOctets = body === undefined ? 0 : body.length;
    this.option = option;
    this.close = close;
    this.version = request.version;
    this.method = request.method;
    this.target = request.target;
    this.authority = request.authority;
    this.referer = request.referer;
    this.userAgent = request.userAgent;
  }
}
