import type { IpAddress, Path } from '@immuable-net/ip';
import { copyOctets, type SliceOwner } from '@immuable-net/octets';
import { closeConnection, resetConnection } from './closing.ts';
import type { TcpContext } from './context.ts';
import { ControlBlock, Trait } from './control-block.ts';
import { Failure } from './failure.ts';
import { makeInfo, type TcpInfo } from './info.ts';
import { windowOpened } from './receiving.ts';
import type { ConnectionSettings } from './settings.ts';
import { TcpState } from './state.ts';

/**
 * One connection as an application sees it. After {@link TcpLayer.takeReady} gave it: `takeEvents()`, then read
 * with `peek`/`consume` (or `read`), write with `sendQueue`/`push` (or `write`), and let the layer `emit`.
 *
 * Its base holds the variables of RFC 9293 §3.3.1: they may be looked at, never set.
 */
export class TcpConnection extends ControlBlock {
  /** Who the client is: `remote` until somebody (PROXY protocol) says otherwise. */
  clientAddress: IpAddress;
  clientPort: number;
  /** For the layer above; never looked at here. */
  userData: unknown;
  /** After `peek()` answered true: the first contiguous run of octets to read is `readOctets[readStart, readEnd)`. */
  readOctets: Uint8Array;
  readStart: number;
  readEnd: number;

  constructor(context: TcpContext, settings: ConnectionSettings, path: Path, localPort: number, remotePort: number) {
    super(context, settings, path, localPort, remotePort);
    this.clientAddress = path.remote;
    this.clientPort = remotePort;
    this.userData = undefined;
    this.readOctets = NOTHING;
    this.readStart = 0;
    this.readEnd = 0;
  }

  /** What happened since the last call: bits of {@link TcpEvent}. */
  takeEvents(): number {
    const events = this.events;
    this.events = 0;
    return events;
  }

  /** In-order octets that wait to be read. */
  get readable(): number {
    return this.waiting;
  }

  /** The peer's FIN arrived and everything before it was consumed. */
  get ended(): boolean {
    return this.has(Trait.PeerFinished) && this.waiting === 0;
  }

  /** Aims `readOctets`, `readStart` and `readEnd` at the first contiguous run that waits; false when there is none. */
  peek(): boolean {
    const received = this.received;
    if (received !== undefined && received.readable > 0) {
      this.readOctets = received.head;
      this.readStart = received.headStart;
      this.readEnd = received.headEnd;
      return true;
    }
    this.readOctets = this.borrowed;
    this.readStart = this.borrowedStart;
    this.readEnd = this.borrowedEnd;
    return this.borrowedEnd > this.borrowedStart;
  }

  /** The first `count` octets that wait were read (0 to `readable`): the window may open. */
  consume(count: number): void {
    if (count <= 0) return;
    if (count > this.waiting) throw new RangeError(`cannot consume ${count} of ${this.waiting} octets`);
    let left = count;
    const received = this.received;
    if (received !== undefined) {
      const before = received.charged;
      while (left > 0 && received.readable > 0) {
        const run = Math.min(left, received.headEnd - received.headStart);
        received.consume(run);
        left -= run;
      }
      // Nothing is charged any more once the connection is gone.
      if (this.has(Trait.Registered)) this.context.memoryUsed -= before - received.charged;
      if (received.empty) this.received = undefined;
    }
    this.borrowedStart += left;
    windowOpened(this, count);
  }

  /** Copies what waits to `target[start, end)` and consumes it. Returns how many octets. */
  read(target: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.peek()) {
      const count = Math.min(end - at, this.readEnd - this.readStart);
      copyOctets(this.readOctets, this.readStart, this.readStart + count, target, at);
      this.consume(count);
      at += count;
    }
    return at - start;
  }

  /** Octets that may be queued at most: twice what the network takes, between the parameters' limits. */
  get sendBudget(): number {
    const wanted = Math.max(this.context.parameters.sendInitial, Math.floor(2 * this.cwnd));
    return Math.min(wanted, this.settings.sendLimit);
  }

  /** Octets that may be appended to `sendQueue` now; 0 when closed for sending. */
  get room(): number {
    if (!this.#maySend()) return 0;
    const queued = this.queue === undefined ? 0 : this.queue.length;
    const room = this.sendBudget - queued;
    return Math.max(room, 0);
  }

  /** Tells that `sendQueue` grew (by at most `room`). Octets appended after the end was sent for are dropped. */
  push(): void {
    const queue = this.queue;
    if (queue === undefined) return;
    if (!this.#maySend()) {
      if (this.state === TcpState.CLOSED || this.state === TcpState.TIME_WAIT) queue.clear();
      return;
    }
    this.traits |= Trait.Undrained;
    const budget = this.sendBudget;
    if (budget - queue.length < budget / 2) this.traits |= Trait.WantsRoom;
    this.context.markDirty(this);
  }

  /** Appends what there is room for, by reference, and pushes. Returns how many octets; the owner goes with the last of them. */
  write(octets: Uint8Array, start: number, end: number, owner?: SliceOwner): number {
    const count = Math.min(end - start, this.room);
    if (count <= 0) return 0;
    this.sendQueue.append(octets, start, start + count, start + count === end ? owner : undefined);
    this.push();
    return count;
  }

  /** Ends our direction: a FIN behind what is queued. Idempotent. */
  shutdown(): void {
    if (this.has(Trait.FinQueued) || this.state === TcpState.CLOSED || this.state === TcpState.TIME_WAIT) return;
    if (this.state === TcpState.SYN_SENT) {
      // RFC 9293 §3.10.4: nothing was ever said.
      closeConnection(this, undefined);
      return;
    }
    this.traits |= Trait.FinQueued;
    this.context.markDirty(this);
  }

  /**
   * Closes both directions: a FIN behind what is queued; what still comes is acknowledged and dropped, for a bounded
   * time. Octets that came and were not read make it a RST instead (RFC 9293 §3.6.1), as does a linger of 0.
   */
  close(): void {
    if (this.state === TcpState.CLOSED || this.state === TcpState.TIME_WAIT) return;
    if (this.waiting > 0 || this.settings.linger === 0) {
      this.abort();
      return;
    }
    this.shutdown();
    if ((this.state as TcpState) === TcpState.CLOSED) return;
    this.traits |= Trait.Discarding;
    this.lifeAt = Number.POSITIVE_INFINITY;
    this.context.markDirty(this);
  }

  /** Tells the peer by a RST, gives everything back. `failure` becomes ECONNABORTED. */
  abort(): void {
    resetConnection(this, Failure.aborted);
  }

  /** Lends one timer: {@link TcpEvent.Timeout} once `at` has passed; `Infinity` turns it off. */
  setApplicationDeadline(at: number): void {
    this.applicationDeadline = at;
    if (this.state !== TcpState.CLOSED && this.state !== TcpState.TIME_WAIT) this.wakeAt(at);
  }

  get noDelay(): boolean {
    return this.has(Trait.NoDelay);
  }

  set noDelay(on: boolean) {
    this.#set(Trait.NoDelay, on);
  }

  /** While on, what does not fill a segment is held back, at most 200 ms; turning it off sends it. */
  get cork(): boolean {
    return this.has(Trait.Cork);
  }

  set cork(on: boolean) {
    this.#set(Trait.Cork, on);
  }

  get keepAlive(): boolean {
    return this.has(Trait.KeepAlive);
  }

  /** Takes effect from the next `emit` on. */
  set keepAlive(on: boolean) {
    this.#set(Trait.KeepAlive, on);
  }

  /** What is known about the connection now; made anew at each call. */
  get info(): TcpInfo {
    return makeInfo(this);
  }

  #set(trait: number, on: boolean): void {
    if (on) this.traits |= trait;
    else this.traits &= ~trait;
    this.context.markDirty(this);
  }

  #maySend(): boolean {
    if (this.has(Trait.FinQueued)) return false;
    const state = this.state;
    return (
      state === TcpState.ESTABLISHED ||
      state === TcpState.CLOSE_WAIT ||
      state === TcpState.SYN_SENT ||
      state === TcpState.SYN_RECEIVED
    );
  }
}

const NOTHING = new Uint8Array(0);
