import type { TcpConnection, TcpListener } from '@immuable-net/tcp';
import type { UdpSocket } from '@immuable-net/udp';

/**
 * Whoever uses a connection: `connection.userData` of every connection that a {@link NetworkStack} made. A stack
 * calls it from `poll`, never from inside one of its own calls.
 */
export interface ConnectionApplication {
  /**
   * Something happened on the connection: `events` are bits of `TcpEvent`, already taken. What arrived lies
   * borrowed in the link's buffer: what is consumed before this returns costs no copy.
   *
   * @param now monotonic milliseconds, with fractions
   */
  ready(connection: TcpConnection, events: number, now: number): void;
}

/** Whoever uses a listener: `listener.userData`. */
export interface ListenerApplication {
  /**
   * Connections wait: take them with `listener.accept()` and give each its `userData`. Those that are left wait,
   * and are told of again when the next one comes.
   */
  accepted(listener: TcpListener, now: number): void;
}

/** Whoever uses a UDP socket: `socket.userData`. */
export interface DatagramApplication {
  /** Datagrams wait, or a failure: take them with `socket.receive()` and `socket.takeFailure()`. */
  ready(socket: UdpSocket, now: number): void;
}
