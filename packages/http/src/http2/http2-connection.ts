import type { OctetWriter } from '@immuable-net/octets';
import { HpackDecoder } from '../hpack/index.ts';
import type { ClientFacts, HttpResponse } from '../semantics/index.ts';
import { AbuseBudget } from './abuse-budget.ts';
import { ClosedStreams } from './closed-streams.ts';
import { ErrorCode } from './error-code.ts';
import { Setting } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { HeadEncoder } from './head-encoder.ts';
import type { Http2Context } from './http2-context.ts';
import { failureOf, type Http2Failure } from './http2-failure.ts';
import { type Http2Stream, Queued } from './http2-stream.ts';
import { FRAME_SIZE, HEADER_TABLE_SIZE, INITIAL_WINDOW, MAXIMUM_WINDOW } from './parameters.ts';
import { PeerSettings } from './peer-settings.ts';
import { RequestMemo } from './request-memo.ts';
import { ResponseSchedule } from './response-schedule.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** How far a connection is on its way to its end (RFC 9113 §6.8). */
export const Ending = {
  No: 0,
  /** GOAWAY with the highest identifier was sent: new streams are still taken. */
  Announced: 1,
  /** GOAWAY with the last stream was sent: those that are open are finished. */
  Final: 2,
  /** An error: nothing is read or answered any more. */
  Failed: 3,
  /** Everything was said. */
  Over: 4,
} as const;

/** One of {@link Ending}. */
export type Ending = (typeof Ending)[keyof typeof Ending];

/** The PING between the two GOAWAY frames of a graceful stop. */
const DRAIN_PING: Uint8Array = Uint8Array.from('goodbye.', (c) => c.charCodeAt(0));

/**
 * The state of one connection, for what reads its frames (frame-arrives.ts) and what writes its responses
 * (emit-frames.ts); and what can happen to its streams. Private to this folder.
 */
export class Http2Connection {
  readonly context: Http2Context;
  readonly client: ClientFacts;
  readonly reader: FrameReader;
  readonly control: FrameWriter;
  readonly decoder: HpackDecoder;
  readonly heads: HeadEncoder;
  readonly peer: PeerSettings;
  readonly closed: ClosedStreams;
  readonly budget: AbuseBudget;
  readonly schedule: ResponseSchedule;
  readonly memo: RequestMemo;
  memoEpoch: number;
  /** Open and half-closed streams. */
  readonly streams: Map<number, Http2Stream>;
  /** The highest identifier that the client used. */
  lastStreamId: number;
  ending: Ending;
  failure: Http2Failure | undefined;
  /** The client sent GOAWAY, or its direction ended. */
  peerEnding: boolean;

  /** Octets of the client's preface that came. */
  prefaceOctets: number;
  /** The client's first SETTINGS frame came; ours was acknowledged. */
  settingsSeen: boolean;
  settingsAcknowledged: boolean;

  /** The stream whose field block is not whole (0 = none), the flags of its HEADERS, what came of it. */
  blockStreamId: number;
  blockFlags: number;
  blockSelfDependent: boolean;
  continuations: number;
  block: OctetWriter | undefined;

  /** What we may send (RFC 9113 §6.9), since when nothing moves because of it, and what was sent since. */
  sendWindow: number;
  stalledAt: number;
  sentSinceStall: number;
  /** The room that the last emission left, what became free since, and when that was progress. */
  roomLeft: number;
  drained: number;
  drainedAt: number;
  /** What the client may send. */
  receiveWindow: number;
  receiveTarget: number;
  unannounced: number;

  /** PRIORITY_UPDATE frames for streams that are yet to be opened. */
  priorities: Map<number, number> | undefined;

  settleAt: number;
  partialAt: number;
  idleAt: number;
  sweepAt: number;
  goawayAt: number;
  /** A body has more to give in its next turn. */
  turnAt: number;
  /** Something waits to be sent: until when some of it has to go. */
  sendAt: number;
  /** The client took nothing for too long: the stream below is to be dropped. */
  aborted: boolean;

  constructor(context: Http2Context, client: ClientFacts, now: number) {
    const { parameters } = context;
    this.context = context;
    this.client = client;
    this.reader = new FrameReader(FRAME_SIZE);
    this.control = new FrameWriter();
    this.decoder = new HpackDecoder(HEADER_TABLE_SIZE);
    this.heads = new HeadEncoder();
    this.peer = new PeerSettings();
    this.closed = new ClosedStreams();
    this.budget = new AbuseBudget(parameters);
    this.schedule = new ResponseSchedule();
    this.memo = new RequestMemo();
    this.memoEpoch = context.epoch;
    this.streams = new Map();
    this.lastStreamId = 0;
    this.ending = Ending.No;
    this.failure = undefined;
    this.peerEnding = false;
    this.prefaceOctets = 0;
    this.settingsSeen = false;
    this.settingsAcknowledged = false;
    this.blockStreamId = 0;
    this.blockFlags = 0;
    this.blockSelfDependent = false;
    this.continuations = 0;
    this.block = undefined;
    this.sendWindow = INITIAL_WINDOW;
    this.stalledAt = NEVER;
    this.sentSinceStall = 0;
    this.roomLeft = 0;
    this.drained = 0;
    this.drainedAt = now;
    this.receiveWindow = INITIAL_WINDOW;
    this.receiveTarget = INITIAL_WINDOW;
    this.unannounced = 0;
    this.priorities = undefined;
    this.settleAt = now + parameters.settleMs;
    this.partialAt = NEVER;
    this.idleAt = now + parameters.idleMs;
    this.sweepAt = NEVER;
    this.goawayAt = NEVER;
    this.turnAt = NEVER;
    this.sendAt = NEVER;
    this.aborted = false;
    // RFC 9113 §3.4: the server's preface is a SETTINGS frame, and its first.
    this.control.settings([
      Setting.MaxConcurrentStreams,
      parameters.concurrentStreams,
      Setting.MaxHeaderListSize,
      parameters.fieldOctets,
      // RFC 9218 §2.1.1: the priorities of RFC 7540 are not used.
      Setting.NoRfc7540Priorities,
      1,
    ]);
  }

  /** RFC 9113 §5.4.1: a connection error. Everything is dropped, GOAWAY is the last word. */
  fail(code: ErrorCode, now: number): void {
    if (this.ending >= Ending.Failed) return;
    this.failure = failureOf(code);
    this.context.counters.failures[this.failure]++;
    this.ending = Ending.Failed;
    this.dropAll(now);
    this.control.goaway(this.lastStreamId, code);
  }

  /** Releases all streams and every deadline: nothing will be sent on them. */
  dropAll(now: number): void {
    for (const stream of this.streams.values()) this.#release(stream, false, now);
    this.streams.clear();
    this.reader.clear();
    this.block = undefined;
    this.settleAt = NEVER;
    this.partialAt = NEVER;
    this.idleAt = NEVER;
    this.sweepAt = NEVER;
    this.goawayAt = NEVER;
    this.turnAt = NEVER;
    this.sendAt = NEVER;
  }

  /** RFC 9113 §5.4.2: a stream error, of a stream that is open or was. */
  resetStream(streamId: number, code: ErrorCode, now: number): void {
    this.control.resetStream(streamId, code);
    this.closed.resetByUs(streamId);
    this.context.counters.resets[failureOf(code)]++;
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.remove(stream, false, now);
    if (this.budget.reset()) this.fail(ErrorCode.EnhanceYourCalm, now);
  }

  /** A stream is over: `complete` when all of its response was given to the connection. */
  remove(stream: Http2Stream, complete: boolean, now: number): void {
    this.streams.delete(stream.id);
    this.#release(stream, complete, now);
    if (this.streams.size === 0) this.idleAt = now + this.context.parameters.idleMs;
  }

  /** The answer to a stream's request is known: it waits for its turn. */
  respond(stream: Http2Stream, response: HttpResponse): void {
    stream.response = response;
    response.body?.retain();
    this.schedule.add(stream);
  }

  /** RFC 9218 §7: a stream's priority is now this (as `parsePriority` packs it). */
  prioritize(stream: Http2Stream, priority: number): void {
    const ready = stream.queued === Queued.Ready;
    if (ready) this.schedule.remove(stream);
    stream.urgency = priority & 7;
    stream.incremental = priority >> 3 === 1;
    if (ready) this.schedule.add(stream);
  }

  /** Streams that were blocked and whose windows and the connection's are open go back to the schedule. */
  unblockAll(): void {
    if (this.sendWindow <= 0) return;
    for (const stream of this.streams.values()) this.unblock(stream);
  }

  unblock(stream: Http2Stream): void {
    if (stream.queued === Queued.Blocked && stream.sendWindow > 0 && this.sendWindow > 0) this.schedule.add(stream);
  }

  /** RFC 9113 §6.8: a graceful stop, in two steps, so that no request on its way is lost. */
  announceEnd(now: number): void {
    if (this.ending !== Ending.No) return;
    this.ending = Ending.Announced;
    this.control.goaway(MAXIMUM_WINDOW, ErrorCode.NoError);
    this.control.ping(0, DRAIN_PING, 0);
    this.goawayAt = now + this.context.parameters.goawayMs;
  }

  /** The second step: no stream after the last one is answered. */
  settleEnd(): void {
    if (this.ending >= Ending.Final) return;
    this.ending = Ending.Final;
    this.goawayAt = NEVER;
    this.control.goaway(this.lastStreamId, ErrorCode.NoError);
  }

  /** Call when frames, time or an end may have come to this: all streams are done and the last frame was taken. */
  endIfDone(): void {
    if (this.ending === Ending.Over || this.control.length > 0) return;
    if (this.ending < Ending.Failed) {
      if (this.streams.size > 0 || (this.ending !== Ending.Final && !this.peerEnding)) return;
    }
    this.ending = Ending.Over;
    this.idleAt = NEVER;
    this.settleAt = NEVER;
    this.partialAt = NEVER;
    this.goawayAt = NEVER;
    this.sweepAt = NEVER;
    this.sendAt = NEVER;
    this.reader.clear();
  }

  /** Whether `octets` from `start` are those of the PING of {@link announceEnd}. */
  isDrainPing(octets: Uint8Array, start: number): boolean {
    for (let i = 0; i < DRAIN_PING.length; i++) if (octets[start + i] !== DRAIN_PING[i]) return false;
    return true;
  }

  #release(stream: Http2Stream, complete: boolean, now: number): void {
    this.schedule.remove(stream);
    stream.queued = Queued.No;
    const response = stream.response;
    if (response === undefined) return;
    response.body?.release();
    if (complete) this.context.counters.responses++;
    const log = this.context.log;
    const request = stream.request;
    if (log === undefined || request === undefined) return;
    log.add({
      client: this.client,
      method: request.method,
      target: request.target,
      authority: request.authority,
      version: request.version,
      status: response.head.status,
      octets: stream.position,
      referer: request.fields.get('referer'),
      userAgent: request.fields.get('user-agent'),
      startedAt: stream.startedAt,
      endedAt: now,
      complete,
    });
  }
}
