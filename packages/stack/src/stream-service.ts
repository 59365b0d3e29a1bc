import type { StreamProtocol } from '@immuable-net/octets';
import type { TcpConnection, TcpListener } from '@immuable-net/tcp';
import type { ListenerApplication } from './application.ts';
import { LINGER_MS, LINGER_OCTETS } from './parameters.ts';
import { StreamRunner } from './stream-runner.ts';

/** What {@link StreamService} is made of. */
export interface StreamServiceOptions {
  /**
   * Makes the protocol machine of a connection that was just accepted; undefined refuses it (RST). `stream.wake()`
   * is for a machine that waits for something other than octets and time (a worker's answer).
   */
  readonly accept: (connection: TcpConnection, stream: StreamRunner, now: number) => StreamProtocol | undefined;
  /** Told once when a connection is gone for good: for counts and logs. */
  readonly closed?: ((connection: TcpConnection, protocol: StreamProtocol, now: number) => void) | undefined;
  /** How long what still comes after our end is read and discarded, milliseconds. */
  readonly lingerMs?: number | undefined;
  /** How many octets of it. */
  readonly lingerOctets?: number | undefined;
}

/** Protocol machines on the connections of one listener: one {@link StreamProtocol} and one {@link StreamRunner} each. */
export class StreamService implements ListenerApplication {
  readonly listener: TcpListener;
  readonly lingerMs: number;
  readonly lingerOctets: number;
  /** Connections being served. */
  connectionCount: number;
  #accept: StreamServiceOptions['accept'];
  #closed: StreamServiceOptions['closed'];
  #wake: (stream: StreamRunner) => void;
  /** Those being served, in a ring through the runners: a server can walk it without an allocation a connection. */
  #first: StreamRunner | undefined;

  /** @param wake called when a machine has something to say out of turn: the stack's */
  constructor(listener: TcpListener, options: StreamServiceOptions, wake: (stream: StreamRunner) => void) {
    this.listener = listener;
    this.lingerMs = options.lingerMs ?? LINGER_MS;
    this.lingerOctets = options.lingerOctets ?? LINGER_OCTETS;
    this.connectionCount = 0;
    this.#accept = options.accept;
    this.#closed = options.closed;
    this.#wake = wake;
    this.#first = undefined;
    listener.userData = this;
  }

  /** @inheritdoc */
  accepted(listener: TcpListener, now: number): void {
    for (;;) {
      const connection = listener.accept();
      if (connection === undefined) return;
      const runner = new StreamRunner(this, connection);
      const protocol = this.#accept(connection, runner, now);
      if (protocol === undefined) {
        connection.abort();
        continue;
      }
      this.#insert(runner);
      connection.userData = runner;
      runner.begin(protocol, now);
    }
  }

  /** Called by runners. */
  wake(runner: StreamRunner): void {
    this.#wake(runner);
  }

  /** Called by a runner whose connection is gone, once. */
  forget(runner: StreamRunner, now: number): void {
    const { next, previous } = runner;
    if (previous !== undefined) previous.next = next;
    else this.#first = next;
    if (next !== undefined) next.previous = previous;
    runner.next = undefined;
    runner.previous = undefined;
    this.connectionCount--;
    this.#closed?.(runner.connection, runner.protocol!, now);
  }

  /** Every connection being served and its machine. */
  *streams(): IterableIterator<StreamRunner> {
    for (let runner = this.#first; runner !== undefined; ) {
      const { next }: StreamRunner = runner;
      yield runner;
      runner = next;
    }
  }

  /** No more connections are accepted; those that are served go on. Pending ones are reset. */
  close(): void {
    this.listener.close();
  }

  /** Resets every connection that is still served. */
  abort(now: number): void {
    for (const runner of this.streams()) runner.abort(now);
  }

  #insert(runner: StreamRunner): void {
    runner.next = this.#first;
    if (this.#first !== undefined) this.#first.previous = runner;
    this.#first = runner;
    this.connectionCount++;
  }
}
