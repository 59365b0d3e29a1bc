import { DateClock, Http1Context, Http2Context, PlainServer, ResponseLog } from '@immuable-net/http';
import type { StreamProtocol } from '@immuable-net/octets';
import type { NetworkStack, StackDriver, StreamService } from '@immuable-net/stack';
import type { TcpConnection } from '@immuable-net/tcp';
import type { HttpsPort } from '../https/https-port.ts';
import { AccessLog } from '../logs/access-log.ts';
import type { Log } from '../logs/log.ts';
import type { Resources } from '../resources/resources.ts';
import { ConnectionClient } from './connection-client.ts';
import { HttpsRedirect } from './https-redirect.ts';
import { type ServeOptions, wantsTls } from './options.ts';
import type { ServedSite } from './served-site.ts';

/** How often the access log is written, and the Date field held against the host's clock, milliseconds. */
const HOUSEKEEPING_MS = 250;

/** A protocol that can finish what is in flight and end by itself. */
interface Stoppable extends StreamProtocol {
  stop(now: number): void;
}

/** The site on the ports of a stack: HTTP, its log, and its orderly end. */
export class SiteService {
  readonly #options: ServeOptions;
  readonly #stack: NetworkStack;
  readonly #driver: StackDriver;
  readonly #log: Log;
  readonly #clock: DateClock;
  readonly #site: ServedSite;
  readonly #resources: Resources;
  readonly #records: ResponseLog | undefined;
  readonly #accessLog: AccessLog | undefined;
  readonly #services: StreamService[];
  #https: HttpsPort | undefined;
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
    this.#site = site;
    this.#resources = resources;
    const records = options.accessLog === 'off' ? undefined : new ResponseLog();
    this.#records = records;
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
    this.#https = undefined;
    this.#housekeeping = undefined;
    this.#stopTimer = undefined;
    this.#stopped = undefined;
  }

  /**
   * Listens on every port. Rejects with a `ProgramFailure` where a certificate cannot be used.
   *
   * @param secrets takes the lines of the key log, where one is written
   */
  async start(secrets: ((line: string) => void) | undefined): Promise<void> {
    const { port, tlsPort, httpsRedirect } = this.#options;
    const log = this.#records;
    const shared = { clock: this.#clock, log };
    if (wantsTls(this.#options)) {
      // TLS and its certificates take 100 ms and more to load: only who asked for them waits.
      const { HttpsPort } = await import('../https/https-port.ts');
      const https = await HttpsPort.open(
        this.#options,
        this.#resources,
        await this.#site.secure(),
        { ...shared, secrets },
        this.#log,
      );
      this.#serve(tlsPort, (connection, now) => https.accept(connection, now));
      this.#https = https;
    }
    const service = httpsRedirect ? new HttpsRedirect(tlsPort) : this.#site.site;
    const http1 = new Http1Context({ service, ...shared });
    const http2 = new Http2Context({ service, ...shared });
    this.#serve(port, (connection, now) => new PlainServer(http1, http2, new ConnectionClient(connection), now));
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#housekeeping.unref();
  }

  /** Reads certificates and keys anew; connections go on under what they began with. */
  async reload(): Promise<void> {
    await this.#https?.reload();
  }

  /** Where the site is reached, one URL an address. */
  urls(): string[] {
    const { port, tlsPort, ipv4, httpsRedirect } = this.#options;
    const hosts = ipv4.map((prefix) => prefix.split('/')[0]!);
    const urls = httpsRedirect ? [] : hosts.map((host) => `http://${host}${port === 80 ? '' : `:${port}`}/`);
    if (wantsTls(this.#options))
      urls.push(...hosts.map((host) => `https://${host}${tlsPort === 443 ? '' : `:${tlsPort}`}/`));
    return urls;
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
    this.#https?.close();
  }

  #serve(port: number, accept: (connection: TcpConnection, now: number) => Stoppable): void {
    this.#services.push(
      this.#stack.serve({
        port,
        accept: (connection, _stream, now) => accept(connection, now),
        closed: () => this.#closed(),
      }),
    );
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
