import { ErrorCode } from './error-code.ts';
import { Setting } from './frame.ts';
import { FRAME_SIZE, HEADER_TABLE_SIZE, INITIAL_WINDOW, MAXIMUM_WINDOW } from './parameters.ts';

const MAXIMUM_FRAME_SIZE = 0xffffff;

/** The client's settings that bind a server (RFC 9113 §6.5.2), at their initial values until it says otherwise. */
export class PeerSettings {
  headerTableSize: number;
  initialWindowSize: number;
  maxFrameSize: number;
  /** -1 until the first SETTINGS frame said something or nothing. */
  #noRfc7540Priorities: number;

  constructor() {
    this.headerTableSize = HEADER_TABLE_SIZE;
    this.initialWindowSize = INITIAL_WINDOW;
    this.maxFrameSize = FRAME_SIZE;
    this.#noRfc7540Priorities = -1;
  }

  /** Takes one setting. Returns {@link ErrorCode.NoError}, or the connection error that its value is. */
  apply(identifier: number, value: number): ErrorCode {
    switch (identifier) {
      case Setting.HeaderTableSize:
        this.headerTableSize = value;
        return ErrorCode.NoError;
      case Setting.EnablePush:
      case Setting.EnableConnectProtocol:
        return value <= 1 ? ErrorCode.NoError : ErrorCode.ProtocolError;
      case Setting.InitialWindowSize:
        if (value > MAXIMUM_WINDOW) return ErrorCode.FlowControlError;
        this.initialWindowSize = value;
        return ErrorCode.NoError;
      case Setting.MaxFrameSize:
        if (value < FRAME_SIZE || value > MAXIMUM_FRAME_SIZE) return ErrorCode.ProtocolError;
        this.maxFrameSize = value;
        return ErrorCode.NoError;
      case Setting.NoRfc7540Priorities:
        if (value > 1) return ErrorCode.ProtocolError;
        // RFC 9218 §2.1: it may not change after the first SETTINGS frame.
        if (this.#noRfc7540Priorities >= 0 && this.#noRfc7540Priorities !== value) return ErrorCode.ProtocolError;
        this.#noRfc7540Priorities = value;
        return ErrorCode.NoError;
      default:
        // RFC 9113 §6.5.2: unknown settings are ignored. MAX_CONCURRENT_STREAMS bounds pushes, which we never make;
        // MAX_HEADER_LIST_SIZE is advice, and our heads are small.
        return ErrorCode.NoError;
    }
  }

  /** A SETTINGS frame was taken whole: what it left out has its initial value for good (RFC 9218 §2.1). */
  settle(): void {
    if (this.#noRfc7540Priorities < 0) this.#noRfc7540Priorities = 0;
  }
}
