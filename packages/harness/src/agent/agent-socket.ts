import type { IpAddress } from '@immuable-net/ip';
import type { ConnectionApplication, ListenerApplication } from '@immuable-net/stack';
import { type TcpConnection, type TcpConnectionOptions, TcpEvent, type TcpListener } from '@immuable-net/tcp';
import { errnoOf, Poll } from './linux.ts';

/** One socket of the agent, as Linux would keep it: unbound, listening or connected. */
export class AgentSocket implements ConnectionApplication, ListenerApplication {
  readonly fd: number;
  nonBlocking: boolean;
  address: IpAddress | undefined;
  port: number;
  listener: TcpListener | undefined;
  connection: TcpConnection | undefined;
  /** What connect, bind and listen are given. */
  options: TcpConnectionOptions;
  established: boolean;
  /** The connection is gone. */
  gone: boolean;
  /** `shutdown` of the reading half, of the writing half. */
  readShut: boolean;
  writeShut: boolean;
  /** The errno that SO_ERROR, or the next call, tells once. */
  error: number;
  /** SO_LINGER with a time of zero: close resets. */
  resets: boolean;

  constructor(fd: number, nonBlocking: boolean) {
    this.fd = fd;
    this.nonBlocking = nonBlocking;
    this.address = undefined;
    this.port = 0;
    this.listener = undefined;
    this.connection = undefined;
    this.options = {};
    this.established = false;
    this.gone = false;
    this.readShut = false;
    this.writeShut = false;
    this.error = 0;
    this.resets = false;
  }

  /** Becomes the socket of a connection that a listener accepted. */
  adopt(connection: TcpConnection): void {
    this.connection = connection;
    this.established = true;
    connection.userData = this;
    // What happened before is told now: nobody else will.
    this.ready(connection, connection.takeEvents());
  }

  /** Connections wait in the listener until the tool accepts them: its backlog is the tool's to fill. */
  accepted(): void {}

  /** @inheritdoc */
  ready(connection: TcpConnection, events: number): void {
    if ((events & TcpEvent.Established) !== 0) this.established = true;
    if ((events & TcpEvent.Closed) !== 0) {
      this.gone = true;
      if (connection.failure !== undefined) this.error = errnoOf(connection.failure.code);
    }
  }

  /** The pending error, told once. */
  takeError(): number {
    const error = this.error;
    this.error = 0;
    return error;
  }

  /** What poll(2) would say. */
  get revents(): number {
    if (this.listener !== undefined) return this.listener.waiting > 0 ? Poll.IN | Poll.RDNORM : 0;
    const { connection } = this;
    if (connection === undefined) return Poll.OUT | Poll.HUP;
    let events = 0;
    const ended = connection.ended || this.readShut || this.gone;
    if (connection.readable > 0 || ended) events |= Poll.IN | Poll.RDNORM;
    if (ended) events |= Poll.RDHUP;
    if ((ended && (this.writeShut || this.gone)) || this.gone) events |= Poll.HUP;
    if (this.gone || (this.established && (connection.room > 0 || this.writeShut))) events |= Poll.OUT | Poll.WRNORM;
    if (this.error !== 0) events |= Poll.ERR;
    return events;
  }
}
