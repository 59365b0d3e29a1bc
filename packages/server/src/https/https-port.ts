import { type DateClock, Http1Context, Http2Context, type HttpService, type ResponseLog } from '@immuable-net/http';
import type { TcpConnection } from '@immuable-net/tcp';
import {
  type Credential,
  chooseCredential,
  makeTlsResources,
  nodeCryptography,
  TlsServerSettings,
} from '@immuable-net/tls';
import { ConnectionClient } from '../immuable-net/connection-client.ts';
import type { ServeOptions } from '../immuable-net/options.ts';
import type { Log } from '../logs/log.ts';
import type { Resources } from '../resources/resources.ts';
import { HttpsConnection } from './https-connection.ts';
import { loadCredentials } from './load-credentials.ts';

/** What the plain port and this one have in common. */
export interface SharedHttp {
  readonly clock: DateClock;
  readonly log: ResponseLog | undefined;
}

/** The site over TLS: credentials that can be replaced, and the machines for each connection. */
export class HttpsPort {
  readonly #options: ServeOptions;
  readonly #resources: Resources;
  readonly #log: Log;
  readonly #settings: TlsServerSettings;
  #credentials: readonly Credential[];

  private constructor(
    options: ServeOptions,
    resources: Resources,
    service: HttpService,
    shared: SharedHttp,
    log: Log,
    credentials: readonly Credential[],
  ) {
    this.#options = options;
    this.#resources = resources;
    this.#log = log;
    this.#credentials = credentials;
    const http1 = new Http1Context({ service, scheme: 'https', ...shared });
    const http2 = new Http2Context({ service, scheme: 'https', ...shared });
    this.#settings = new TlsServerSettings({
      resources: makeTlsResources(nodeCryptography, shared.clock.epochMs),
      chooseCredential: (offer) => chooseCredential(this.#credentials, offer),
      chooseProtocol: (alpn, facts, connection) => (connection as HttpsConnection).begin(alpn, facts, http1, http2),
    });
  }

  /** Reads certificates and keys. Rejects with a `ProgramFailure` where one cannot be used. */
  static async open(
    options: ServeOptions,
    resources: Resources,
    service: HttpService,
    shared: SharedHttp,
    log: Log,
  ): Promise<HttpsPort> {
    return new HttpsPort(options, resources, service, shared, log, await loadCredentials(options, resources, log));
  }

  /** The machine for a connection that was accepted. */
  accept(connection: TcpConnection, now: number): HttpsConnection {
    return new HttpsConnection(this.#settings, new ConnectionClient(connection), now);
  }

  /** Reads certificates and keys anew: handshakes from now on use them. Rejects, and keeps the old, where one cannot be used. */
  async reload(): Promise<void> {
    this.#credentials = await loadCredentials(this.#options, this.#resources, this.#log);
  }
}
