import { type TcpConnection, TcpEvent, type TcpInfo } from '@immuable-net/tcp';
import type { ConnectionApplication } from '../application.ts';
import { READ_OCTETS } from '../parameters.ts';
import { NetworkError } from './network-error.ts';

/** A wait of one promise: how the machine's events reach it. */
interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * One TCP connection as a pair of Web Streams. Nothing is read from the stack before somebody reads from
 * {@link readable}: TCP's window is the back-pressure. A write is settled once the send queue has taken it.
 */
export class Connection implements ConnectionApplication, AsyncDisposable {
  /** The machine below: everything that promises do not offer. */
  readonly tcp: TcpConnection;
  /** What the peer sends; ends at its FIN. A byte stream: `getReader({ mode: 'byob' })` reads without an allocation. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the peer gets. Octets are copied. Closing it is a half-close (FIN): {@link readable} goes on. */
  readonly writable: WritableStream<Uint8Array>;
  /** Settled when the connection is gone for good: rejects with a {@link NetworkError} unless it ended in order. */
  readonly closed: Promise<void>;
  #requestPoll: () => void;
  #established: Waiter | undefined;
  #reader: Waiter | undefined;
  #writer: Waiter | undefined;
  #closing: Waiter;
  /** What was written and waits for room. */
  #pending: Uint8Array | undefined;
  #pendingStart: number;
  #readController: ReadableByteStreamController | undefined;
  #writeController: WritableStreamDefaultController | undefined;
  #error: unknown;
  #discarding: boolean;
  #readEnded: boolean;
  #gone: boolean;

  /** Made by `AsyncStack`; `requestPoll` has the stack look at what was written or read. */
  constructor(tcp: TcpConnection, requestPoll: () => void) {
    this.tcp = tcp;
    this.#requestPoll = requestPoll;
    this.#established = undefined;
    this.#reader = undefined;
    this.#writer = undefined;
    this.#pending = undefined;
    this.#pendingStart = 0;
    this.#readController = undefined;
    this.#writeController = undefined;
    this.#error = undefined;
    this.#discarding = false;
    this.#readEnded = false;
    this.#gone = false;
    const closed = withWaiter();
    this.closed = closed.promise;
    this.#closing = closed.waiter;
    // Whoever does not look at `closed` learns of a failure by the streams.
    this.closed.catch(() => undefined);
    this.readable = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#readController = controller;
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#cancelReading(),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#writeController = controller;
        },
        write: (chunk) => this.#write(chunk),
        close: () => this.#shutdown(),
        abort: () => this.#abort(new NetworkError('ECONNABORTED', 'write', this.remoteAddress, this.remotePort)),
      },
      { highWaterMark: 1 },
    );
    tcp.userData = this;
  }

  /** Our address, as text. */
  get localAddress(): string {
    return this.tcp.local.toString();
  }

  get localPort(): number {
    return this.tcp.localPort;
  }

  /** The peer's address, as text. */
  get remoteAddress(): string {
    return this.tcp.remote.toString();
  }

  get remotePort(): number {
    return this.tcp.remotePort;
  }

  /** What TCP knows of the path and of this connection. */
  get info(): TcpInfo {
    return this.tcp.info;
  }

  /** Settled once the handshake is complete; `signal` gives up and resets. Called by `AsyncStack.connect`. */
  async established(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) {
      this.#abort(signal.reason);
      throw signal.reason;
    }
    const wait = withWaiter();
    this.#established = wait.waiter;
    const onAbort = (): void => {
      this.#abort(signal!.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await wait.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Closes both directions in order: what was written is sent, what still comes is discarded. Settled when gone. */
  async close(): Promise<void> {
    if (!this.#gone) {
      this.#cancelReading();
      this.tcp.close();
      this.#requestPoll();
    }
    await this.closed;
  }

  /** Resets the connection. The streams fail with `reason`. */
  abort(reason?: unknown): void {
    this.#abort(reason ?? new NetworkError('ECONNABORTED', 'close', this.remoteAddress, this.remotePort));
  }

  /** Closes in order; a failure on the way is nobody's concern any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => undefined);
  }

  /** @inheritdoc */
  ready(connection: TcpConnection, events: number): void {
    if (this.#gone) return;
    if ((events & TcpEvent.Established) !== 0) {
      this.#established?.resolve();
      this.#established = undefined;
    }
    if (this.#discarding) this.#discard();
    else if ((events & (TcpEvent.Readable | TcpEvent.PeerClosed)) !== 0) this.#wakeReader();
    if ((events & TcpEvent.Writable) !== 0) this.#flush();
    if ((events & TcpEvent.Closed) !== 0) this.#end(connection);
  }

  #wakeReader(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve();
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const tcp = this.tcp;
    while (tcp.readable === 0 && !tcp.ended) {
      if (this.#gone) {
        if (this.#error === undefined) break;
        throw this.#error;
      }
      const wait = withWaiter();
      this.#reader = wait.waiter;
      await wait.promise;
    }
    if (this.#discarding) return;
    const request = controller.byobRequest;
    if (tcp.readable === 0) {
      this.#readEnded = true;
      controller.close();
      request?.respond(0);
      return;
    }
    if (request?.view) {
      const view = request.view as Uint8Array;
      const count = tcp.read(view, 0, view.byteLength);
      this.#requestPoll();
      request.respond(count);
    } else {
      const octets = new Uint8Array(Math.min(tcp.readable, READ_OCTETS));
      const count = tcp.read(octets, 0, octets.length);
      this.#requestPoll();
      controller.enqueue(count === octets.length ? octets : octets.subarray(0, count));
    }
  }

  #cancelReading(): void {
    if (this.#discarding) return;
    this.#discarding = true;
    this.#discard();
    if (!this.#readEnded) {
      this.#readEnded = true;
      // Whoever waits for octets learns that there are none: not an error, the reader asked for it.
      try {
        this.#readController?.close();
        this.#readController?.byobRequest?.respond(0);
      } catch {
        // Already closed or cancelled by its reader.
      }
    }
    this.#wakeReader();
  }

  #discard(): void {
    const tcp = this.tcp;
    while (tcp.peek()) tcp.consume(tcp.readEnd - tcp.readStart);
    this.#requestPoll();
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#gone) throw this.#error ?? new NetworkError('EPIPE', 'write', this.remoteAddress, this.remotePort);
    this.#pending = chunk;
    this.#pendingStart = 0;
    this.#flush();
    if (this.#pending === undefined) return undefined;
    const wait = withWaiter();
    this.#writer = wait.waiter;
    return wait.promise;
  }

  #flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const count = Math.min(this.tcp.room, pending.length - this.#pendingStart);
    if (count > 0) {
      // The queue keeps references until they are acknowledged; the caller may reuse its chunk before that.
      this.tcp.sendQueue.appendCopy(pending, this.#pendingStart, this.#pendingStart + count);
      this.tcp.push();
      this.#requestPoll();
      this.#pendingStart += count;
    }
    if (this.#pendingStart < pending.length) return;
    this.#pending = undefined;
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.resolve();
  }

  #shutdown(): void {
    this.tcp.shutdown();
    this.#requestPoll();
  }

  #abort(reason: unknown): void {
    if (this.#gone) return;
    this.#error = reason;
    this.tcp.abort();
    this.#requestPoll();
    this.#end(this.tcp);
  }

  /** Gone for good: every wait is settled. */
  #end(connection: TcpConnection): void {
    this.#gone = true;
    const failure = connection.failure;
    if (this.#error === undefined && failure !== undefined) {
      const syscall = this.#established !== undefined ? 'connect' : 'read';
      this.#error = NetworkError.of(failure, syscall, this.remoteAddress, this.remotePort);
    }
    const error = this.#error;
    const established = this.#established;
    this.#established = undefined;
    established?.reject(error ?? new NetworkError('ECONNABORTED', 'connect', this.remoteAddress, this.remotePort));
    this.#pending = undefined;
    const writer = this.#writer;
    this.#writer = undefined;
    if (error === undefined) {
      writer?.reject(new NetworkError('EPIPE', 'write', this.remoteAddress, this.remotePort));
      this.#wakeReader();
      this.#closing.resolve();
      return;
    }
    writer?.reject(error);
    this.#writeController?.error(error);
    // Octets that arrived before a reset are lost with it (RFC 9293 §3.10.7.4).
    if (!this.#readEnded) {
      this.#readEnded = true;
      this.#readController?.error(error);
    }
    this.#wakeReader();
    this.#closing.reject(error);
  }
}

function withWaiter(): { promise: Promise<void>; waiter: Waiter } {
  let waiter: Waiter | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    waiter = { resolve, reject };
  });
  return { promise, waiter: waiter! };
}
