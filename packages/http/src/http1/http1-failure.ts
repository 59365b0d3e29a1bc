/** Why a request was refused and its connection closed: the name of the counter that grows, and the status that says it. */
export const HTTP1_FAILURES = {
  /** CR without LF (RFC 9112 §2.2). */
  bareCarriageReturn: 400,
  /** LF without CR. §2.2 would let us take it for an end of line: others do not, so it smuggles. */
  bareLineFeed: 400,
  /** NUL or another control. */
  controlOctet: 400,
  requestLineTooLong: 414,
  fieldsTooLarge: 431,
  tooManyFields: 431,
  malformedRequestLine: 400,
  malformedTarget: 400,
  malformedVersion: 400,
  versionNotSupported: 505,
  /** obs-fold (RFC 9112 §5.2). */
  foldedLine: 400,
  /** White space between name and colon (RFC 9112 §5.1), no colon, or a name that is no token. */
  malformedFieldLine: 400,
  malformedFieldValue: 400,
  hostMissing: 400,
  hostRepeated: 400,
  malformedHost: 400,
  /** Content-Length beside Transfer-Encoding (RFC 9112 §6.1). */
  lengthWithTransferCoding: 400,
  /** Several Content-Length fields or values, equal or not. */
  lengthRepeated: 400,
  malformedLength: 400,
  /** Transfer-Encoding in a request of HTTP/1.0 (RFC 9112 §6.1). */
  transferCodingInHttp10: 400,
  /** chunked is not the last coding, or stands twice (RFC 9112 §6.1). */
  malformedTransferCoding: 400,
  /** A coding other than chunked. */
  transferCodingNotImplemented: 501,
  contentTooLarge: 413,
  malformedChunk: 400,
  chunkExtensionsTooLarge: 400,
  expectationFailed: 417,
  /** Too many heads that do not end, on all connections together. */
  partialHeadsTooLarge: 503,
  headTimeout: 408,
  contentTimeout: 408,
} as const;

/** One of the names of {@link HTTP1_FAILURES}. */
export type Http1Failure = keyof typeof HTTP1_FAILURES;

/** `bareLineFeed` as `bare line feed`: what the body of an error says. */
export function reasonOf(failure: Http1Failure): string {
  return failure.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace('http10', 'HTTP/1.0');
}
