export { BODY_FAILED, type Body, OctetsBody } from './body.ts';
export { DATE_OCTETS, DateClock, formatDate } from './date-clock.ts';
export { Fields } from './fields.ts';
export { type ClientFacts, type HttpRequest, HttpVersion, type TlsFacts } from './http-request.ts';
export type { HttpResponse, HttpService } from './http-service.ts';
export { ConnectionOption, type ResponseField, ResponseHead } from './response-head.ts';
export { ResponseLog, type ResponseRecord } from './response-log.ts';
export { phraseOf } from './status.ts';
