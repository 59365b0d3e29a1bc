import { type Http1Context, Http1Server, type Http2Context, Http2Server } from '@immuable-net/http';
import type { StreamProtocol } from '@immuable-net/octets';
import { type TlsFacts, TlsServer, type TlsServerSettings } from '@immuable-net/tls';
import type { ConnectionClient } from '../immuable-net/connection-client.ts';

/** One connection of the HTTPS port: TLS, and above it the version of HTTP that ALPN chose. */
export class HttpsConnection extends TlsServer {
  readonly #client: ConnectionClient;
  #inner: Http1Server | Http2Server | undefined;
  #stopping: boolean;

  constructor(settings: TlsServerSettings, client: ConnectionClient, now: number) {
    super(settings, now);
    this.#client = client;
    this.#inner = undefined;
    this.#stopping = false;
  }

  /** Called when the handshake is done: no ALPN means HTTP/1.1. */
  begin(alpn: string | undefined, facts: TlsFacts, http1: Http1Context, http2: Http2Context): StreamProtocol {
    const now = this.now;
    this.#client.tls = facts;
    this.#inner = alpn === 'h2' ? new Http2Server(http2, this.#client, now) : new Http1Server(http1, this.#client, now);
    if (this.#stopping) this.#inner.stop(now);
    return this.#inner;
  }

  /** Finishes what is in flight and ends. */
  stop(now: number): void {
    this.#stopping = true;
    this.#inner?.stop(now);
  }
}
