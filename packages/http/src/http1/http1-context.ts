import type { DateClock, HttpService, ResponseLog } from '../semantics/index.ts';
import { Http1Counters } from './http1-counters.ts';
import { HTTP1_PARAMETERS, type Http1Parameters } from './parameters.ts';
import { ResponseMemo } from './response-memo.ts';

/** What an {@link Http1Context} is made of. */
export interface Http1ContextOptions {
  readonly service: HttpService;
  readonly clock: DateClock;
  /** `http` (default) or `https`: of the streams below. */
  readonly scheme?: string | undefined;
  /** Where responses are recorded; none are when this is absent, and that costs nothing. */
  readonly log?: ResponseLog | undefined;
  readonly parameters?: Partial<Http1Parameters> | undefined;
  readonly counters?: Http1Counters | undefined;
}

/** What the HTTP/1 connections of one port have in common. */
export class Http1Context {
  readonly clock: DateClock;
  readonly scheme: string;
  readonly log: ResponseLog | undefined;
  readonly parameters: Http1Parameters;
  readonly counters: Http1Counters;
  readonly memo: ResponseMemo;
  /** Octets of memory that heads take whose ends are missing, those of all connections together. */
  partialOctets: number;
  #service: HttpService;

  constructor(options: Http1ContextOptions) {
    this.clock = options.clock;
    this.scheme = options.scheme ?? 'http';
    this.log = options.log;
    this.parameters = { ...HTTP1_PARAMETERS, ...options.parameters };
    this.counters = options.counters ?? new Http1Counters();
    this.memo = new ResponseMemo();
    this.partialOctets = 0;
    this.#service = options.service;
  }

  /** Who answers. May be replaced at any time: responses being sent go on as they were begun. */
  get service(): HttpService {
    return this.#service;
  }

  set service(service: HttpService) {
    this.#service = service;
    this.memo.clear();
  }
}
