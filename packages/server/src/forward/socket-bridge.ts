import type { Socket } from 'node:net';
import { SliceQueue } from '@immuable-net/octets';
import type { ConnectionApplication } from '@immuable-net/stack';
import { type TcpConnection, TcpEvent } from '@immuable-net/tcp';

/** Octets of the host's socket that may wait for our own TCP: then the socket is read no further. */
const WAITING_LIMIT = 256 * 1024;

/**
 * Joins one socket of the host to one connection of a stack of ours: what either reads is what the other writes.
 * Back-pressure, half-close and reset go through both ways.
 */
export class SocketBridge implements ConnectionApplication {
  readonly #socket: Socket;
  readonly #requestPoll: () => void;
  /** What the socket read and our connection has no room for yet. */
  readonly #waiting: SliceQueue;
  #connection: TcpConnection | undefined;
  #socketEnded: boolean;
  #peerEnded: boolean;
  #full: boolean;
  #gone: boolean;

  /** @param requestPoll has the stack look at what was written or read */
  constructor(socket: Socket, requestPoll: () => void) {
    this.#socket = socket;
    this.#requestPoll = requestPoll;
    this.#waiting = new SliceQueue();
    this.#connection = undefined;
    this.#socketEnded = false;
    this.#peerEnded = false;
    this.#full = false;
    this.#gone = false;
    socket.on('data', (chunk: Buffer) => {
      this.#waiting.append(chunk, 0, chunk.length, undefined);
      if (this.#waiting.length > WAITING_LIMIT) socket.pause();
      this.#run();
    });
    socket.on('end', () => {
      this.#socketEnded = true;
      this.#run();
    });
    socket.on('drain', () => {
      this.#full = false;
      this.#run();
    });
    // What went wrong is told by `close` too.
    socket.on('error', () => {});
    socket.on('close', () => this.#socketClosed());
  }

  /** Begins: octets flow once the connection stands. */
  begin(connection: TcpConnection): void {
    this.#connection = connection;
    this.#socket.resume();
  }

  /** @inheritdoc */
  ready(_connection: TcpConnection, events: number): void {
    if (this.#gone) return;
    this.#move();
    if ((events & TcpEvent.Closed) === 0) return;
    this.#gone = true;
    this.#waiting.clear();
    if (this.#connection?.failure !== undefined) this.#socket.resetAndDestroy();
    else this.#socket.end();
  }

  #run(): void {
    if (this.#gone || this.#connection === undefined) return;
    this.#move();
    this.#requestPoll();
  }

  #move(): void {
    const connection = this.#connection!;
    while (!this.#full && connection.peek()) {
      // The octets are borrowed and the socket keeps what it is given.
      const chunk = connection.readOctets.slice(connection.readStart, connection.readEnd);
      connection.consume(chunk.length);
      this.#full = !this.#socket.write(chunk);
    }
    if (connection.ended && !this.#peerEnded) {
      this.#peerEnded = true;
      this.#socket.end();
    }
    if (this.#waiting.length > 0 && connection.room > 0) {
      connection.sendQueue.take(this.#waiting, connection.room);
      connection.push();
      if (this.#waiting.length <= WAITING_LIMIT && this.#socket.isPaused()) this.#socket.resume();
    }
    if (this.#socketEnded && this.#waiting.length === 0) connection.shutdown();
  }

  #socketClosed(): void {
    if (this.#gone || (this.#socketEnded && this.#peerEnded)) return;
    this.#gone = true;
    this.#waiting.clear();
    this.#connection?.abort();
    this.#requestPoll();
  }
}
