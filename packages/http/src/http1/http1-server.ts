import { type SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';
import {
  type ClientFacts,
  ConnectionOption,
  type HttpRequest,
  type HttpResponse,
  octetsOf,
  statusResponse,
} from '../semantics/index.ts';
import { ChunkedContent } from './chunked-content.ts';
import { HeadScanner } from './head-scanner.ts';
import type { Http1Context } from './http1-context.ts';
import { HTTP1_FAILURES, type Http1Failure, reasonOf } from './http1-failure.ts';
import { parseRequestHead } from './parse-request-head.ts';
import { PartialHead } from './partial-head.ts';
import { PreparedResponse } from './prepared-response.ts';
import { RequestHead } from './request-head.ts';
import { type RequestContent, SizedContent } from './sized-content.ts';

const CR = 0x0d;
const LF = 0x0a;

/** What octets that come now belong to. */
const Reading = {
  /** A request's head, or the empty lines before it. */
  Head: 0,
  Content: 1,
  /** Nothing: the connection ends with the response that is being sent, or has ended. */
  Nothing: 2,
} as const;

const Flag = {
  /** `stop()` was called. */
  Stopping: 1,
  /** The client's direction has ended. */
  PeerEnded: 2,
  /** The response waits until the content was read. */
  Held: 4,
  /** `100 Continue` is to be emitted. */
  Continue: 8,
  /** The connection ends with the response. */
  Close: 16,
  /** The head of the response was begun. */
  Begun: 32,
  /** A body had more to give than one turn may take. */
  Yielded: 64,
} as const;

const CONTINUE = octetsOf('HTTP/1.1 100 Continue\r\n\r\n');

/** Used by every connection for heads that lie in one piece: nothing of it outlives a call. */
const SCANNER = new HeadScanner();

/**
 * One HTTP/1.1 connection (RFC 9112), the server's side: requests in, responses of the context's service out, one
 * after the other. Content of requests is read and discarded.
 *
 * Idle, it is this one object: heads that come in one piece are parsed where they lie.
 */
export class Http1Server implements StreamProtocol {
  wish: number;
  readonly #context: Http1Context;
  readonly #client: ClientFacts;
  #reading: number;
  #flags: number;
  #partial: PartialHead | undefined;
  #content: RequestContent | undefined;
  #response: PreparedResponse | undefined;
  #head: Uint8Array | undefined;
  /** Octets of head and body that were emitted. */
  #position: number;
  #deadline: number;
  /** When the head of the request was complete. */
  #startedAt: number;

  constructor(context: Http1Context, client: ClientFacts, now: number) {
    this.wish = StreamWish.None;
    this.#context = context;
    this.#client = client;
    this.#reading = Reading.Head;
    this.#flags = 0;
    this.#partial = undefined;
    this.#content = undefined;
    this.#response = undefined;
    this.#head = undefined;
    this.#position = 0;
    this.#deadline = now + context.parameters.idleMs;
    this.#startedAt = now;
  }

  /** Whether neither a request is being read nor a response being sent. */
  get idle(): boolean {
    return this.#response === undefined && this.#partial === undefined && this.#reading === Reading.Head;
  }

  /** @inheritdoc */
  arrive(octets: Uint8Array, start: number, end: number, now: number): number {
    let at = start;
    while (at < end) {
      switch (this.#reading) {
        case Reading.Head: {
          // One response at a time: pipelined requests wait where they are (RFC 9112 §9.3.2).
          if (this.#response !== undefined) return at - start;
          const known = this.#partial === undefined ? this.#context.memo.findRecent(octets, at, end) : undefined;
          if (known !== undefined) {
            at += this.#context.memo.headOctets;
            this.#context.counters.memoHits++;
            this.#begin(known, now);
            break;
          }
          at = this.#arriveHead(octets, at, end, now);
          break;
        }
        case Reading.Content: {
          const content = this.#content!;
          at += content.arrive(octets, at, end);
          if (content.failure !== undefined) this.#contentFails(content.failure, now);
          else if (content.done) this.#contentEnds(now);
          else this.#deadline = this.#contentDeadline(now);
          break;
        }
        default:
          // RFC 9112 §9.6: what comes after the last request is read and discarded.
          return end - start;
      }
    }
    return at - start;
  }

  /** @inheritdoc */
  arriveEnd(now: number): void {
    this.#flags |= Flag.PeerEnded;
    if ((this.wish & StreamWish.Abort) !== 0) return;
    if (this.#reading === Reading.Content) {
      // RFC 9112 §8: the request is incomplete. A response that waits for its content has lost its reason.
      this.#reading = Reading.Nothing;
      if ((this.#flags & Flag.Held) !== 0) this.#drop(now);
      this.#flags = (this.#flags & ~Flag.Held) | Flag.Close;
    }
    this.#dropPartial();
    if (this.#response === undefined) this.#end(StreamWish.End);
  }

  /** @inheritdoc */
  abort(now: number): void {
    if (this.#response !== undefined) {
      this.#context.counters.aborted++;
      this.#drop(now);
    }
    this.#dropPartial();
    this.#content = undefined;
    this.#reading = Reading.Nothing;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /**
   * Ends the connection as soon as what is in flight is done: a response whose head was not begun says
   * `connection: close` (RFC 9112 §9.6). Call `emit` and look at `wish` afterwards, as after `arrive`.
   */
  stop(_now: number): void {
    this.#flags |= Flag.Stopping;
    if (this.idle) this.#end(StreamWish.End | StreamWish.Linger);
  }

  /** @inheritdoc */
  emit(queue: SliceQueue, room: number, now: number): number {
    const response = this.#response;
    let emitted = 0;
    if ((this.#flags & (Flag.Continue | Flag.Held)) !== 0) {
      if ((this.#flags & Flag.Continue) !== 0 && room >= CONTINUE.length) {
        queue.append(CONTINUE, 0, CONTINUE.length, undefined);
        this.#flags &= ~Flag.Continue;
        emitted = CONTINUE.length;
      }
      if (this.#flags & (Flag.Continue | Flag.Held)) return emitted;
    }
    if (response === undefined) return emitted;

    let head = this.#head;
    if (head === undefined) {
      if (room <= emitted) return emitted;
      head = this.#beginHead(response, now);
    }
    const headOctets = head.length;
    let position = this.#position;
    if (position < headOctets) {
      const count = Math.min(headOctets - position, room - emitted);
      queue.append(head, position, position + count, undefined);
      position += count;
      emitted += count;
    }
    const total = headOctets + response.bodyOctets;
    let yielded = false;
    if (position < total && emitted < room) {
      const count = response.body!.emit(queue, position - headOctets, room - emitted);
      if (count < 0) {
        // The length was promised: only a broken connection tells the client (RFC 9112 §8).
        this.#context.counters.bodyFailures++;
        this.#position = position;
        this.#drop(now);
        this.#end(StreamWish.Abort);
        return emitted;
      }
      position += count;
      emitted += count;
      // A body that gives less than it could has done enough for this turn.
      yielded = emitted < room && position < total;
    }
    this.#position = position;
    if (position === total) {
      this.#finish(response, now);
    } else if (yielded) {
      this.#flags |= Flag.Yielded;
      this.#deadline = now;
    } else if (emitted > 0) {
      this.#flags &= ~Flag.Yielded;
      this.#deadline = now + this.#context.parameters.sendMs;
    }
    return emitted;
  }

  /** @inheritdoc */
  timeoutsExpire(now: number): void {
    if (now < this.#deadline) return;
    this.#deadline = Number.POSITIVE_INFINITY;
    const { counters, parameters } = this.#context;
    if (this.#response !== undefined && (this.#flags & Flag.Held) === 0) {
      if ((this.#flags & Flag.Yielded) !== 0) {
        // The body's next turn: emit is called now.
        this.#flags &= ~Flag.Yielded;
        this.#deadline = now + parameters.sendMs;
        return;
      }
      counters.sendTimeouts++;
      this.#drop(now);
      this.#end(StreamWish.Abort);
      return;
    }
    switch (this.#reading) {
      case Reading.Head:
        if (this.#partial === undefined) {
          counters.idleTimeouts++;
          this.#end(StreamWish.End | StreamWish.Linger);
        } else {
          this.#fail('headTimeout', undefined, now);
        }
        return;
      case Reading.Content:
        this.#contentFails('contentTimeout', now);
        return;
      default:
        return;
    }
  }

  /** @inheritdoc */
  nextTimeout(): number {
    return this.#deadline;
  }

  /** Takes octets of a head; returns where the first octet that was not consumed stands. */
  #arriveHead(octets: Uint8Array, start: number, end: number, now: number): number {
    const partial = this.#partial;
    if (partial !== undefined) return this.#arrivePartialHead(partial, octets, start, end, now);
    let at = start;
    // RFC 9112 §2.2: empty lines before a request line are skipped.
    while (at + 1 < end && octets[at]! === CR && octets[at + 1]! === LF) at += 2;
    if (at === end) return end;
    SCANNER.reset();
    // A CR at the very end may begin an empty line.
    const length = octets[at]! === CR && at + 1 === end ? 0 : SCANNER.scan(octets, at, end);
    if (length > 0) {
      this.#arriveRequest(octets, at, at + length, now);
      return at + length;
    }
    if (length < 0) {
      this.#fail(SCANNER.failure!, undefined, now);
      return end;
    }
    const begun = new PartialHead();
    this.#startedAt = now;
    this.#partial = begun;
    this.#deadline = now + this.#context.parameters.headMs;
    return this.#arrivePartialHead(begun, octets, at, end, now);
  }

  #arrivePartialHead(partial: PartialHead, octets: Uint8Array, start: number, end: number, now: number): number {
    const { parameters } = this.#context;
    const taken = partial.arrive(octets, start, end, parameters);
    this.#context.partialOctets += partial.charge();
    if (partial.failure !== undefined) {
      this.#fail(partial.failure, undefined, now);
    } else if (partial.headOctets > 0) {
      this.#dropPartial();
      this.#arriveRequest(partial.octets, 0, partial.headOctets, now);
    } else if (partial.empty) {
      this.#dropPartial();
    } else if (this.#context.partialOctets > parameters.partialOctets) {
      this.#fail('partialHeadsTooLarge', undefined, now);
    }
    return start + taken;
  }

  #dropPartial(): void {
    const partial = this.#partial;
    if (partial === undefined) return;
    this.#context.partialOctets -= partial.charged;
    this.#partial = undefined;
  }

  /** A whole head, `octets[start, end)`. */
  #arriveRequest(octets: Uint8Array, start: number, end: number, now: number): void {
    const context = this.#context;
    const known = context.memo.find(octets, start, end);
    if (known !== undefined) {
      context.counters.memoHits++;
      this.#begin(known, now);
      return;
    }
    const head = new RequestHead();
    const failure = parseRequestHead(octets, start, end, context.parameters, head);
    if (failure !== undefined) {
      this.#fail(failure, head, now);
      return;
    }
    const hasContent = head.chunked || head.contentLength > 0;
    if (head.contentLength > context.parameters.contentOctets) {
      this.#fail('contentTooLarge', head, now);
      return;
    }
    const request: HttpRequest = {
      method: head.method,
      scheme: context.scheme,
      authority: head.authority,
      target: head.target,
      version: head.version,
      fields: head.fields,
      hasContent,
      client: this.#client,
    };
    const response = context.service.respond(request, now);
    // What follows such a refusal is content or a request, nobody knows: the connection cannot go on.
    const refused = head.expectsContinue && response.head.status >= 400;
    const prepared = this.#prepare(head, response, !head.persistent || refused);
    if (response.reusable && !hasContent) context.memo.add(octets, start, end, prepared);
    this.#begin(prepared, now);
    if (!hasContent) return;
    this.#startContent(head, response.head.status < 400, now);
  }

  #startContent(head: RequestHead, welcome: boolean, now: number): void {
    // A client that was refused before it sent its content may keep it to itself.
    if (head.expectsContinue && !welcome) return;
    this.#reading = Reading.Content;
    this.#content = head.chunked ? new ChunkedContent(this.#context.parameters) : new SizedContent(head.contentLength);
    // An error is told at once, so that the client can stop sending; else the content comes first.
    if (welcome) this.#flags |= Flag.Held | (head.expectsContinue ? Flag.Continue : 0);
    this.#deadline = this.#contentDeadline(now);
  }

  #contentDeadline(now: number): number {
    const { contentMs, requestMs } = this.#context.parameters;
    return Math.min(now + contentMs, this.#startedAt + requestMs);
  }

  #contentEnds(now: number): void {
    this.#content = undefined;
    this.#reading = (this.#flags & Flag.Close) !== 0 ? Reading.Nothing : Reading.Head;
    this.#flags &= ~(Flag.Held | Flag.Continue);
    if (this.#response === undefined) this.#rest(now);
    else this.#deadline = now + this.#context.parameters.sendMs;
  }

  /** The rest of a content will not be read: the response that waited for it becomes an error, one that was begun is the last. */
  #contentFails(failure: Http1Failure, now: number): void {
    this.#content = undefined;
    this.#reading = Reading.Nothing;
    if (this.#response !== undefined && (this.#flags & Flag.Held) !== 0) {
      this.#release();
      this.#flags &= ~(Flag.Held | Flag.Continue);
      this.#fail(failure, undefined, now);
      return;
    }
    this.#context.counters.failures[failure]++;
    this.#flags |= Flag.Close;
    if (this.#response === undefined) this.#end(StreamWish.End | StreamWish.Linger);
  }

  #prepare(head: RequestHead, response: HttpResponse, close: boolean): PreparedResponse {
    return new PreparedResponse(head, response, close, this.#context.log !== undefined);
  }

  /** Refuses the request: says why and closes. */
  #fail(failure: Http1Failure, head: RequestHead | undefined, now: number): void {
    this.#context.counters.failures[failure]++;
    const response = statusResponse(HTTP1_FAILURES[failure], [], reasonOf(failure));
    this.#dropPartial();
    this.#begin(this.#prepare(head ?? new RequestHead(), response, true), now);
    this.#reading = Reading.Nothing;
  }

  #begin(response: PreparedResponse, now: number): void {
    this.#response = response;
    this.#head = undefined;
    this.#position = 0;
    this.#startedAt = now;
    this.#deadline = now + this.#context.parameters.sendMs;
    if (response.close) {
      this.#flags |= Flag.Close;
      this.#reading = Reading.Nothing;
    }
    if (response.body !== undefined) response.body.retain();
  }

  #beginHead(response: PreparedResponse, now: number): Uint8Array {
    const { clock } = this.#context;
    clock.update(now);
    let { option } = response;
    if ((this.#flags & (Flag.Stopping | Flag.PeerEnded | Flag.Close)) !== 0) {
      this.#flags |= Flag.Close;
      option = ConnectionOption.Close;
    }
    const head = response.head.http1(clock, option);
    this.#head = head;
    this.#flags |= Flag.Begun;
    return head;
  }

  /** The last octet of the response was emitted. */
  #finish(response: PreparedResponse, now: number): void {
    const context = this.#context;
    context.counters.responses++;
    if (context.log !== undefined) this.#record(response, true, now);
    this.#release();
    this.#rest(now);
  }

  /** Between two requests. */
  #rest(now: number): void {
    if ((this.#flags & (Flag.Close | Flag.Stopping | Flag.PeerEnded)) === 0) {
      if (this.#reading === Reading.Head) this.#deadline = now + this.#context.parameters.idleMs;
      else this.#deadline = this.#contentDeadline(now);
      return;
    }
    // RFC 9112 §9.6: a close with octets unread would reset the connection, and the client lose the response.
    this.#end((this.#flags & Flag.PeerEnded) !== 0 ? StreamWish.End : StreamWish.End | StreamWish.Linger);
  }

  #end(wish: number): void {
    this.wish = wish;
    this.#reading = Reading.Nothing;
    this.#dropPartial();
    this.#content = undefined;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Gives up the response that is being sent, or waits. */
  #drop(now: number): void {
    const response = this.#response;
    if (response === undefined) return;
    if (this.#context.log !== undefined && (this.#flags & Flag.Begun) !== 0) this.#record(response, false, now);
    this.#release();
  }

  #release(): void {
    const response = this.#response!;
    this.#response = undefined;
    this.#head = undefined;
    this.#flags &= ~(Flag.Begun | Flag.Yielded);
    if (response.body !== undefined) response.body.release();
  }

  #record(response: PreparedResponse, complete: boolean, now: number): void {
    const headOctets = this.#head?.length ?? 0;
    const record = response.record(this.#client, headOctets, this.#position, this.#startedAt, now, complete);
    this.#context.log!.add(record);
  }
}
