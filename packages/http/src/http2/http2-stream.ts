import type { HttpRequest, HttpResponse } from '../semantics/index.ts';
import { DEFAULT_URGENCY } from './priority.ts';

/** Where a stream stands in the schedule. */
export const Queued = {
  /** Nothing to send yet, or nothing any more. */
  No: 0,
  /** In the schedule. */
  Ready: 1,
  /** Something to send, and its window is used up. */
  Blocked: 2,
} as const;

/** One of {@link Queued}. */
export type Queued = (typeof Queued)[keyof typeof Queued];

/**
 * One request and its response (RFC 9113 §5). A stream exists while it is open or half-closed: idle streams have
 * identifiers beyond the last one, closed ones are gone (see ClosedStreams).
 */
export class Http2Stream {
  readonly id: number;
  /** The client may send no more: half-closed (remote). */
  remoteEnded: boolean;
  /** What was asked; `undefined` when the field list was too large to be kept. */
  request: HttpRequest | undefined;
  /** Content-Length of the request, -1 when it has none; and the octets of content that came. */
  declared: number;
  received: number;
  /** What the client may still send (RFC 9113 §6.9), what it may have outstanding, and what came since the last WINDOW_UPDATE. */
  receiveWindow: number;
  receiveTarget: number;
  unannounced: number;
  response: HttpResponse | undefined;
  headSent: boolean;
  /** How far the body is. */
  position: number;
  /** What we may send: may be negative (RFC 9113 §6.9.2). */
  sendWindow: number;
  /** RFC 9218. */
  urgency: number;
  incremental: boolean;
  /** The schedule's. */
  queued: Queued;
  list: number;
  previous: Http2Stream | undefined;
  next: Http2Stream | undefined;
  startedAt: number;
  /** Since when nothing moves, and where the response stood then (-1: it was never blocked). */
  stalledAt: number;
  stalledFrom: number;

  constructor(id: number, sendWindow: number, receiveWindow: number, now: number) {
    this.id = id;
    this.remoteEnded = false;
    this.request = undefined;
    this.declared = -1;
    this.received = 0;
    this.receiveWindow = receiveWindow;
    this.receiveTarget = receiveWindow;
    this.unannounced = 0;
    this.response = undefined;
    this.headSent = false;
    this.position = 0;
    this.sendWindow = sendWindow;
    this.urgency = DEFAULT_URGENCY;
    this.incremental = false;
    this.queued = Queued.No;
    this.list = 0;
    this.previous = undefined;
    this.next = undefined;
    this.startedAt = now;
    this.stalledAt = now;
    this.stalledFrom = -1;
  }
}
