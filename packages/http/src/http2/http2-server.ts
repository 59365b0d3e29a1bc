import { type SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';
import type { ClientFacts } from '../semantics/index.ts';
import { emitFrames } from './emit-frames.ts';
import { ErrorCode } from './error-code.ts';
import { CLIENT_PREFACE } from './frame.ts';
import { frameArrives } from './frame-arrives.ts';
import { FrameProgress } from './frame-reader.ts';
import { Ending, Http2Connection } from './http2-connection.ts';
import type { Http2Context } from './http2-context.ts';
import type { Http2Failure } from './http2-failure.ts';
import { sweep } from './sweep.ts';

/**
 * One HTTP/2 connection (RFC 9113), the server's side: requests in, responses of the context's service out, by their
 * priorities (RFC 9218). Content of requests is read and discarded. The same over TLS, where ALPN said `h2`, and in
 * clear with prior knowledge.
 */
export class Http2Server implements StreamProtocol {
  readonly #c: Http2Connection;

  constructor(context: Http2Context, client: ClientFacts, now: number) {
    this.#c = new Http2Connection(context, client, now);
  }

  /** Whether no stream is open. */
  get idle(): boolean {
    return this.#c.streams.size === 0;
  }

  /** The error that ended the connection, if one did. */
  get failure(): Http2Failure | undefined {
    return this.#c.failure;
  }

  /** @inheritdoc */
  get wish(): number {
    if (this.#c.aborted) return StreamWish.Abort;
    return this.#c.ending === Ending.Over ? StreamWish.End | StreamWish.Linger : StreamWish.None;
  }

  /** @inheritdoc */
  arrive(octets: Uint8Array, start: number, end: number, now: number): number {
    const c = this.#c;
    const { reader } = c;
    const { controlOctets, settleMs } = c.context.parameters;
    let at = start;
    // RFC 9113 §3.4: the preface of clients.
    while (c.prefaceOctets < CLIENT_PREFACE.length && at < end && c.ending < Ending.Failed) {
      if (octets[at]! === CLIENT_PREFACE[c.prefaceOctets]) {
        c.prefaceOctets++;
        at++;
      } else {
        c.fail(ErrorCode.ProtocolError, now);
      }
    }
    while (at < end && c.ending < Ending.Failed) {
      // Who does not read our answers is not read either.
      if (c.control.length > controlOctets) break;
      const progress = reader.read(octets, at, end);
      at = reader.at;
      if (progress === FrameProgress.Partial) break;
      // RFC 9113 §4.2.
      if (progress === FrameProgress.TooLong) {
        c.fail(c.settingsSeen ? ErrorCode.FrameSizeError : ErrorCode.ProtocolError, now);
      } else {
        frameArrives(c, now);
      }
    }
    c.endIfDone();
    // After an error, and after the end, what comes is read and discarded.
    if (c.ending >= Ending.Failed) return end - start;
    reader.giveBack();
    if (!reader.partial && c.blockStreamId === 0) c.partialAt = Number.POSITIVE_INFINITY;
    else if (c.partialAt === Number.POSITIVE_INFINITY) c.partialAt = now + settleMs;
    return at - start;
  }

  /** @inheritdoc */
  arriveEnd(now: number): void {
    const c = this.#c;
    c.peerEnding = true;
    // Requests that are not whole never will be; those that are, are answered.
    for (const stream of c.streams.values()) if (!stream.remoteEnded) c.remove(stream, false, now);
    c.reader.clear();
    c.partialAt = Number.POSITIVE_INFINITY;
    c.settleAt = Number.POSITIVE_INFINITY;
    c.endIfDone();
  }

  /** @inheritdoc */
  abort(now: number): void {
    this.#c.ending = Ending.Over;
    this.#c.dropAll(now);
  }

  /**
   * Ends the connection gracefully (RFC 9113 §6.8): GOAWAY now, a second one when the client has seen the first, then
   * its end when all streams are done. Call `emit`, and look at `wish` and `nextTimeout` afterwards, as after `arrive`.
   */
  stop(now: number): void {
    this.#c.announceEnd(now);
  }

  /** @inheritdoc */
  emit(queue: SliceQueue, room: number, now: number): number {
    const c = this.#c;
    if (c.ending === Ending.Over) return 0;
    // The stream below was read: windows that are closed may open once what lies there has arrived.
    if (room > c.roomLeft) c.drained += room - c.roomLeft;
    if (c.drained >= c.context.parameters.stallOctets) {
      c.drained = 0;
      c.drainedAt = now;
    }
    const emitted = emitFrames(c, queue, room, now);
    c.roomLeft = room - emitted;
    if (c.control.length === 0 && c.schedule.count === 0) c.sendAt = Number.POSITIVE_INFINITY;
    else if (emitted > 0 || c.sendAt === Number.POSITIVE_INFINITY) c.sendAt = now + c.context.parameters.sendMs;
    c.endIfDone();
    return emitted;
  }

  /** @inheritdoc */
  timeoutsExpire(now: number): void {
    const c = this.#c;
    if (now >= c.sendAt) {
      c.context.counters.sendTimeouts++;
      c.aborted = true;
      this.abort(now);
      return;
    }
    if (now >= c.turnAt) c.turnAt = Number.POSITIVE_INFINITY; // emit is called now
    if (now >= c.settleAt) {
      // RFC 9113 §6.5.3: or not even its preface came.
      c.fail(c.settingsSeen ? ErrorCode.SettingsTimeout : ErrorCode.ProtocolError, now);
    } else if (now >= c.partialAt) {
      c.fail(ErrorCode.EnhanceYourCalm, now);
    }
    if (now >= c.goawayAt) c.settleEnd();
    if (now >= c.idleAt && c.ending < Ending.Failed) {
      c.idleAt = Number.POSITIVE_INFINITY;
      if (c.streams.size === 0) c.settleEnd();
    }
    if (now >= c.sweepAt) sweep(c, now);
    c.endIfDone();
  }

  /** @inheritdoc */
  nextTimeout(): number {
    const c = this.#c;
    let next = c.settleAt;
    if (c.partialAt < next) next = c.partialAt;
    if (c.goawayAt < next) next = c.goawayAt;
    if (c.idleAt < next) next = c.idleAt;
    if (c.sweepAt < next) next = c.sweepAt;
    if (c.turnAt < next) next = c.turnAt;
    if (c.sendAt < next) next = c.sendAt;
    return next;
  }
}
