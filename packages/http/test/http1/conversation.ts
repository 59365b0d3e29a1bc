import {
  DateClock,
  Http1Context,
  type Http1Parameters,
  Http1Server,
  type HttpRequest,
  type HttpResponse,
  OctetsBody,
  octetsOf,
  ResponseHead,
  type ResponseLog,
  statusResponse,
} from '@immuable-net/http';
import { SliceQueue, StreamWish } from '@immuable-net/octets';

/** 1994-11-06T08:49:37Z when `now` is 0: the date of RFC 9110 §5.6.7. */
export const EPOCH_MS = 784_111_777_000;

export const CLIENT = { address: '192.0.2.1', port: 40_000, tls: undefined };

const HELLO = octetsOf('hello\n');
const OK: HttpResponse = {
  head: new ResponseHead(200, [
    ['content-type', 'text/plain'],
    ['content-length', '6'],
  ]),
  body: new OctetsBody(HELLO),
  reusable: true,
};

/** Answers GET and HEAD with `hello`, but 404 for /missing; OPTIONS with nothing; the rest with 405 or 501. */
export class Greeter {
  readonly events: string[] = [];
  readonly requests: HttpRequest[] = [];

  respond(request: HttpRequest): HttpResponse {
    const version = request.version === 10 ? 'HTTP/1.0' : 'HTTP/1.1';
    this.events.push(`request ${request.method} ${request.target} ${version} of ${JSON.stringify(request.authority)}`);
    this.requests.push(request);
    if (request.target.startsWith('/missing')) return statusResponse(404);
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return OK;
      case 'OPTIONS':
        return { head: new ResponseHead(200, [['content-length', '0']]), body: undefined, reusable: true };
      case 'POST':
      case 'PUT':
      case 'CONNECT':
        return statusResponse(405);
      default:
        return statusResponse(501);
    }
  }
}

export interface ConversationOptions {
  readonly parameters?: Partial<Http1Parameters>;
  readonly log?: ResponseLog;
}

/** One connection of a greeter, driven as a stream layer would. */
export class Conversation {
  readonly greeter: Greeter;
  readonly context: Http1Context;
  readonly server: Http1Server;
  readonly queue: SliceQueue;
  now: number;
  #waiting: Uint8Array;

  constructor(options: ConversationOptions = {}, context?: Http1Context) {
    this.greeter = new Greeter();
    this.context =
      context ??
      new Http1Context({
        service: this.greeter,
        clock: new DateClock(EPOCH_MS),
        parameters: options.parameters,
        log: options.log,
      });
    this.now = 0;
    this.server = new Http1Server(this.context, CLIENT, this.now);
    this.queue = new SliceQueue();
    this.#waiting = new Uint8Array(0);
  }

  /** Gives octets as one arrival; what is not consumed is offered again after each emit, as the contract says. */
  send(octets: Uint8Array, room: number = Number.MAX_SAFE_INTEGER): void {
    const all = new Uint8Array(this.#waiting.length + octets.length);
    all.set(this.#waiting);
    all.set(octets, this.#waiting.length);
    let at = 0;
    for (;;) {
      // Somewhere in a larger array, as in a frame buffer that is used again.
      const borrowed = new Uint8Array(all.length - at + 14);
      borrowed.set(all.subarray(at), 7);
      if (at < all.length) at += this.server.arrive(borrowed, 7, borrowed.length - 7, this.now);
      borrowed.fill(0xaa);
      const emitted = this.server.emit(this.queue, room, this.now);
      if (emitted === 0 || (at === all.length && room === Number.MAX_SAFE_INTEGER)) break;
    }
    this.#waiting = all.slice(at);
  }

  sendText(text: string): void {
    this.send(octetsOf(text));
  }

  end(): void {
    this.server.arriveEnd(this.now);
    this.server.emit(this.queue, Number.MAX_SAFE_INTEGER, this.now);
  }

  /** Lets time pass, and runs what was due on the way. */
  wait(ms: number): void {
    const until = this.now + ms;
    while (this.server.nextTimeout() <= until) {
      this.now = Math.max(this.now, this.server.nextTimeout());
      this.server.timeoutsExpire(this.now);
      this.server.emit(this.queue, Number.MAX_SAFE_INTEGER, this.now);
    }
    this.now = until;
  }

  /** All that was emitted, as text of one character an octet. */
  get output(): string {
    const octets = new Uint8Array(this.queue.length);
    this.queue.copy(0, octets.length, octets, 0);
    let text = '';
    for (const octet of octets) text += String.fromCharCode(octet);
    return text;
  }

  /** Octets of the first response's body so far. */
  bodyOctets(): number {
    return this.output.length - this.output.indexOf('\r\n\r\n') - 4;
  }

  /** What happened, one line each: requests as the service saw them, then responses, then how the connection stands. */
  get events(): string[] {
    const events = [...this.greeter.events];
    for (const response of this.responses()) {
      const connection = response.fields.get('connection');
      events.push(`response ${response.status}${connection === undefined ? '' : ` connection: ${connection}`}`);
    }
    for (const [name, count] of Object.entries(this.context.counters.failures)) {
      if (count > 0) events.push(`failure ${name}`);
    }
    const { wish } = this.server;
    events.push((wish & StreamWish.Abort) !== 0 ? 'aborted' : (wish & StreamWish.End) !== 0 ? 'closed' : 'open');
    return events;
  }

  /** The responses in the output, by a reader that knows of each whether it answers a HEAD. */
  responses(): ReadResponse[] {
    const methods = this.greeter.requests.map((request) => request.method);
    return readResponses(this.output, methods);
  }
}

export interface ReadResponse {
  readonly status: number;
  readonly fields: Map<string, string>;
  readonly body: string;
}

/** Reads a stream of responses that all have Content-Length; throws on anything else. */
export function readResponses(output: string, methods: readonly string[]): ReadResponse[] {
  const responses: ReadResponse[] = [];
  let rest = output;
  let index = 0;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`a head does not end: ${JSON.stringify(rest)}`);
    const [line, ...lines] = rest.slice(0, end).split('\r\n');
    const match = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(line!);
    if (match === null) throw new Error(`not a status line: ${JSON.stringify(line)}`);
    const status = Number(match[1]);
    const fields = new Map<string, string>();
    for (const each of lines) {
      const field = /^([!#$%&'*+\-.^_`|~0-9a-z]+): ([\x20-\x7e]*)$/.exec(each);
      if (field === null) throw new Error(`not a field: ${JSON.stringify(each)}`);
      if (fields.has(field[1]!)) throw new Error(`twice: ${field[1]}`);
      fields.set(field[1]!, field[2]!);
    }
    rest = rest.slice(end + 4);
    let body = '';
    if (status >= 200) {
      // A HEAD that was refused came to no service: its response is the last one, and ends with its head.
      const refused = status >= 400 && rest === '';
      const headOnly = methods[index++] === 'HEAD' || status === 304 || refused;
      const length = headOnly ? 0 : Number(fields.get('content-length'));
      if (!(rest.length >= length)) throw new Error(`${rest.length} octets of ${length} are there`);
      body = rest.slice(0, length);
      rest = rest.slice(length);
    }
    responses.push({ status, fields, body });
  }
  return responses;
}
