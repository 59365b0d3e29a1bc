import type { IpAddress } from '@immuable-net/ip';
import { resetConnection } from './closing.ts';
import type { TcpConnection } from './connection.ts';
import { Failure } from './failure.ts';
import type { ConnectionSettings } from './settings.ts';
import { TcpState } from './state.ts';

/** Whom a listener tells that connections wait, or that it is closed: the layer. */
export interface ListenerOwner {
  listenerReady(listener: TcpListener): void;
  listenerClosed(listener: TcpListener): void;
}

/** A port that accepts connections (the LISTEN state). {@link TcpLayer.takeListener} gives those with connections to accept. */
export class TcpListener {
  /** Undefined: every address of the stack. */
  readonly address: IpAddress | undefined;
  readonly port: number;
  /** Established connections that wait for accept(), at most. */
  readonly backlog: number;
  readonly settings: ConnectionSettings;
  /** For the layer above; never looked at here. */
  userData: unknown;
  closed: boolean;
  isReady: boolean;
  nextReady: TcpListener | undefined;
  readonly #owner: ListenerOwner;
  #waiting: TcpConnection[];
  #first: number;

  constructor(
    owner: ListenerOwner,
    address: IpAddress | undefined,
    port: number,
    backlog: number,
    settings: ConnectionSettings,
  ) {
    this.address = address;
    this.port = port;
    this.backlog = backlog;
    this.settings = settings;
    this.userData = undefined;
    this.closed = false;
    this.isReady = false;
    this.nextReady = undefined;
    this.#owner = owner;
    this.#waiting = [];
    this.#first = 0;
  }

  /** How many established connections wait. */
  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /** The oldest established connection that waits; undefined when there is none. Its events then come up in takeReady(). */
  accept(): TcpConnection | undefined {
    while (this.#first < this.#waiting.length) {
      const connection = this.#waiting[this.#first++]!;
      if (this.#first === this.#waiting.length) {
        this.#waiting.length = 0;
        this.#first = 0;
      } else if (this.#first >= 256) {
        this.#waiting = this.#waiting.slice(this.#first);
        this.#first = 0;
      }
      // One that failed before anybody saw it is nobody's.
      if (connection.state === TcpState.CLOSED && connection.readable === 0) continue;
      connection.accepted = true;
      if (connection.events !== 0) connection.context.signal(connection, connection.events);
      return connection;
    }
    return undefined;
  }

  /** No connection is accepted any more; those that wait are reset. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = this.#first; i < waiting.length; i++) resetConnection(waiting[i]!, Failure.aborted);
    this.#first = 0;
    this.#owner.listenerClosed(this);
  }

  /** Called by the layer: a handshake completed. */
  enqueue(connection: TcpConnection): void {
    this.#waiting.push(connection);
    this.#owner.listenerReady(this);
  }
}
