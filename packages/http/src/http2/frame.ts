/** Octets of a frame's header (RFC 9113 §4.1): length 24, type 8, flags 8, reserved 1, stream identifier 31. */
export const FRAME_HEADER_OCTETS = 9;

/** Frame types (RFC 9113 §6; RFC 9218 §7.1). */
export const FrameType = {
  Data: 0x0,
  Headers: 0x1,
  Priority: 0x2,
  RstStream: 0x3,
  Settings: 0x4,
  PushPromise: 0x5,
  Ping: 0x6,
  Goaway: 0x7,
  WindowUpdate: 0x8,
  Continuation: 0x9,
  PriorityUpdate: 0x10,
} as const;

/** Flags of frames, as bits; what a bit means depends on the type. */
export const FrameFlag = {
  /** DATA, HEADERS. */
  EndStream: 0x1,
  /** SETTINGS, PING. */
  Ack: 0x1,
  /** HEADERS, CONTINUATION. */
  EndHeaders: 0x4,
  /** DATA, HEADERS. */
  Padded: 0x8,
  /** HEADERS. */
  Priority: 0x20,
} as const;

/** Settings (RFC 9113 §6.5.2; RFC 8441 §3; RFC 9218 §2.1). */
export const Setting = {
  HeaderTableSize: 0x1,
  EnablePush: 0x2,
  MaxConcurrentStreams: 0x3,
  InitialWindowSize: 0x4,
  MaxFrameSize: 0x5,
  MaxHeaderListSize: 0x6,
  EnableConnectProtocol: 0x8,
  NoRfc7540Priorities: 0x9,
} as const;

/** What every client says first (RFC 9113 §3.4): `PRI * HTTP/2.0`, an empty line, `SM`, an empty line. */
export const CLIENT_PREFACE: Uint8Array = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (c) => c.charCodeAt(0));
