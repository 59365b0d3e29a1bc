import { type ClientFacts, DateClock, Http1Context, Http1Server, ResponseLog } from '@immuable-net/http';
import type { StreamProtocol } from '@immuable-net/octets';
import type { NetworkStack, StackDriver, StreamService } from '@immuable-net/stack';
import type { TcpConnection } from '@immuable-net/tcp';
import { AccessLog } from '../logs/access-log.ts';
import type { Log } from '../logs/log.ts';
import type { Resources } from '../resources/resources.ts';
import type { ServeOptions } from './options.ts';
import type { ServedSite } from './served-site.ts';

/** How often the access log is written, and the Date field held against the host's clock, milliseconds. */
const HOUSEKEEPING_MS = 250;

/** A protocol that can finish what is in flight and end by itself. */
interface Stoppable extends StreamProtocol {
  stop(now: number): void;
}

/** Who a connection's client is: made once a connection, its text only when a log asks. */
class ConnectionClient implements ClientFacts {
  readonly tls: undefined;
  readonly #connection: TcpConnection;

  constructor(connection: TcpConnection) {
    this.tls = undefined;
    this.#connection = connection;
  }

  get address(): string {
    return this.#connection.clientAddress.toString();
  }

  get port(): number {
    return this.#connection.clientPort;
  }
}

/** The site on the ports of a stack: HTTP, its log, and its orderly end. */
export class SiteService {
  readonly #options: ServeOptions;
  readonly #stack: NetworkStack;
  readonly #driver: StackDriver;
  readonly #log: Log;
  readonly #clock: DateClock;
  readonly #http: Http1Context;
  readonly #accessLog: AccessLog | undefined;
  readonly #services: StreamService[];
  #housekeeping: NodeJS.Timeout | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  #stopped: (() => void) | undefined;

  constructor(
    options: ServeOptions,
    resources: Resources,
    site: ServedSite,
    stack: NetworkStack,
    driver: StackDriver,
    log: Log,
  ) {
    this.#options = options;
    this.#stack = stack;
    this.#driver = driver;
    this.#log = log;
    this.#clock = new DateClock(this.#epochMs());
    const records = options.accessLog === 'off' ? undefined : new ResponseLog();
    this.#http = new Http1Context({ service: site.site, clock: this.#clock, log: records });
    this.#accessLog = undefined;
    if (records !== undefined) {
      const output = resources.standardOutput();
      const format = options.accessLog === 'json' ? 'json' : 'combined';
      this.#accessLog = new AccessLog(
        records,
        format,
        () => this.#clock.epochMs,
        (lines) => output.write(lines),
      );
    }
    this.#services = [];
    this.#housekeeping = undefined;
    this.#stopTimer = undefined;
    this.#stopped = undefined;
  }

  /** Listens. */
  start(): void {
    this.#services.push(
      this.#stack.serve({
        port: this.#options.port,
        accept: (connection, _stream, now) => new Http1Server(this.#http, new ConnectionClient(connection), now),
        closed: () => this.#closed(),
      }),
    );
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#housekeeping.unref();
  }

  /** Where the site is reached, one URL an address. */
  urls(): string[] {
    const { port } = this.#options;
    return this.#options.ipv4.map((prefix) => `http://${prefix.split('/')[0]}${port === 80 ? '' : `:${port}`}/`);
  }

  /**
   * Accepts no more, lets every connection finish the response it is sending, and calls `done` when all are gone
   * or `ms` milliseconds are over: what is left then is reset.
   */
  stop(ms: number, done: () => void): void {
    const now = this.#driver.now();
    this.#stopped = done;
    for (const service of this.#services) {
      service.close();
      for (const stream of service.streams()) {
        (stream.protocol as Stoppable).stop(now);
        stream.wake();
      }
    }
    this.#stopTimer = setTimeout(() => {
      this.#log.warning(`${this.#count()} connections were not done in ${ms / 1000} s`);
      this.#stopped = undefined;
      done();
    }, ms);
    this.#closed();
  }

  /** Writes what is left of the log. */
  close(): void {
    clearInterval(this.#housekeeping);
    clearTimeout(this.#stopTimer);
    this.#accessLog?.flush();
  }

  #count(): number {
    return this.#services.reduce((sum, service) => sum + service.connectionCount, 0);
  }

  #closed(): void {
    const done = this.#stopped;
    if (done === undefined || this.#count() > 0) return;
    this.#stopped = undefined;
    clearTimeout(this.#stopTimer);
    // Not from inside the stack's poll: what it still has to send leaves first.
    setImmediate(done);
  }

  #keepHouse(): void {
    this.#clock.epochMs = this.#epochMs();
    const lost = this.#accessLog?.flush() ?? 0;
    if (lost > 0) this.#log.warning(`${lost} lines of the access log were lost`);
  }

  /** The host's clock when the driver's showed nothing. */
  #epochMs(): number {
    return Date.now() - this.#driver.now();
  }
}
