import type { TcpConnection } from '@immuable-net/tcp';
import type { ConnectionApplication } from './application.ts';

/**
 * Connections whose user asks instead of being told: the default for a connection made without an application.
 * Events add up until they are taken.
 */
export class EventQueue implements ConnectionApplication {
  #events: Map<TcpConnection, number>;

  constructor() {
    this.#events = new Map();
  }

  /** @inheritdoc */
  ready(connection: TcpConnection, events: number): void {
    this.#events.set(connection, (this.#events.get(connection) ?? 0) | events);
  }

  /** The connection that has waited longest, with bits of `TcpEvent`; undefined when none does. */
  take(): { connection: TcpConnection; events: number } | undefined {
    for (const [connection, events] of this.#events) {
      this.#events.delete(connection);
      return { connection, events };
    }
    return undefined;
  }

  clear(): void {
    this.#events.clear();
  }
}
