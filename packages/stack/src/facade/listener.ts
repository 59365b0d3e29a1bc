import type { TcpConnection, TcpListener } from '@immuable-net/tcp';
import type { ListenerApplication } from '../application.ts';
import type { Connection } from './connection.ts';

/**
 * A listener as an async iterable of connections. What nobody asks for waits in the backlog, bounded; leaving the
 * loop closes the listener, and connections that were taken go on.
 */
export class Listener implements ListenerApplication, AsyncIterableIterator<Connection>, AsyncDisposable {
  /** The machine below. */
  readonly tcp: TcpListener;
  #make: (tcp: TcpConnection) => Connection;
  #closing: () => void;
  #waiting: ((result: IteratorResult<Connection>) => void)[];
  #closed: boolean;
  #signal: AbortSignal | undefined;
  #onAbort: () => void;

  /** Made by `AsyncStack.listen`. */
  constructor(
    tcp: TcpListener,
    make: (tcp: TcpConnection) => Connection,
    closing: () => void,
    signal: AbortSignal | undefined,
  ) {
    this.tcp = tcp;
    this.#make = make;
    this.#closing = closing;
    this.#waiting = [];
    this.#closed = false;
    this.#signal = signal;
    this.#onAbort = () => this.close();
    tcp.userData = this;
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get port(): number {
    return this.tcp.port;
  }

  /** The next connection. Ends when the listener is closed. */
  next(): Promise<IteratorResult<Connection>> {
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    const connection = this.#take();
    if (connection !== undefined) return Promise.resolve({ done: false, value: connection });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Connection>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @inheritdoc */
  accepted(): void {
    while (this.#waiting.length > 0) {
      const connection = this.#take();
      if (connection === undefined) return;
      this.#waiting.shift()!({ done: false, value: connection });
    }
  }

  /** Accepts no more; connections that nobody took are reset. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.tcp.close();
    this.#closing();
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #take(): Connection | undefined {
    const tcp = this.tcp.accept();
    return tcp === undefined ? undefined : this.#make(tcp);
  }
}
