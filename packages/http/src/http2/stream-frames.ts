import { statusResponse } from '../semantics/index.ts';
import { Closed } from './closed-streams.ts';
import { ErrorCode } from './error-code.ts';
import { requestEnds } from './field-block-arrives.ts';
import { FrameFlag } from './frame.ts';
import { Ending, type Http2Connection } from './http2-connection.ts';
import type { Http2Stream } from './http2-stream.ts';
import { MAXIMUM_WINDOW } from './parameters.ts';

/** Whether a stream was never used: §5.1, idle. Those of even identifiers would be ours, and we open none. */
function isIdle(c: Http2Connection, streamId: number): boolean {
  return (streamId & 1) === 0 || streamId > c.lastStreamId;
}

/** RFC 9113 §6.1. */
export function dataArrives(c: Http2Connection, now: number): void {
  const { flags, streamId, octets, start, end } = c.reader;
  const length = end - start;
  let content = length;
  if (streamId === 0 || (isIdle(c, streamId) && c.ending < Ending.Final)) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if ((flags & FrameFlag.Padded) !== 0) {
    if (length === 0) {
      c.fail(ErrorCode.FrameSizeError, now);
      return;
    }
    content = length - 1 - octets[start]!;
    if (content < 0) {
      c.fail(ErrorCode.ProtocolError, now);
      return;
    }
  }
  // §6.9.1: the whole payload counts, padding and all, whatever becomes of the stream.
  if (length > c.receiveWindow) {
    c.fail(ErrorCode.FlowControlError, now);
    return;
  }
  c.receiveWindow -= length;
  c.unannounced += length;
  widenConnection(c);

  const stream = c.streams.get(streamId);
  if (stream === undefined) {
    dataOfClosedStream(c, streamId, now);
    return;
  }
  if (stream.remoteEnded) {
    c.resetStream(streamId, ErrorCode.StreamClosed, now);
    return;
  }
  if (length > stream.receiveWindow) {
    c.resetStream(streamId, ErrorCode.FlowControlError, now);
    return;
  }
  stream.receiveWindow -= length;
  stream.unannounced += length;
  stream.received += content;
  const { declared } = stream;
  const endStream = (flags & FrameFlag.EndStream) !== 0;
  // §8.1.1: content that is not what Content-Length says.
  if (declared >= 0 && (stream.received > declared || (endStream && stream.received !== declared))) {
    c.resetStream(streamId, ErrorCode.ProtocolError, now);
    return;
  }
  if (endStream) {
    requestEnds(c, stream, now);
    return;
  }
  if (content === 0) {
    if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  stream.stalledAt = now;
  if (stream.received > c.context.parameters.contentOctets) {
    // No more of it is wanted: its window stays as it is.
    if (stream.response === undefined) c.respond(stream, statusResponse(413));
    return;
  }
  widenStream(c, stream);
}

/** Content is discarded as it comes, so the window opens again as soon as half of it was used, and twice as far. */
function widenConnection(c: Http2Connection): void {
  if (c.unannounced * 2 < c.receiveTarget) return;
  c.receiveTarget = Math.max(c.receiveTarget, Math.min(c.receiveTarget * 2, c.context.parameters.connectionWindow));
  const increment = c.receiveTarget - c.receiveWindow;
  c.receiveWindow += increment;
  c.unannounced = 0;
  c.control.windowUpdate(0, increment);
}

function widenStream(c: Http2Connection, stream: Http2Stream): void {
  if (stream.unannounced * 2 < stream.receiveTarget) return;
  stream.receiveTarget = Math.max(
    stream.receiveTarget,
    Math.min(stream.receiveTarget * 2, c.context.parameters.streamWindow),
  );
  const increment = stream.receiveTarget - stream.receiveWindow;
  stream.receiveWindow += increment;
  stream.unannounced = 0;
  c.control.windowUpdate(stream.id, increment);
}

function dataOfClosedStream(c: Http2Connection, streamId: number, now: number): void {
  // §6.8: of a stream that we ignore.
  const kind = streamId > c.lastStreamId ? Closed.ResetByUs : c.closed.kind(streamId);
  switch (kind) {
    case Closed.ResetByUs:
      if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
      return;
    case Closed.ResetByPeer:
      c.resetStream(streamId, ErrorCode.StreamClosed, now);
      return;
    default:
      // §5.1, closed: after END_STREAM it is the connection's error.
      c.fail(ErrorCode.StreamClosed, now);
  }
}

/** RFC 9113 §6.4. */
export function resetArrives(c: Http2Connection, now: number): void {
  const { streamId, start, end } = c.reader;
  if (streamId === 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if (end - start !== 4) {
    c.fail(ErrorCode.FrameSizeError, now);
    return;
  }
  const stream = c.streams.get(streamId);
  if (stream === undefined) {
    if (isIdle(c, streamId) && c.ending < Ending.Final) c.fail(ErrorCode.ProtocolError, now);
    else if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  c.context.counters.resetsByPeer++;
  c.closed.resetByPeer(streamId);
  c.remove(stream, false, now);
  // CVE-2023-44487.
  if (c.budget.reset()) c.fail(ErrorCode.EnhanceYourCalm, now);
}

/** RFC 9113 §6.7. */
export function pingArrives(c: Http2Connection, now: number): void {
  const { flags, streamId, octets, start, end } = c.reader;
  if (streamId !== 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if (end - start !== 8) {
    c.fail(ErrorCode.FrameSizeError, now);
    return;
  }
  if ((flags & FrameFlag.Ack) !== 0) {
    // What the client saw before it answered, it saw before it opened what comes after.
    if (c.ending === Ending.Announced && c.isDrainPing(octets, start)) c.settleEnd();
    else if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  if (c.budget.idleFrame()) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  c.control.ping(FrameFlag.Ack, octets, start);
}

/** RFC 9113 §6.8. */
export function goawayArrives(c: Http2Connection, now: number): void {
  const { streamId, start, end } = c.reader;
  if (streamId !== 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if (end - start < 8) {
    c.fail(ErrorCode.FrameSizeError, now);
    return;
  }
  if (c.budget.idleFrame()) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  // What is open is finished; then there is nothing to wait for.
  c.peerEnding = true;
}

/** RFC 9113 §6.9. */
export function windowUpdateArrives(c: Http2Connection, now: number): void {
  const { streamId, octets, start, end } = c.reader;
  if (end - start !== 4) {
    c.fail(ErrorCode.FrameSizeError, now);
    return;
  }
  if (streamId !== 0 && isIdle(c, streamId) && c.ending < Ending.Final) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  const increment =
    ((octets[start]! & 0x7f) << 24) | (octets[start + 1]! << 16) | (octets[start + 2]! << 8) | octets[start + 3]!;
  // Progress of responses forgives these; updates that bring none add up.
  if (c.budget.idleFrame()) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  if (streamId === 0) {
    if (increment === 0) {
      c.fail(ErrorCode.ProtocolError, now);
    } else if (c.sendWindow + increment > MAXIMUM_WINDOW) {
      c.fail(ErrorCode.FlowControlError, now);
    } else {
      const blocked = c.sendWindow <= 0;
      c.sendWindow += increment;
      if (blocked) c.unblockAll();
    }
    return;
  }
  const stream = c.streams.get(streamId);
  // §5.1: it may have been closed while this was on its way.
  if (stream === undefined) return;
  if (increment === 0) {
    c.resetStream(streamId, ErrorCode.ProtocolError, now);
  } else if (stream.sendWindow + increment > MAXIMUM_WINDOW) {
    c.resetStream(streamId, ErrorCode.FlowControlError, now);
  } else {
    stream.sendWindow += increment;
    c.unblock(stream);
  }
}
