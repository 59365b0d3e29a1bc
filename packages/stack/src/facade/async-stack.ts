import type { TcpConnection } from '@immuable-net/tcp';
import { StackDriver } from '../driver.ts';
import { NetworkStack, UnreachableError } from '../network-stack.ts';
import type { Ping } from '../ping.ts';
import { platformRandom } from '../platform-random.ts';
import type { ConnectOptions, ListenOptions, NetworkStackOptions, PingOptions, UdpOptions } from '../stack-options.ts';
import { Connection } from './connection.ts';
import { DatagramSocket } from './datagram-socket.ts';
import { Listener } from './listener.ts';
import { NetworkError } from './network-error.ts';

/** What {@link AsyncStack.open} is made of: randomness is the operating system's when none is given. */
export type AsyncStackOptions = Omit<NetworkStackOptions, 'random'> & Partial<Pick<NetworkStackOptions, 'random'>>;

/** Gives up: whatever waits rejects with the signal's reason; a listener or socket closes. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** What {@link AsyncStack.ping} is answered. */
export interface PingReply {
  readonly roundTripMs: number;
  /** Octets of payload that came back. */
  readonly octets: number;
}

/**
 * A stack with promises: a {@link NetworkStack} and the driver that polls it. Thin: everything here ends in a call
 * of {@link core}, which is open to whoever wants it.
 */
export class AsyncStack implements AsyncDisposable {
  /** The synchronous core. */
  readonly core: NetworkStack;
  readonly driver: StackDriver;
  /** Called with bits of `StackEvent`: on- and offline, address conflicts. */
  onevent: ((events: number) => void) | undefined;
  #requestPoll: () => void;
  #listeners: Set<Listener>;
  #connections: Set<Connection>;
  #sockets: Set<DatagramSocket>;
  #closed: boolean;

  /** Takes over a core that nobody else drives. */
  constructor(core: NetworkStack) {
    this.core = core;
    this.driver = new StackDriver(core);
    this.onevent = undefined;
    this.#requestPoll = () => core.requestPoll();
    this.#listeners = new Set();
    this.#connections = new Set();
    this.#sockets = new Set();
    this.#closed = false;
    this.driver.onpoll = () => {
      const events = core.takeEvents();
      if (events !== 0) this.onevent?.(events);
    };
  }

  /** Makes a stack on a link and starts it. */
  static open(options: AsyncStackOptions): AsyncStack {
    return new AsyncStack(new NetworkStack({ ...options, random: options.random ?? platformRandom }));
  }

  /** Whether the link is up. */
  get online(): boolean {
    return this.core.online;
  }

  /** Waits for connections: `for await (const connection of stack.listen({ port: 7 }))`. Leaving the loop closes it. */
  listen(options: ListenOptions & Abortable): Listener {
    this.#mustBeOpen('listen');
    const tcp = this.core.listen(options);
    const listener = new Listener(
      tcp,
      (connection) => {
        const made = new Connection(connection, this.#requestPoll);
        this.#keep(made);
        return made;
      },
      () => {
        this.#listeners.delete(listener);
        this.#requestPoll();
      },
      options.signal,
    );
    this.#listeners.add(listener);
    return listener;
  }

  /**
   * Opens a connection. Rejects with a {@link NetworkError} (`ECONNREFUSED` within one round trip, `ETIMEDOUT`,
   * `EHOSTUNREACH`) or with the signal's reason.
   */
  async connect(options: ConnectOptions & Abortable): Promise<Connection> {
    this.#mustBeOpen('connect');
    const { signal, ...rest } = options;
    signal?.throwIfAborted();
    const connection = new Connection(this.#connect(rest), this.#requestPoll);
    this.#keep(connection);
    await connection.established(signal);
    return connection;
  }

  /** Opens a UDP socket: an async iterable of datagrams. */
  udp(options: UdpOptions & Abortable = {}): DatagramSocket {
    this.#mustBeOpen('bind');
    const socket = new DatagramSocket(this.core, options, this.driver, () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    return socket;
  }

  /** Sends one ICMP echo request and waits for its reply. */
  ping(address: string, options: Omit<PingOptions, 'address'> & Abortable = {}): Promise<PingReply> {
    this.#mustBeOpen('ping');
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        this.core.forgetPing(ping);
        reject(signal!.reason);
      };
      const over = (done: Ping): void => {
        signal?.removeEventListener('abort', onAbort);
        if (done.roundTripMs === undefined) reject(new NetworkError(done.failure ?? 'ETIMEDOUT', 'ping', address));
        else resolve({ roundTripMs: done.roundTripMs, octets: done.octets });
      };
      const ping: Ping = this.core.ping({ ...options, address, over }, this.driver.now());
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Keeps the process alive while the stack is open (the default). */
  ref(): void {
    this.driver.ref();
  }

  /** Lets the process end though the stack is open. */
  unref(): void {
    this.driver.unref();
  }

  /**
   * Closes listeners and sockets, then every connection in order, and gives the link back. Those that are not done
   * when the signal aborts are reset.
   */
  async close(options: Abortable = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    for (const socket of this.#sockets) socket.close();
    const closing = Promise.allSettled([...this.#connections].map((connection) => connection.close()));
    const abort = (): void => {
      for (const connection of this.#connections) connection.abort(options.signal?.reason);
    };
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    await closing;
    options.signal?.removeEventListener('abort', abort);
    this.core.close(this.driver.now());
    this.driver.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #connect(options: ConnectOptions): TcpConnection {
    try {
      return this.core.connect(options, this.driver.now());
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      throw new NetworkError(error.code, 'connect', String(options.address), options.port);
    }
  }

  #keep(connection: Connection): void {
    this.#connections.add(connection);
    const forget = (): void => {
      this.#connections.delete(connection);
    };
    connection.closed.then(forget, forget);
  }

  #mustBeOpen(syscall: string): void {
    if (this.#closed) throw new NetworkError('ENETDOWN', syscall, undefined, undefined, 'the stack is closed');
  }
}
