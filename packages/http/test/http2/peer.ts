import { OctetWriter, SliceQueue } from '@immuable-net/octets';
import { FieldList, HpackDecoder, HpackEncoder, Indexing } from '../../src/hpack/index.ts';
import {
  CLIENT_PREFACE,
  ErrorCode,
  Http2Context,
  type Http2ContextOptions,
  type Http2Parameters,
  Http2Server,
} from '../../src/http2/index.ts';
import {
  type Body,
  DateClock,
  type HttpRequest,
  type HttpResponse,
  type HttpService,
  ResponseHead,
} from '../../src/semantics/index.ts';

export const CLIENT = { address: '192.0.2.1', port: 40_000, tls: undefined };

/** Names of the codes, for tests that read well. */
export const CODES: ReadonlyMap<number, string> = new Map(
  Object.entries(ErrorCode).map(([name, code]) => [code, name]),
);

export interface Frame {
  readonly type: string;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
];

/** Cuts octets into frames. */
export function framesOf(octets: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at < octets.length) {
    const length = (octets[at]! << 16) | (octets[at + 1]! << 8) | octets[at + 2]!;
    if (at + 9 + length > octets.length) throw new Error('a frame is not whole');
    frames.push({
      type: TYPES[octets[at + 3]!] ?? String(octets[at + 3]!),
      flags: octets[at + 4]!,
      stream: ((octets[at + 5]! & 0x7f) << 24) | (octets[at + 6]! << 16) | (octets[at + 7]! << 8) | octets[at + 8]!,
      payload: octets.slice(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}

export function frame(type: number, flags: number, stream: number, payload: ArrayLike<number> = []): Uint8Array {
  const octets = new Uint8Array(9 + payload.length);
  octets.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags], 0);
  octets.set([stream >>> 24, stream >>> 16, stream >>> 8, stream], 5);
  octets.set(payload, 9);
  return octets;
}

export function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export type Lines = readonly (readonly [string, string])[];

export const GET: Lines = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'example.com'],
  [':path', '/'],
];

export const POST: Lines = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'example.com'],
  [':path', '/'],
];

/** A body that counts who holds it. */
export class CountedBody implements Body {
  readonly length: number;
  held: number = 0;
  /** Octets given a call at most; 0 for not now, -1 for never. */
  portion: number = Number.POSITIVE_INFINITY;
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.length = octets.length;
    this.#octets = octets;
  }

  retain(): void {
    this.held++;
  }

  release(): void {
    this.held--;
  }

  emit(queue: SliceQueue, from: number, room: number): number {
    if (this.portion < 0) return -1;
    const count = Math.min(this.length - from, room, this.portion);
    queue.append(this.#octets, from, from + count, undefined);
    return count;
  }
}

/** Paths are sizes: `/100` is 100 octets; `/` is `hello`. What was asked is kept. */
export class SizesService implements HttpService {
  readonly requests: HttpRequest[] = [];
  readonly bodies: CountedBody[] = [];
  reusable = false;
  readonly #heads = new Map<string, ResponseHead>();

  respond(request: HttpRequest): HttpResponse {
    this.requests.push(request);
    const size = Number(request.target.slice(1)) || 5;
    const text = size === 5 ? Uint8Array.from('hello', (c) => c.charCodeAt(0)) : new Uint8Array(size).fill(0x61);
    const body = new CountedBody(text);
    this.bodies.push(body);
    let head = this.#heads.get(request.target);
    if (head === undefined) {
      head = new ResponseHead(200, [
        ['content-type', 'text/plain'],
        ['content-length', String(size)],
        ['etag', `"${request.target}"`],
      ]);
      this.#heads.set(request.target, head);
    }
    return { head, body: request.method === 'HEAD' ? undefined : body, reusable: this.reusable };
  }
}

/** A client made by hand, and the server that it talks to: octets go where the test says. */
export class Peer {
  readonly service: SizesService;
  readonly context: Http2Context;
  readonly server: Http2Server;
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly decoder: HpackDecoder = new HpackDecoder();
  /** All octets that the server emitted and that {@link frames} has not returned. */
  #pending: number[] = [];
  now: number = 0;

  constructor(
    parameters: Partial<Http2Parameters> = {},
    options: Partial<Http2ContextOptions> = {},
    shared: Http2Context | undefined = undefined,
  ) {
    this.service = new SizesService();
    this.context =
      shared ?? new Http2Context({ service: this.service, clock: new DateClock(1e12), parameters, ...options });
    this.server = new Http2Server(this.context, CLIENT, this.now);
  }

  /** One that has exchanged prefaces and acknowledged. */
  static ready(parameters: Partial<Http2Parameters> = {}, options: Partial<Http2ContextOptions> = {}): Peer {
    const peer = new Peer(parameters, options);
    peer.send(CLIENT_PREFACE, frame(4, 0, 0), frame(4, 1, 0));
    peer.frames();
    return peer;
  }

  /** Gives the server octets, as often as it takes them. */
  send(...runs: Uint8Array[]): void {
    for (const run of runs) {
      let at = 0;
      while (at < run.length) {
        const count = this.server.arrive(run, at, run.length, this.now);
        at += count;
        if (count === 0 && this.emit() === 0) throw new Error('neither reads nor writes');
      }
    }
  }

  /** Lets the server emit once. */
  emit(room: number = 1 << 20): number {
    const queue = new SliceQueue();
    const count = this.server.emit(queue, room, this.now);
    if (count !== queue.length || count > room)
      throw new Error(`emitted ${count}, queued ${queue.length}, room ${room}`);
    const octets = new Uint8Array(count);
    queue.copy(0, count, octets, 0);
    for (const octet of octets) this.#pending.push(octet);
    return count;
  }

  /** All frames that the server has to send, in rooms of `room` octets. */
  frames(room: number = 1 << 20): Frame[] {
    while (this.emit(room) > 0);
    const octets = Uint8Array.from(this.#pending);
    this.#pending = [];
    return framesOf(octets);
  }

  /** The same in words: `SETTINGS`, `HEADERS 1 .`, `DATA 1 5 .`, `RST_STREAM 1 Cancel`, `GOAWAY 1 NoError`; a dot for END_STREAM. */
  heard(room: number = 1 << 20): string[] {
    return this.frames(room).map((each) => {
      const { payload: p } = each;
      const code = (at: number) =>
        CODES.get(((p[at]! << 24) | (p[at + 1]! << 16) | (p[at + 2]! << 8) | p[at + 3]!) >>> 0);
      const number = () => ((p[0]! << 24) | (p[1]! << 16) | (p[2]! << 8) | p[3]!) >>> 0;
      const end = (each.flags & 1) !== 0 ? ' .' : '';
      switch (each.type) {
        case 'DATA':
          return `DATA ${each.stream} ${p.length}${end}`;
        case 'HEADERS':
          return `HEADERS ${each.stream} ${this.status(p)}${end}`;
        case 'RST_STREAM':
          return `RST_STREAM ${each.stream} ${code(0)}`;
        case 'GOAWAY':
          return `GOAWAY ${number()} ${code(4)}`;
        case 'WINDOW_UPDATE':
          return `WINDOW_UPDATE ${each.stream} ${number()}`;
        case 'SETTINGS':
        case 'PING':
          return each.type + (end === '' ? '' : ' ACK');
        default:
          return `${each.type} ${each.stream}`;
      }
    });
  }

  /** The fields of a block that the server sent. */
  fields(payload: Uint8Array): [string, string][] {
    const list = new FieldList(1 << 20, 1000);
    const failure = this.decoder.decode(payload, 0, payload.length, list);
    if (failure !== 0) throw new Error(`HPACK failure ${failure}`);
    return Array.from({ length: list.count }, (_, i) => [list.at(i).name, list.at(i).value]);
  }

  status(payload: Uint8Array): string {
    return this.fields(payload)[0]![1];
  }

  block(fields: Lines, indexing: Indexing = Indexing.Without): Uint8Array {
    const writer = new OctetWriter();
    this.encoder.begin(writer);
    for (const [name, value] of fields) this.encoder.encode(writer, name, value, indexing);
    return writer.finish();
  }

  /** A HEADERS frame with END_HEADERS, and END_STREAM unless told otherwise. */
  headers(stream: number, fields: Lines = GET, flags: number = 5): Uint8Array {
    return frame(1, flags, stream, this.block(fields));
  }

  get(stream: number, path: string, ...more: Lines): Uint8Array {
    return this.headers(stream, [...GET.slice(0, 3), [':path', path], ...more]);
  }

  data(stream: number, size: number, flags: number = 0): Uint8Array {
    return frame(0, flags, stream, new Uint8Array(size));
  }

  settings(...values: number[]): Uint8Array {
    const payload: number[] = [];
    for (let i = 0; i < values.length; i += 2) payload.push(values[i]! >> 8, values[i]! & 255, ...u32(values[i + 1]!));
    return frame(4, 0, 0, payload);
  }

  window(stream: number, increment: number): Uint8Array {
    return frame(8, 0, stream, u32(increment));
  }

  reset(stream: number, code: number = ErrorCode.Cancel): Uint8Array {
    return frame(3, 0, stream, u32(code));
  }

  /** Time passes, with everything that is due in it. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (;;) {
      const next = this.server.nextTimeout();
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.server.timeoutsExpire(this.now);
    }
    this.now = until;
  }
}
