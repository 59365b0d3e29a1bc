import { OctetWriter } from '@immuable-net/octets';
import type { ErrorCode } from './error-code.ts';
import { FRAME_HEADER_OCTETS, FrameFlag, FrameType } from './frame.ts';

/** Writes a frame's header to `target` at `at` (RFC 9113 §4.1). */
export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  target[at + 5] = streamId >>> 24;
  target[at + 6] = streamId >>> 16;
  target[at + 7] = streamId >>> 8;
  target[at + 8] = streamId;
}

/** The frames that a connection has decided to send and that wait for room: all but responses. */
export class FrameWriter {
  readonly #writer: OctetWriter;
  /** Octets up to here are taken. */
  #taken: number;

  constructor() {
    this.#writer = new OctetWriter(64);
    this.#taken = 0;
  }

  /** Octets that wait. */
  get length(): number {
    return this.#writer.at - this.#taken;
  }

  /** Copies at most `room` waiting octets to `target` at `at`; returns how many. They are then taken. */
  take(target: Uint8Array, at: number, room: number): number {
    const left = this.#writer.at - this.#taken;
    const count = Math.min(left, room);
    const octets = this.#writer.octets;
    for (let i = 0; i < count; i++) target[at + i] = octets[this.#taken + i]!;
    this.#taken += count;
    if (this.#taken === this.#writer.at) {
      this.#writer.clear();
      this.#taken = 0;
    }
    return count;
  }

  /** Octets of frames that were begun elsewhere and found no room. */
  rest(octets: Uint8Array, start: number, end: number): void {
    this.#writer.write(octets, start, end);
  }

  /** Identifier and value of each setting, in turn. */
  settings(values: readonly number[]): void {
    this.#header((values.length / 2) * 6, FrameType.Settings, 0, 0);
    for (let i = 0; i < values.length; i += 2) {
      this.#writer.u16(values[i]!);
      this.#writer.u32(values[i + 1]!);
    }
  }

  settingsAck(): void {
    this.#header(0, FrameType.Settings, FrameFlag.Ack, 0);
  }

  /** A PING with the 8 octets at `start`. */
  ping(flags: number, octets: Uint8Array, start: number): void {
    this.#header(8, FrameType.Ping, flags, 0);
    this.#writer.write(octets, start, start + 8);
  }

  goaway(lastStreamId: number, code: ErrorCode): void {
    this.#header(8, FrameType.Goaway, 0, 0);
    this.#writer.u32(lastStreamId);
    this.#writer.u32(code);
  }

  resetStream(streamId: number, code: ErrorCode): void {
    this.#header(4, FrameType.RstStream, 0, streamId);
    this.#writer.u32(code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#header(4, FrameType.WindowUpdate, 0, streamId);
    this.#writer.u32(increment);
  }

  #header(length: number, type: number, flags: number, streamId: number): void {
    this.#writer.reserve(FRAME_HEADER_OCTETS);
    writeFrameHeader(this.#writer.octets, this.#writer.at, length, type, flags, streamId);
    this.#writer.at += FRAME_HEADER_OCTETS;
  }
}
