import {
  type Body,
  type ClientFacts,
  ConnectionOption,
  type HttpResponse,
  HttpVersion,
  type ResponseHead,
  type ResponseRecord,
} from '../semantics/index.ts';
import type { RequestHead } from './request-head.ts';

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

  /** @param logged whether a log will ask what the request said of itself */
  constructor(request: RequestHead, response: HttpResponse, close: boolean, logged: boolean) {
    const body = request.method === 'HEAD' ? undefined : response.body;
    let option: ConnectionOption = ConnectionOption.None;
    if (close) option = ConnectionOption.Close;
    else if (request.version === HttpVersion.Http10) option = ConnectionOption.KeepAlive;
    this.head = response.head;
    this.body = body;
    this.bodyOctets = body === undefined ? 0 : body.length;
    this.option = option;
    this.close = close;
    this.version = request.version;
    this.method = request.method;
    this.target = request.target;
    this.authority = request.authority;
    this.referer = logged ? request.fields.get('referer') : undefined;
    this.userAgent = logged ? request.fields.get('user-agent') : undefined;
  }

  /** What a log is told: `position` octets of head and body were given to the connection. */
  record(
    client: ClientFacts,
    headOctets: number,
    position: number,
    startedAt: number,
    endedAt: number,
    complete: boolean,
  ): ResponseRecord {
    return {
      client,
      method: this.method,
      target: this.target,
      authority: this.authority,
      version: this.version,
      status: this.head.status,
      octets: Math.max(0, position - headOctets),
      referer: this.referer,
      userAgent: this.userAgent,
      startedAt,
      endedAt,
      complete,
    };
  }
}
