import { LITTLE_ENDIAN } from './interface-request.ts';
import { addressOf, bind, close, type PollHandle, poll, read, socket } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
const SOCKADDR_NL_OCTETS = 12;

/**
 * Calls back when any interface of the network namespace changes (up, down, MTU, deleted): a netlink socket in the
 * group of link messages. What changed is read by the caller; the messages are only drained.
 */
export class InterfaceWatch {
  readonly #fd: number;
  readonly #buffer: Uint8Array;
  /** Kept: a handle that is collected stops calling. */
  #poll: PollHandle | undefined;

  constructor(changed: () => void) {
    this.#buffer = Buffer.alloc(32768);
    this.#poll = undefined;
    this.#fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    // Without netlink (a strict sandbox) up, down and MTU are not noticed, and all else works.
    if (this.#fd < 0) return;
    const address = Buffer.alloc(SOCKADDR_NL_OCTETS);
    const view = new DataView(address.buffer, address.byteOffset, SOCKADDR_NL_OCTETS);
    view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    view.setUint32(8, RTMGRP_LINK, LITTLE_ENDIAN);
    if (bind(this.#fd, address, SOCKADDR_NL_OCTETS) < 0) return;
    const at = addressOf(this.#buffer);
    this.#poll = poll(this.#fd, { readable: true, writable: false }, () => {
      // Bounded: the poll calls again while more waits. ENOBUFS (messages were lost) is a change too.
      for (let i = 0; i < 64 && read(this.#fd, at, this.#buffer.length) >= 0; i++);
      changed();
    });
    // It alone keeps no process alive.
    this.#poll.unref();
  }

  close(): void {
    this.#poll?.close();
    this.#poll = undefined;
    if (this.#fd >= 0) close(this.#fd);
  }
}
