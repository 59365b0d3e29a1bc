export { ErrorCode } from './error-code.ts';
export { CLIENT_PREFACE } from './frame.ts';
export { Http2Context, type Http2ContextOptions } from './http2-context.ts';
export { Http2Counters } from './http2-counters.ts';
export { HTTP2_FAILURES, type Http2Failure } from './http2-failure.ts';
export { Http2Server } from './http2-server.ts';
export { HTTP2_PARAMETERS, type Http2Parameters } from './parameters.ts';
