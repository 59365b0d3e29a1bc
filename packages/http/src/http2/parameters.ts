/** The largest flow-control window (RFC 9113 §6.9.1). */
export const MAXIMUM_WINDOW = 0x7fffffff;

/** Every flow-control window until SETTINGS or WINDOW_UPDATE say otherwise (RFC 9113 §6.9.2). */
export const INITIAL_WINDOW = 65_535;

/** The frame size that both sides must take (RFC 9113 §4.2). We advertise nothing larger, and send nothing larger: a larger frame holds up more urgent streams. */
export const FRAME_SIZE = 16_384;

/** The dynamic table that we advertise and that we use at most (RFC 9113 §6.5.2: the value that holds without SETTINGS). */
export const HEADER_TABLE_SIZE = 4096;

/** Every limit of a connection. Each default stands beside what others chose. */
export interface Http2Parameters {
  /** SETTINGS_MAX_CONCURRENT_STREAMS. 128: nginx 128, h2o 100, Apache 100, Go 250; RFC 9113 §6.5.2 recommends at least 100. */
  readonly concurrentStreams: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE; a larger list is answered 431. 32 KiB: nginx 4 × 8 KiB, Apache 100 × 8 KiB, Go 1 MiB, Node 64 KiB. */
  readonly fieldOctets: number;
  /** Field lines of one request; more are answered 431. 100: Apache 100, nginx (headers) 1000. */
  readonly fieldLines: number;
  /** CONTINUATION frames of one field block. 8: nghttp2 8 (CVE-2024-28182), Apache 100 then closed, Go bounded by octets. */
  readonly continuations: number;
  /** Encoded octets of one field block. 64 KiB: what 32 KiB of fields can never need, and nghttp2's bound. */
  readonly blockOctets: number;
  /** Frames that bring nothing on (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty or unknown ones) in a row. 1,000: nghttp2 1,000 queued acknowledgements (CVE-2019-9512, -9515), Envoy 100 priorities a stream, nginx by octets. */
  readonly idleFrames: number;
  /** Streams reset by either side before more than half of all being reset ends the connection (CVE-2023-44487, CVE-2025-8671). 200: nginx 2 × streams, Apache Traffic Server 200 a minute, nghttp2 1,000 then 33/s. */
  readonly resets: number;
  /** Milliseconds without progress under a blocked window, or without request content, before CANCEL. 30 s: Apache's H2StreamTimeout, Envoy 5 min, nginx's send_timeout 60 s. */
  readonly stallMs: number;
  /** Octets that count as progress of a blocked response, given to the connection or taken by the stream below: fewer do not restart its {@link stallMs}. */
  readonly stallOctets: number;
  /** Milliseconds in which the client takes nothing of what waits to be sent, before the connection is dropped. 3 min, as for HTTP/1.1: nginx and Apache 60 s, but what lies in the queue below may be megabytes. */
  readonly sendMs: number;
  /** Milliseconds that a connection may have no stream before GOAWAY. 75 s: nginx's keepalive_timeout; Apache 5 s, Go 3 min. */
  readonly idleMs: number;
  /** Milliseconds for the client's preface, for the rest of a frame or field block that has begun, and for the acknowledgement of our SETTINGS. 10 s: nghttp2's 10 s for SETTINGS, nginx's 60 s for headers, Apache 20 s. */
  readonly settleMs: number;
  /** Content of a request, discarded as it comes; beyond this 413. 1 MiB: nginx's client_max_body_size. */
  readonly contentOctets: number;
  /** What the receive windows grow to while content comes faster than one window a round trip: of a stream, of the connection. 256 KiB and 1 MiB: Go 1 MiB each, nginx 64 KiB, h2o 16 MiB. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** Milliseconds between the two GOAWAY frames of a graceful stop when the client does not acknowledge the PING between them. 1 s: Envoy's drain 5 s, Go 1 s. */
  readonly goawayMs: number;
  /** Octets of frames of our own that may wait to be sent before reading stops. */
  readonly controlOctets: number;
}

/** What a server does unless told otherwise. */
export const HTTP2_PARAMETERS: Http2Parameters = {
  concurrentStreams: 128,
  fieldOctets: 32_768,
  fieldLines: 100,
  continuations: 8,
  blockOctets: 65_536,
  idleFrames: 1000,
  resets: 200,
  stallMs: 30_000,
  stallOctets: 1024,
  sendMs: 180_000,
  idleMs: 75_000,
  settleMs: 10_000,
  contentOctets: 1_048_576,
  streamWindow: 262_144,
  connectionWindow: 1_048_576,
  goawayMs: 1000,
  controlOctets: 16_384,
};
