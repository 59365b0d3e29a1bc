import { ErrorCode } from './error-code.ts';
import { Ending, type Http2Connection } from './http2-connection.ts';
import { type Http2Stream, Queued } from './http2-stream.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Cancels the streams that have not moved for too long, and says when to look again. At most as many as may be open. */
export function sweep(c: Http2Connection, now: number): void {
  const { stallMs } = c.context.parameters;
  c.sweepAt = NEVER;
  for (const stream of c.streams.values()) {
    const since = stalledSince(c, stream);
    if (since === NEVER) continue;
    if (since + stallMs > now) {
      if (since + stallMs < c.sweepAt) c.sweepAt = since + stallMs;
      continue;
    }
    c.resetStream(stream.id, ErrorCode.Cancel, now);
    if (c.ending >= Ending.Failed) return;
  }
  if (c.streams.size > 0 && c.sweepAt > now + stallMs) c.sweepAt = now + stallMs;
}

/** Since when a stream waits for its client; `Infinity` when it waits for us. */
function stalledSince(c: Http2Connection, stream: Http2Stream): number {
  if (stream.response === undefined) return stream.stalledAt;
  if (stream.queued !== Queued.Blocked) return NEVER;
  // Behind others for the connection's window, it is not stalled while that moves.
  const since = stream.sendWindow > 0 ? c.stalledAt : stream.stalledAt;
  return Math.max(since, c.drainedAt);
}
