export { Http1Context, type Http1ContextOptions } from './http1-context.ts';
export { Http1Counters } from './http1-counters.ts';
export { HTTP1_FAILURES, type Http1Failure } from './http1-failure.ts';
export { Http1Server } from './http1-server.ts';
export { HTTP1_PARAMETERS, type Http1Parameters } from './parameters.ts';
