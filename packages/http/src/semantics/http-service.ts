import type { Body } from './body.ts';
import type { HttpRequest } from './http-request.ts';
import type { ResponseHead } from './response-head.ts';

/** What a service answers. */
export interface HttpResponse {
  /** Status and fields; shared and immutable. Content-Length stands in it when it is known (always, here). */
  readonly head: ResponseHead;
  /** The content, or `undefined` when none is sent (HEAD, 304, 204). */
  readonly body: Body | undefined;
  /**
   * Whether this very object may answer every later request to the same service that has the same method,
   * scheme, target and fields, for ever: it depended on nothing else, and its body holds no position. The framing
   * may then keep it beside the octets of the request.
   */
  readonly reusable: boolean;
}

/** Answers requests, at once: everything that it needs is at hand. */
export interface HttpService {
  /**
   * The answer to one request. Never throws on anything a client can send. Content of the request is never
   * given: the framing discards it.
   *
   * @param now monotonic milliseconds
   */
  respond(request: HttpRequest, now: number): HttpResponse;
}
