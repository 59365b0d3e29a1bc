import { OctetWriter, SliceQueue } from '@immuable-net/octets';
import { FieldList } from '../hpack/index.ts';
import type { DateClock, HttpService, ResponseLog } from '../semantics/index.ts';
import { Http2Counters } from './http2-counters.ts';
import { OctetArena } from './octet-arena.ts';
import { HTTP2_PARAMETERS, type Http2Parameters } from './parameters.ts';

/** What an {@link Http2Context} is made of. */
export interface Http2ContextOptions {
  readonly service: HttpService;
  readonly clock: DateClock;
  /** `http` (default) or `https`: of the streams below. */
  readonly scheme?: string | undefined;
  /** Where responses are recorded; none are when this is absent, and that costs nothing. */
  readonly log?: ResponseLog | undefined;
  readonly parameters?: Partial<Http2Parameters> | undefined;
  readonly counters?: Http2Counters | undefined;
}

/** What the HTTP/2 connections of one port have in common. */
export class Http2Context {
  readonly clock: DateClock;
  readonly scheme: string;
  readonly log: ResponseLog | undefined;
  readonly parameters: Http2Parameters;
  readonly counters: Http2Counters;
  /** Grows when the service is replaced: what another answered is no longer remembered. */
  epoch: number;
  /** Used by all connections, by each within one call. */
  readonly arena: OctetArena;
  readonly list: FieldList;
  readonly scratch: OctetWriter;
  readonly body: SliceQueue;
  #service: HttpService;

  constructor(options: Http2ContextOptions) {
    this.clock = options.clock;
    this.scheme = options.scheme ?? 'http';
    this.log = options.log;
    this.parameters = { ...HTTP2_PARAMETERS, ...options.parameters };
    this.counters = options.counters ?? new Http2Counters();
    this.epoch = 0;
    this.arena = new OctetArena();
    this.list = new FieldList(this.parameters.fieldOctets, this.parameters.fieldLines);
    this.scratch = new OctetWriter(512);
    this.body = new SliceQueue();
    this.#service = options.service;
  }

  /** Who answers. May be replaced at any time: responses being sent go on as they were begun. */
  get service(): HttpService {
    return this.#service;
  }

  set service(service: HttpService) {
    this.#service = service;
    this.epoch++;
  }
}
