import { latin1 } from '../semantics/index.ts';
import { ErrorCode } from './error-code.ts';
import type { Http2Connection } from './http2-connection.ts';
import { parsePriority } from './priority.ts';

/** A Priority field value is two members; what is longer is not read. */
const LONGEST_PRIORITY = 256;

/** RFC 9113 §6.3: deprecated, checked, and not used. */
export function priorityArrives(c: Http2Connection, now: number): void {
  const { streamId, octets, start, end } = c.reader;
  if (streamId === 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if (c.budget.idleFrame()) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  if (end - start !== 5) {
    streamError(c, streamId, ErrorCode.FrameSizeError, now);
    return;
  }
  const dependency =
    ((octets[start]! & 0x7f) << 24) | (octets[start + 1]! << 16) | (octets[start + 2]! << 8) | octets[start + 3]!;
  // RFC 7540 §5.3.1: a stream cannot depend on itself.
  if (dependency === streamId) streamError(c, streamId, ErrorCode.ProtocolError, now);
}

/** RST_STREAM where there is a stream to reset; of an idle one it may not be sent (RFC 9113 §6.4), of a closed one it is idle talk. */
function streamError(c: Http2Connection, streamId: number, code: ErrorCode, now: number): void {
  if (c.streams.has(streamId)) c.resetStream(streamId, code, now);
  else c.fail(code, now);
}

/** RFC 9218 §7.1. */
export function priorityUpdateArrives(c: Http2Connection, now: number): void {
  const { streamId, octets, start, end } = c.reader;
  if (streamId !== 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if (end - start < 4) {
    c.fail(ErrorCode.FrameSizeError, now);
    return;
  }
  const prioritized =
    ((octets[start]! & 0x7f) << 24) | (octets[start + 1]! << 16) | (octets[start + 2]! << 8) | octets[start + 3]!;
  // Of no stream, or of a push stream, which are all idle here.
  if ((prioritized & 1) === 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if (c.budget.idleFrame()) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  if (end - start - 4 > LONGEST_PRIORITY) return;
  const priority = parsePriority(latin1(octets, start + 4, end));
  const stream = c.streams.get(prioritized);
  if (stream !== undefined) {
    c.prioritize(stream, priority);
  } else if (prioritized > c.lastStreamId) {
    // For a stream that is yet to come: as many are kept as can be open.
    const priorities = c.priorities ?? (c.priorities = new Map());
    if (priorities.size < c.context.parameters.concurrentStreams || priorities.has(prioritized)) {
      priorities.set(prioritized, priority);
    }
  }
}
