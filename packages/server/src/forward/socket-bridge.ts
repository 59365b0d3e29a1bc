import type { Socket } from 'node:net';
import { SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';

/** Octets of the host's socket that may wait for our own TCP: then the socket is read no further. */
const WAITING_LIMIT = 256 * 1024;

/**
 * Joins one socket of the host to one connection of a stack of ours: what the socket reads is what this machine
 * emits, what arrives is written to the socket. Back-pressure and half-close go through both ways.
 */
export class SocketBridge implements StreamProtocol {
  readonly #socket: Socket;
  readonly #wake: () => void;
  readonly #waiting: SliceQueue;
  #socketEnded: boolean;
  #socketGone: boolean;
  #full: boolean;

  /** @param wake called when there is something to emit, or octets may arrive again */
  constructor(socket: Socket, wake: () => void) {
    this.#socket = socket;
    this.#wake = wake;
    this.#waiting = new SliceQueue();
    this.#socketEnded = false;
    this.#socketGone = false;
    this.#full = false;
    socket.on('data', (chunk: Buffer) => {
      this.#waiting.append(chunk, 0, chunk.length, undefined);
      if (this.#waiting.length > WAITING_LIMIT) socket.pause();
      wake();
    });
    socket.on('end', () => {
      this.#socketEnded = true;
      wake();
    });
    socket.on('drain', () => {
      this.#full = false;
      wake();
    });
    socket.on('error', () => {});
    socket.on('close', (failed) => {
      this.#socketGone = failed || !this.#socketEnded;
      wake();
    });
  }

  get wish(): number {
    if (this.#socketGone) return StreamWish.Abort;
    return this.#socketEnded && this.#waiting.length === 0 ? StreamWish.End : StreamWish.None;
  }

  arrive(octets: Uint8Array, start: number, end: number): number {
    if (this.#full || this.#socketGone) return 0;
    // The octets are borrowed and the socket keeps what it is given.
    if (!this.#socket.write(octets.slice(start, end))) this.#full = true;
    return end - start;
  }

  arriveEnd(): void {
    this.#socket.end();
  }

  abort(): void {
    this.#waiting.clear();
    this.#socket.resetAndDestroy();
  }

  emit(queue: SliceQueue, room: number): number {
    const emitted = queue.take(this.#waiting, room);
    if (this.#waiting.length <= WAITING_LIMIT && this.#socket.isPaused()) this.#socket.resume();
    return emitted;
  }

  timeoutsExpire(): void {}

  nextTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Asks for a turn: for whoever made the bridge before its connection stood. */
  start(): void {
    this.#wake();
  }
}
