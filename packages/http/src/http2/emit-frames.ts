import type { SliceQueue } from '@immuable-net/octets';
import { BODY_FAILED, type HttpResponse } from '../semantics/index.ts';
import { ErrorCode } from './error-code.ts';
import { FRAME_HEADER_OCTETS, FrameFlag, FrameType } from './frame.ts';
import { writeFrameHeader } from './frame-writer.ts';
import { Ending, type Http2Connection } from './http2-connection.ts';
import { type Http2Stream, Queued } from './http2-stream.ts';
import { FRAME_SIZE } from './parameters.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** A DATA frame that the room makes smaller than this waits for more room, unless nothing else was emitted. */
const SMALLEST_CUT = 1024;

/** Appends what the connection has to say to `queue`, `room` octets at most: frames of its own first, then responses by priority. */
export function emitFrames(c: Http2Connection, queue: SliceQueue, room: number, now: number): number {
  const { arena } = c.context;
  const { schedule } = c;
  let left = room;
  let waiting = 0;
  c.turnAt = NEVER;
  while (left > 0) {
    if (c.control.length > 0) {
      arena.ensure(Math.min(c.control.length, left), queue);
      const count = c.control.take(arena.octets, arena.at, left);
      arena.at += count;
      left -= count;
      continue;
    }
    if (c.ending >= Ending.Failed) break;
    const stream = schedule.next();
    if (stream === undefined) break;
    const response = stream.response!;
    if (!stream.headSent) {
      left -= emitHead(c, stream, response, queue, left, now);
      continue;
    }
    const bodyLeft = response.body!.length - stream.position;
    const window = Math.min(stream.sendWindow, c.sendWindow);
    if (window <= 0) {
      block(c, stream, now);
      continue;
    }
    let wanted = Math.min(bodyLeft, window);
    if (wanted > FRAME_SIZE) wanted = FRAME_SIZE;
    const space = left - FRAME_HEADER_OCTETS;
    if (space <= 0 || (space < wanted && space < SMALLEST_CUT && left < room)) break;
    const count = emitData(c, stream, response, queue, Math.min(wanted, space), now);
    if (count > 0) {
      left -= FRAME_HEADER_OCTETS + count;
      waiting = 0;
    } else if (count === 0) {
      // Not now: the others have their turn, and it has its next one when emit is called again.
      c.turnAt = now;
      if (++waiting > schedule.count) break;
      schedule.postpone(stream);
    }
  }
  arena.flush(queue);
  c.heads.giveBack();
  return room - left;
}

/** HEADERS, and CONTINUATION where one frame does not hold the block (RFC 9113 §4.3). Returns the octets that found room. */
function emitHead(
  c: Http2Connection,
  stream: Http2Stream,
  response: HttpResponse,
  queue: SliceQueue,
  room: number,
  now: number,
): number {
  const { arena, clock, scratch } = c.context;
  const { heads } = c;
  clock.update(now);
  heads.encode(response.head, clock, scratch);
  const length = heads.end;
  const body = response.body;
  const ends = body === undefined || body.length === 0;
  let left = room;
  let at = 0;
  let type: number = FrameType.Headers;
  do {
    const count = Math.min(length - at, FRAME_SIZE);
    const total = FRAME_HEADER_OCTETS + count;
    let flags = at + count === length ? FrameFlag.EndHeaders : 0;
    if (ends && type === FrameType.Headers) flags |= FrameFlag.EndStream;
    arena.ensure(total, queue);
    const { octets } = arena;
    const start = arena.at;
    writeFrameHeader(octets, start, count, type, flags, stream.id);
    if (count <= 48) {
      for (let i = 0; i < count; i++) octets[start + FRAME_HEADER_OCTETS + i] = heads.octets[at + i]!;
    } else {
      octets.set(heads.octets.subarray(at, at + count), start + FRAME_HEADER_OCTETS);
    }
    // The table has moved on with the block, so all of it must go: what finds no room goes first next time.
    const fits = Math.min(total, left);
    if (fits < total) c.control.rest(octets, start + fits, start + total);
    arena.at = start + fits;
    left -= fits;
    at += count;
    type = FrameType.Continuation;
  } while (at < length);
  stream.headSent = true;
  if (ends) finish(c, stream, now);
  return room - left;
}

/** One DATA frame of at most `limit` octets (RFC 9113 §6.1). Returns its octets, 0 when there are none now, less when there never will be. */
function emitData(
  c: Http2Connection,
  stream: Http2Stream,
  response: HttpResponse,
  queue: SliceQueue,
  limit: number,
  now: number,
): number {
  const { arena, body: content } = c.context;
  const body = response.body!;
  // The body says how much it gives, and the header stands in front of it.
  const count = body.emit(content, stream.position, limit);
  if (count === BODY_FAILED) {
    content.clear();
    c.resetStream(stream.id, ErrorCode.InternalError, now);
    return BODY_FAILED;
  }
  if (count === 0) return 0;
  stream.position += count;
  stream.sendWindow -= count;
  c.sendWindow -= count;
  const ends = stream.position === body.length;
  arena.ensure(FRAME_HEADER_OCTETS, queue);
  writeFrameHeader(arena.octets, arena.at, count, FrameType.Data, ends ? FrameFlag.EndStream : 0, stream.id);
  arena.at += FRAME_HEADER_OCTETS;
  arena.flush(queue);
  queue.take(content, count);
  c.budget.progress(count);
  c.sentSinceStall += count;
  if (c.sentSinceStall >= c.context.parameters.stallOctets) c.stalledAt = NEVER;
  if (ends) finish(c, stream, now);
  else c.schedule.served(stream);
  return count;
}

/** All of a response was given to the connection. */
function finish(c: Http2Connection, stream: Http2Stream, now: number): void {
  c.budget.responded();
  if (!stream.remoteEnded) {
    // RFC 9113 §8.1: the rest of the request is not needed.
    c.control.resetStream(stream.id, ErrorCode.NoError);
    c.closed.resetByUs(stream.id);
  }
  c.remove(stream, true, now);
}

/** A window is used up: the stream waits for WINDOW_UPDATE, and the clock runs while nothing moves. */
function block(c: Http2Connection, stream: Http2Stream, now: number): void {
  const { stallOctets, stallMs } = c.context.parameters;
  c.schedule.remove(stream);
  stream.queued = Queued.Blocked;
  if (stream.stalledFrom < 0 || stream.position - stream.stalledFrom >= stallOctets) {
    stream.stalledFrom = stream.position;
    stream.stalledAt = now;
  }
  if (c.sendWindow <= 0 && c.stalledAt === NEVER) {
    c.stalledAt = now;
    c.sentSinceStall = 0;
  }
  if (c.sweepAt > now + stallMs) c.sweepAt = now + stallMs;
}
