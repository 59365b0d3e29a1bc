import { type ControlBlock, Due, Trait } from './control-block.ts';
import type { TcpFailure } from './failure.ts';
import { dropReceived } from './receiving.ts';
import { TcpEvent, TcpState } from './state.ts';

/** Nothing more is sent: the references are given back, the timers are off. */
function releaseSending(cb: ControlBlock): void {
  cb.queue?.clear();
  if (cb.recovery !== undefined) {
    cb.context.giveRecovery(cb.recovery);
    cb.recovery = undefined;
  }
  cb.rtoAt = Number.POSITIVE_INFINITY;
  cb.probeAt = Number.POSITIVE_INFINITY;
  cb.ackAt = Number.POSITIVE_INFINITY;
  cb.lifeAt = Number.POSITIVE_INFINITY;
  cb.paceAt = Number.POSITIVE_INFINITY;
}

/** Takes the connection out of the flow table: segments no longer find it. */
function unregister(cb: ControlBlock): void {
  if (!cb.has(Trait.Registered)) return;
  cb.traits &= ~Trait.Registered;
  cb.context.connections.remove(cb);
  cb.context.forget?.(cb);
}

/**
 * The connection is gone: in order when there is no failure. What was received in order stays readable, except
 * after a failure (RFC 9293 §3.10.7.4: all segment queues are flushed).
 */
export function closeConnection(cb: ControlBlock, failure: TcpFailure | undefined): void {
  if (cb.state === TcpState.CLOSED && !cb.has(Trait.Registered)) return;
  cb.state = TcpState.CLOSED;
  cb.failure ??= failure;
  releaseSending(cb);
  if (failure !== undefined || cb.has(Trait.Discarding)) dropReceived(cb);
  else uncharge(cb);
  cb.applicationDeadline = Number.POSITIVE_INFINITY;
  cb.context.wheel.disarm(cb);
  unregister(cb);
  cb.context.signal(cb, TcpEvent.Closed);
}

/** Both directions are done and we closed first, or at the same time: a record stays behind (RFC 9293 §3.6.1). */
export function enterTimeWait(cb: ControlBlock, now: number): void {
  cb.state = TcpState.TIME_WAIT;
  releaseSending(cb);
  if (cb.has(Trait.Discarding)) dropReceived(cb);
  else uncharge(cb);
  cb.applicationDeadline = Number.POSITIVE_INFINITY;
  cb.context.wheel.disarm(cb);
  unregister(cb);
  cb.context.enterTimeWait?.(cb, now);
  cb.context.signal(cb, TcpEvent.Closed);
}

/** The connection fails and the peer is told by a RST, at the next emit. */
export function resetConnection(cb: ControlBlock, failure: TcpFailure): void {
  const tell = cb.state >= TcpState.SYN_RECEIVED && cb.state !== TcpState.TIME_WAIT;
  closeConnection(cb, failure);
  if (tell) {
    cb.due = Due.Reset;
    cb.context.markDirty(cb);
  }
}

/** What stays readable after the end is no longer in anybody's budget: it goes when the application lets go. */
function uncharge(cb: ControlBlock): void {
  const received = cb.received;
  if (received === undefined) return;
  received.dropRuns();
  cb.context.memoryUsed -= received.charged;
  received.charged = 0;
}
