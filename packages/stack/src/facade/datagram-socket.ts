import { IpAddress, OutputResult } from '@immuable-net/ip';
import type { UdpSocket } from '@immuable-net/udp';
import type { DatagramApplication } from '../application.ts';
import type { StackDriver } from '../driver.ts';
import type { NetworkStack } from '../network-stack.ts';
import type { UdpOptions } from '../stack-options.ts';
import { NetworkError } from './network-error.ts';

/** One datagram that came. */
export interface Datagram {
  readonly octets: Uint8Array;
  /** Who sent it, as text. */
  readonly address: string;
  readonly port: number;
  /** The address of ours that it was sent to, as text. */
  readonly localAddress: string;
}

/** Somebody waits for a datagram. */
interface Waiter {
  resolve(result: IteratorResult<Datagram>): void;
  reject(error: unknown): void;
}

/**
 * A UDP socket as an async iterable of datagrams. What nobody asks for waits in a bounded queue and is dropped
 * beyond it, as UDP does. Leaving the loop closes the socket.
 */
export class DatagramSocket implements DatagramApplication, AsyncIterableIterator<Datagram>, AsyncDisposable {
  /** The machine below. */
  readonly udp: UdpSocket;
  #stack: NetworkStack;
  #driver: StackDriver;
  #waiting: Waiter[];
  #failure: NetworkError | undefined;
  #closing: () => void;
  #signal: AbortSignal | undefined;
  #onAbort: () => void;

  /** Made by `AsyncStack.udp`. */
  constructor(
    stack: NetworkStack,
    options: UdpOptions & { readonly signal?: AbortSignal | undefined },
    driver: StackDriver,
    closing: () => void,
  ) {
    this.udp = stack.bind(options);
    this.#stack = stack;
    this.#driver = driver;
    this.#waiting = [];
    this.#failure = undefined;
    this.#closing = closing;
    this.#signal = options.signal;
    this.#onAbort = () => this.close();
    this.udp.userData = this;
    if (options.signal?.aborted) this.udp.close();
    else options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get port(): number {
    return this.udp.port;
  }

  /** From now on only datagrams from there arrive, and what ICMP says of it (`ECONNREFUSED`) rejects the next `next`. */
  connect(address: string, port: number): void {
    this.udp.connect(this.#stack.pathTo(IpAddress.parse(address), this.udp.address), port);
  }

  /**
   * Sends one datagram: to where the socket is connected when no address is given. Throws a {@link NetworkError} when
   * it was not sent (`ENOBUFS`, `EHOSTUNREACH`); that it arrives nobody promises.
   */
  send(octets: Uint8Array, port?: number, address?: string): void {
    const to = address === undefined ? undefined : IpAddress.parse(address);
    const result = this.#stack.send(this.udp, octets, to, port ?? 0, this.#driver.now());
    if (result === OutputResult.Full) throw new NetworkError('ENOBUFS', 'send', address, port);
    if (result === OutputResult.Unreachable) throw new NetworkError('EHOSTUNREACH', 'send', address, port);
  }

  /** The next datagram. Ends when the socket is closed. */
  next(): Promise<IteratorResult<Datagram>> {
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    const datagram = this.#take();
    if (datagram !== undefined) return Promise.resolve({ done: false, value: datagram });
    if (!this.udp.isOpen) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<Datagram>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @inheritdoc */
  ready(): void {
    const failure = this.udp.takeFailure();
    if (failure !== undefined) {
      const remote = this.udp.remote?.toString();
      const error = new NetworkError(failure.code, 'recv', remote, this.udp.remotePort, failure.message);
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#failure = error;
      else waiter.reject(error);
    }
    while (this.#waiting.length > 0) {
      const datagram = this.#take();
      if (datagram === undefined) return;
      this.#waiting.shift()!.resolve({ done: false, value: datagram });
    }
  }

  /** Gives the port back. */
  close(): void {
    if (!this.udp.isOpen) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.udp.close();
    this.#closing();
    for (const waiter of this.#waiting.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #take(): Datagram | undefined {
    const datagram = this.udp.receive();
    if (datagram === undefined) return undefined;
    return {
      octets: datagram.octets,
      address: datagram.source.toString(),
      port: datagram.sourcePort,
      localAddress: datagram.destination.toString(),
    };
  }
}
