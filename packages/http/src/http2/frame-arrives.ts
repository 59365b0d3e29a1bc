import { OctetWriter } from '@immuable-net/octets';
import { ErrorCode } from './error-code.ts';
import { fieldBlockArrives } from './field-block-arrives.ts';
import { FrameFlag, FrameType } from './frame.ts';
import type { Http2Connection } from './http2-connection.ts';
import { priorityArrives, priorityUpdateArrives } from './priority-frames.ts';
import { settingsArrive } from './settings-arrive.ts';
import { dataArrives, goawayArrives, pingArrives, resetArrives, windowUpdateArrives } from './stream-frames.ts';

/** One whole frame lies in the connection's reader: RFC 9113 §6, in its order. */
export function frameArrives(c: Http2Connection, now: number): void {
  const { type, flags, streamId } = c.reader;
  // §3.4: SETTINGS is the first frame of either side.
  if (!c.settingsSeen && (type !== FrameType.Settings || (flags & FrameFlag.Ack) !== 0)) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  // §4.3: nothing interrupts a field block.
  if (c.blockStreamId !== 0 && (type !== FrameType.Continuation || streamId !== c.blockStreamId)) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  switch (type) {
    case FrameType.Data:
      dataArrives(c, now);
      return;
    case FrameType.Headers:
      headersArrive(c, now);
      return;
    case FrameType.Priority:
      priorityArrives(c, now);
      return;
    case FrameType.RstStream:
      resetArrives(c, now);
      return;
    case FrameType.Settings:
      settingsArrive(c, now);
      return;
    case FrameType.PushPromise:
      // §8.4: a client cannot push.
      c.fail(ErrorCode.ProtocolError, now);
      return;
    case FrameType.Ping:
      pingArrives(c, now);
      return;
    case FrameType.Goaway:
      goawayArrives(c, now);
      return;
    case FrameType.WindowUpdate:
      windowUpdateArrives(c, now);
      return;
    case FrameType.Continuation:
      continuationArrives(c, now);
      return;
    case FrameType.PriorityUpdate:
      priorityUpdateArrives(c, now);
      return;
    default:
      // §4.1: unknown types are ignored; §5.5: and counted.
      if (c.budget.idleFrame()) c.fail(ErrorCode.EnhanceYourCalm, now);
  }
}

/** §6.2. */
function headersArrive(c: Http2Connection, now: number): void {
  const { flags, streamId, octets } = c.reader;
  let { start, end } = c.reader;
  // §5.1.1: clients open streams with odd identifiers.
  if ((streamId & 1) === 0) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  if ((flags & FrameFlag.Padded) !== 0) {
    if (end === start) {
      c.fail(ErrorCode.FrameSizeError, now);
      return;
    }
    const padding = octets[start]!;
    start++;
    if (padding > end - start) {
      c.fail(ErrorCode.ProtocolError, now);
      return;
    }
    end -= padding;
  }
  c.blockSelfDependent = false;
  if ((flags & FrameFlag.Priority) !== 0) {
    if (end - start < 5) {
      // What padding left is too short for the fields that the flag promises.
      c.fail(ErrorCode.FrameSizeError, now);
      return;
    }
    const dependency =
      ((octets[start]! & 0x7f) << 24) | (octets[start + 1]! << 16) | (octets[start + 2]! << 8) | octets[start + 3]!;
    // RFC 7540 §5.3.1; the signal itself is not used (RFC 9113 §5.3.2).
    c.blockSelfDependent = dependency === streamId;
    start += 5;
  }
  c.blockFlags = flags;
  if ((flags & FrameFlag.EndHeaders) !== 0) {
    fieldBlockArrives(c, streamId, octets, start, end, now);
    return;
  }
  c.blockStreamId = streamId;
  c.continuations = 0;
  c.block = new OctetWriter(end - start + 256);
  c.block.write(octets, start, end);
}

/** §6.10. */
function continuationArrives(c: Http2Connection, now: number): void {
  const { flags, streamId, octets, start, end } = c.reader;
  const { parameters } = c.context;
  const block = c.block;
  if (c.blockStreamId === 0 || block === undefined) {
    c.fail(ErrorCode.ProtocolError, now);
    return;
  }
  // CVE-2024-27316 and its kin: neither frames nor octets without end.
  if (++c.continuations > parameters.continuations || block.at + (end - start) > parameters.blockOctets) {
    c.fail(ErrorCode.EnhanceYourCalm, now);
    return;
  }
  block.write(octets, start, end);
  if ((flags & FrameFlag.EndHeaders) === 0) return;
  c.blockStreamId = 0;
  c.block = undefined;
  fieldBlockArrives(c, streamId, block.octets, 0, block.at, now);
}
