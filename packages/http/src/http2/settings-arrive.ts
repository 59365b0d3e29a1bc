import { ErrorCode } from './error-code.ts';
import { FrameFlag } from './frame.ts';
import type { Http2Connection } from './http2-connection.ts';
import { MAXIMUM_WINDOW } from './parameters.ts';

const SETTING_OCTETS = 6;
const NEVER = Number.POSITIVE_INFINITY;

/** RFC 9113 §6.5. */
export function settingsArrive(c: Http2Connection, now: number): void {
  const { flags, streamId, octets, start, end } = c.reader;
  const length = end - start;
  if (streamId !== 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if ((flags & FrameFlag.Ack) !== 0) {
    if (length !== 0) {
      c.fail(ErrorCode.FrameSizeError, now);
    } else if (c.settingsAcknowledged) {
      if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
    } else {
      c.settingsAcknowledged = true;
      c.settleAt = NEVER;
    }
    return;
  }
  if (length % SETTING_OCTETS !== 0) {
    c.fail(ErrorCode.FrameSizeError, now);
    return;
  }
  if (c.budget.idleFrame()) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  c.settingsSeen = true;
  // §6.5.3: in the order in which they stand, all before the acknowledgement.
  const { peer } = c;
  const windowBefore = peer.initialWindowSize;
  for (let at = start; at < end; at += SETTING_OCTETS) {
    const identifier = (octets[at]! << 8) | octets[at + 1]!;
    const value = ((octets[at + 2]! << 24) | (octets[at + 3]! << 16) | (octets[at + 4]! << 8) | octets[at + 5]!) >>> 0;
    const code = peer.apply(identifier, value);
    if (code !== ErrorCode.NoError) {
      c.fail(code, now);
      return;
    }
    c.heads.hpack.limitCapacity(peer.headerTableSize);
  }
  peer.settle();
  // §6.9.2: every stream's window moves with it, below zero if need be.
  const change = peer.initialWindowSize - windowBefore;
  if (change !== 0) {
    for (const stream of c.streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAXIMUM_WINDOW) {
        c.fail(ErrorCode.FlowControlError, now);
        return;
      }
      c.unblock(stream);
    }
  }
  c.control.settingsAck();
}
