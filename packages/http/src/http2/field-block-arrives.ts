import { HpackFailure } from '../hpack/index.ts';
import { statusResponse } from '../semantics/index.ts';
import { Closed } from './closed-streams.ts';
import { ErrorCode } from './error-code.ts';
import { FrameFlag } from './frame.ts';
import { Ending, type Http2Connection } from './http2-connection.ts';
import { Http2Stream } from './http2-stream.ts';
import { INITIAL_WINDOW } from './parameters.ts';
import { areTrailers, type Http2Request, readRequest } from './read-request.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** A whole field block came, of a request or of trailers: RFC 9113 §8.1, with the states of §5.1. */
export function fieldBlockArrives(
  c: Http2Connection,
  streamId: number,
  octets: Uint8Array,
  start: number,
  end: number,
  now: number,
): void {
  const { context, decoder } = c;
  const endStream = (c.blockFlags & FrameFlag.EndStream) !== 0;
  const generation = decoder.table.generation;
  if (c.memoEpoch !== context.epoch) {
    c.memo.clear();
    c.memoEpoch = context.epoch;
  }
  if (
    endStream &&
    streamId > c.lastStreamId &&
    !c.blockSelfDependent &&
    c.ending < Ending.Final &&
    c.streams.size < context.parameters.concurrentStreams &&
    c.memo.find(octets, start, end, generation)
  ) {
    context.counters.memoHits++;
    pass(c, streamId);
    const stream = add(c, streamId, now);
    stream.request = c.memo.request;
    stream.remoteEnded = true;
    prioritizeNew(c, stream, c.memo.request!);
    c.respond(stream, c.memo.response!);
    return;
  }

  // §4.3: every block is decoded, whatever becomes of its stream, for it changes the table.
  const list = context.list;
  list.clear();
  if (decoder.decode(octets, start, end, list) !== HpackFailure.None) {
    c.fail(ErrorCode.CompressionError, now);
    return;
  }

  const known = c.streams.get(streamId);
  if (known !== undefined) {
    trailersArrive(c, known, endStream, now);
    return;
  }
  if (streamId <= c.lastStreamId) {
    closedStreamArrives(c, streamId, now);
    return;
  }
  // §6.8: streams after the last that our GOAWAY named are ignored.
  if (c.ending >= Ending.Final) {
    if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  pass(c, streamId);
  if (c.streams.size >= context.parameters.concurrentStreams) {
    // §5.1.2.
    c.resetStream(streamId, ErrorCode.RefusedStream, now);
    return;
  }
  if (c.blockSelfDependent) {
    c.resetStream(streamId, ErrorCode.ProtocolError, now);
    return;
  }
  if (list.overflowed) {
    // RFC 6585 §5: the client may try again with less.
    const stream = add(c, streamId, now);
    stream.remoteEnded = endStream;
    c.respond(stream, statusResponse(431));
    return;
  }
  const request = readRequest(list, context.scheme, c.client, endStream);
  if (request === undefined) {
    c.resetStream(streamId, ErrorCode.ProtocolError, now);
    return;
  }
  const stream = add(c, streamId, now);
  prioritizeNew(c, stream, request);
  stream.request = request;
  stream.declared = request.declared;
  if (!endStream) {
    // What is too much is said at once, and whoever waits to be told is told the answer (RFC 9110 §10.1.1).
    if (request.declared > context.parameters.contentOctets) c.respond(stream, statusResponse(413));
    else if (request.expectsContinue) c.respond(stream, context.service.respond(request, now));
    return;
  }
  stream.remoteEnded = true;
  const response = context.service.respond(request, now);
  if (response.reusable && decoder.table.generation === generation) {
    c.memo.keep(octets, start, end, generation, request, response);
  }
  c.respond(stream, response);
}

/** The client's side of a stream ended with all that it declared. */
export function requestEnds(c: Http2Connection, stream: Http2Stream, now: number): void {
  stream.remoteEnded = true;
  const request = stream.request;
  if (stream.response === undefined && request !== undefined)
    c.respond(stream, c.context.service.respond(request, now));
}

/** §5.1.1: a stream is opened, and those before it that were not are closed with it. */
function pass(c: Http2Connection, streamId: number): void {
  const first = c.lastStreamId === 0 ? 1 : c.lastStreamId + 2;
  if (streamId > first) c.closed.skip(first, streamId - 2);
  c.lastStreamId = streamId;
  c.budget.stream();
}

function add(c: Http2Connection, streamId: number, now: number): Http2Stream {
  const stream = new Http2Stream(streamId, c.peer.initialWindowSize, INITIAL_WINDOW, now);
  c.streams.set(streamId, stream);
  c.idleAt = NEVER;
  if (c.sweepAt === NEVER) c.sweepAt = now + c.context.parameters.stallMs;
  return stream;
}

function prioritizeNew(c: Http2Connection, stream: Http2Stream, request: Http2Request): void {
  let priority = request.priority;
  const priorities = c.priorities;
  if (priorities !== undefined && priorities.size > 0) {
    // RFC 9218 §7: a PRIORITY_UPDATE that came earlier overrides the field.
    const update = priorities.get(stream.id);
    if (update !== undefined) priority = update;
    for (const id of priorities.keys()) if (id <= stream.id) priorities.delete(id);
  }
  if (priority >= 0) c.prioritize(stream, priority);
}

/** §8.1: a second field block ends the request, or it is malformed. */
function trailersArrive(c: Http2Connection, stream: Http2Stream, endStream: boolean, now: number): void {
  if (stream.remoteEnded) {
    // §5.1: half-closed (remote).
    c.resetStream(stream.id, ErrorCode.StreamClosed, now);
    return;
  }
  const { list } = c.context;
  const complete = stream.declared < 0 || stream.received === stream.declared;
  if (!endStream || c.blockSelfDependent || !complete || !areTrailers(list)) {
    c.resetStream(stream.id, ErrorCode.ProtocolError, now);
    return;
  }
  requestEnds(c, stream, now);
}

/** HEADERS of a stream that is neither open nor new. */
function closedStreamArrives(c: Http2Connection, streamId: number, now: number): void {
  switch (c.closed.kind(streamId)) {
    case Closed.ResetByUs:
      // §5.1: they may have been on their way. They cost us decoding.
      if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
      return;
    case Closed.ResetByPeer:
      c.resetStream(streamId, ErrorCode.StreamClosed, now);
      return;
    case Closed.Skipped:
      // §5.1.1: identifiers only grow.
      c.fail(ErrorCode.ProtocolError, now);
      return;
    default:
      c.fail(ErrorCode.StreamClosed, now);
  }
}
