import { type TransportError, TransportErrorKind } from '@immuable-net/ip';
import { closeConnection } from './closing.ts';
import type { ControlBlock } from './control-block.ts';
import { Failure } from './failure.ts';
import { RecoveryPhase } from './loss-recovery-state.ts';
import { Field } from './segment.ts';
import { TcpState } from './state.ts';

/** RFC 1191 §7.1: what to try when a router does not say what it takes. */
const PLATEAUS: readonly number[] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 576];

/**
 * RFC 9293 §3.9.2.2 with RFC 5927: the quoted segment must be one that is in flight; an error ends a connection
 * only before it is open, later it is remembered and told if the connection fails for want of an answer.
 */
export function errorArrives(cb: ControlBlock, error: TransportError, now: number): void {
  const counters = cb.context.counters;
  const sequence = error.view.getInt32(error.start + Field.Sequence);
  const first = cb.state === TcpState.SYN_SENT || cb.state === TcpState.SYN_RECEIVED ? cb.iss : cb.sndUna;
  // RFC 5927 §4.1.
  if (((sequence - first) | 0) < 0 || ((sequence - cb.sndNxt) | 0) >= 0) {
    counters.droppedErrorInvalid++;
    return;
  }
  if (error.kind === TransportErrorKind.PacketTooBig) {
    packetTooBig(cb, error.mtu, now);
    return;
  }
  counters.softErrors++;
  const opening = cb.state === TcpState.SYN_SENT;
  switch (error.kind) {
    case TransportErrorKind.PortUnreachable:
    case TransportErrorKind.ProtocolUnreachable:
      if (opening) closeConnection(cb, Failure.refused);
      return;
    case TransportErrorKind.NetUnreachable:
      cb.softFailure = Failure.netUnreachable;
      break;
    case TransportErrorKind.HostUnreachable:
      cb.softFailure = Failure.hostUnreachable;
      break;
    default:
      // Time exceeded and parameter problems pass; source quench is ignored (RFC 6633).
      return;
  }
  // RFC 5461 §4.1: one who waits for a connection wants to hear it now, as with Linux.
  if (opening) closeConnection(cb, cb.softFailure);
}

/** RFC 1191: smaller segments from now on, and what was in flight again in that size. No sign of congestion. */
function packetTooBig(cb: ControlBlock, told: number, now: number): void {
  const before = cb.path.mtu;
  let mtu = told;
  if (mtu === 0) mtu = PLATEAUS.find((plateau) => plateau < before) ?? 576;
  if (mtu >= before || mtu < 68) {
    cb.context.counters.droppedErrorInvalid++;
    return;
  }
  cb.path.lowerMtu(mtu, now);
  const size = cb.sndMss;
  cb.measureSegment();
  cb.context.counters.pathMtuLowered++;
  const recovery = cb.recovery;
  if (recovery === undefined || cb.sndMss >= size || recovery.phase !== RecoveryPhase.Open) return;
  recovery.board.loseAll();
  // Not recovery by loss: the window stays, the undo information too (RFC 1191 §6.4).
  recovery.phase = RecoveryPhase.Reduced;
  recovery.recoveryPoint = cb.sndNxt;
  cb.context.markDirty(cb);
}
