import { type StreamProtocol, StreamWish } from '@immuable-net/octets';
import { type TcpConnection, TcpEvent } from '@immuable-net/tcp';
import type { ConnectionApplication } from './application.ts';
import type { StreamService } from './stream-service.ts';

/** Bits of {@link StreamRunner}'s state. */
const Flag = {
  /** `arriveEnd` was called. */
  PeerEnded: 1,
  /** The machine wished its end: `shutdown` was called. */
  Ended: 2,
  /** After its end the machine reads no more: what comes is discarded. */
  Lingering: 4,
  /** Everything we sent was acknowledged after our end: the linger time runs. */
  Counting: 8,
  /** Nothing is called any more. */
  Gone: 16,
  /** In the stack's list of those that want a turn. */
  Woken: 32,
} as const;

/** Every event. */
const ALL = -1;
/** A machine does not ask when its octets are acknowledged: one call less for each response. */
const WHILE_OPEN = ALL & ~TcpEvent.Drained;

/**
 * Drives one {@link StreamProtocol} on one connection: octets up, answers down, one timer. The one object that a
 * served connection costs above TCP and its protocol; it makes none per event.
 */
export class StreamRunner implements ConnectionApplication {
  readonly connection: TcpConnection;
  protocol: StreamProtocol | undefined;
  /** Neighbours in the service's list. */
  next: StreamRunner | undefined;
  previous: StreamRunner | undefined;
  #service: StreamService;
  #flags: number;
  /** Octets discarded while lingering. */
  #discarded: number;
  /** When lingering is over. */
  #lingerUntil: number;

  constructor(service: StreamService, connection: TcpConnection) {
    this.connection = connection;
    this.protocol = undefined;
    this.next = undefined;
    this.previous = undefined;
    this.#service = service;
    this.#flags = 0;
    this.#discarded = 0;
    this.#lingerUntil = Number.POSITIVE_INFINITY;
  }

  /** Called once, by the service. The machine may speak first. */
  begin(protocol: StreamProtocol, now: number): void {
    this.protocol = protocol;
    this.connection.interest = WHILE_OPEN;
    this.#run(this.connection, protocol, now);
  }

  /**
   * The machine has something to say or takes octets again, for a reason that is neither octets nor time: gives it
   * a turn in the next poll. May be called at any moment, any number of times.
   */
  wake(): void {
    if (this.protocol === undefined || (this.#flags & (Flag.Woken | Flag.Gone)) !== 0) return;
    this.#flags |= Flag.Woken;
    this.#service.wake(this);
  }

  /** Called by the stack for those that asked by {@link wake}. */
  turn(now: number): void {
    this.#flags &= ~Flag.Woken;
    if ((this.#flags & Flag.Gone) === 0) this.#run(this.connection, this.protocol!, now);
  }

  /** Resets the connection; the machine is told. */
  abort(now: number): void {
    if ((this.#flags & Flag.Gone) !== 0) return;
    this.connection.abort();
    this.#gone(true, now);
  }

  /** @inheritdoc */
  ready(connection: TcpConnection, events: number, now: number): void {
    const flags = this.#flags;
    if ((flags & Flag.Gone) !== 0) return;
    const protocol = this.protocol!;
    if ((events & (TcpEvent.Closed | TcpEvent.Timeout)) !== 0) {
      if ((events & TcpEvent.Closed) !== 0) {
        this.#gone(connection.failure !== undefined || (flags & Flag.Ended) === 0, now);
        return;
      }
      if (now >= this.#lingerUntil) {
        this.#finish(connection, now);
        return;
      }
      protocol.timeoutsExpire(now);
    }
    this.#run(connection, protocol, now);
  }

  #run(connection: TcpConnection, protocol: StreamProtocol, now: number): void {
    if ((this.#flags & Flag.Lingering) !== 0) {
      this.#linger(connection, now);
      return;
    }
    for (;;) {
      let stalled = false;
      while (connection.peek()) {
        const offered = connection.readEnd - connection.readStart;
        const taken = protocol.arrive(connection.readOctets, connection.readStart, connection.readEnd, now);
        if (taken > 0) connection.consume(taken);
        if (taken < offered) {
          stalled = true;
          break;
        }
      }
      if (connection.ended && (this.#flags & Flag.PeerEnded) === 0) {
        this.#flags |= Flag.PeerEnded;
        protocol.arriveEnd(now);
      }
      const room = connection.room;
      let emitted = 0;
      if (room > 0) {
        emitted = protocol.emit(connection.sendQueue, room, now);
        if (emitted > 0) connection.push();
      }
      // The rest is offered again after an emit that produced octets; else an event brings us back.
      if (!stalled || emitted === 0) break;
    }
    const wish = protocol.wish;
    if (wish !== StreamWish.None && this.#grant(connection, wish, now)) return;
    const at = protocol.nextTimeout();
    const deadline = Math.min(at, this.#lingerUntil);
    if (deadline !== connection.applicationDeadline) connection.setApplicationDeadline(deadline);
  }

  /** True when the machine's part is over. */
  #grant(connection: TcpConnection, wish: number, now: number): boolean {
    if ((wish & StreamWish.Abort) !== 0) {
      connection.abort();
      this.#gone(false, now);
      return true;
    }
    if ((this.#flags & Flag.Ended) === 0) {
      if ((wish & StreamWish.End) === 0) return false;
      this.#flags |= Flag.Ended;
      // The linger time runs from when our last octet is acknowledged.
      connection.interest = ALL;
      connection.shutdown();
    }
    if ((wish & StreamWish.Linger) !== 0) {
      this.#flags |= Flag.Lingering;
      connection.setApplicationDeadline(Number.POSITIVE_INFINITY);
      this.#linger(connection, now);
      return true;
    }
    this.#count(connection, now);
    return false;
  }

  /** Reads and discards (RFC 9112 §9.6), until the peer ends, too much came or the time is over. */
  #linger(connection: TcpConnection, now: number): void {
    while (connection.peek()) {
      const count = connection.readEnd - connection.readStart;
      connection.consume(count);
      this.#discarded += count;
    }
    if (this.#discarded > this.#service.lingerOctets) {
      this.#finish(connection, now);
      return;
    }
    if (connection.ended) return; // Both directions are at their end: TCP closes by itself.
    this.#count(connection, now);
    if (this.#lingerUntil !== connection.applicationDeadline) connection.setApplicationDeadline(this.#lingerUntil);
  }

  /** Starts the linger time once our last octet was acknowledged: a slow reader of a long answer is not cut off. */
  #count(connection: TcpConnection, now: number): void {
    if ((this.#flags & Flag.Counting) !== 0 || connection.sendQueue.length > 0) return;
    this.#flags |= Flag.Counting;
    this.#lingerUntil = now + this.#service.lingerMs;
  }

  /** The peer had its time: our end was sent, nothing more is wanted. */
  #finish(connection: TcpConnection, now: number): void {
    connection.setApplicationDeadline(Number.POSITIVE_INFINITY);
    connection.close();
    this.#gone(false, now);
  }

  #gone(abort: boolean, now: number): void {
    this.#flags |= Flag.Gone;
    if (abort) this.protocol!.abort(now);
    this.#service.forget(this, now);
  }
}
