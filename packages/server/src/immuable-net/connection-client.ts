import type { ClientFacts, TlsFacts } from '@immuable-net/http';
import type { TcpConnection } from '@immuable-net/tcp';

/** Who a connection's client is: made once a connection, its text only when a log asks. */
export class ConnectionClient implements ClientFacts {
  /** Set once a handshake is done. */
  tls: TlsFacts | undefined;
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
