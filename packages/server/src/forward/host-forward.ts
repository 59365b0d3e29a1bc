import type { Server, Socket } from 'node:net';
import { type Link, MemoryWire } from '@immuable-net/ethernet';
import { NetworkStack, platformRandom, StackDriver } from '@immuable-net/stack';
import { SocketBridge } from './socket-bridge.ts';

/** The addresses on the wire in memory: nobody else is on it. */
const SERVER = '10.0.0.2';
const CLIENT = '10.0.0.1';

/**
 * Serves on a socket of the host without a tap: each connection of the host is joined to one that our own client
 * stack opens to the server's stack over a wire in memory. No octet skips a layer.
 */
export class HostForward {
  /** The server's end of the wire. */
  readonly link: Link;
  /** The server's address on it, with its prefix. */
  readonly address: string;
  readonly #stack: NetworkStack;
  readonly #driver: StackDriver;
  readonly #sockets: Set<Socket>;
  #listener: Server | undefined;

  constructor() {
    const wire = new MemoryWire({ schedule: setImmediate });
    this.link = wire.left;
    this.address = `${SERVER}/24`;
    this.#stack = new NetworkStack({ link: wire.right, addresses: [`${CLIENT}/24`], random: platformRandom });
    this.#driver = new StackDriver(this.#stack);
    this.#sockets = new Set();
    this.#listener = undefined;
  }

  /** Joins what `listener` accepts to `port` of the server's stack. */
  join(listener: Server, port: number): void {
    this.#listener = listener;
    listener.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      const bridge = new SocketBridge(socket, () => this.#stack.requestPoll());
      bridge.begin(this.#stack.connect({ address: SERVER, port, application: bridge }, this.#driver.now()));
    });
  }

  /** Accepts no more from the host. */
  refuse(): void {
    this.#listener?.close();
  }

  /** Ends what is left and gives the wire back. Call after the server's stack is done. */
  close(): void {
    this.refuse();
    for (const socket of this.#sockets) socket.destroy();
    this.#stack.close(this.#driver.now());
    this.#driver.close();
  }
}
