import { type ControlBlock, Trait } from './control-block.ts';
import type { TcpState } from './state.ts';

/** What is known about a connection: times in milliseconds, sizes in octets. */
export interface TcpInfo {
  readonly state: TcpState;
  readonly rtt: number;
  readonly rttVariance: number;
  readonly minimumRtt: number;
  readonly rto: number;
  readonly cwnd: number;
  readonly ssthresh: number;
  readonly inFlight: number;
  readonly outstanding: number;
  readonly sacked: number;
  readonly lost: number;
  /** Segments' worth of retransmissions, all told. */
  readonly retransmits: number;
  readonly segmentSize: number;
  readonly sendWindow: number;
  readonly receiveWindow: number;
  readonly receiveBuffer: number;
  readonly queued: number;
  readonly delivered: number;
  /** Octets a second, over the last round trip that was measured. */
  readonly deliveryRate: number;
  /** What holds sending back: nothing to send, the peer's window, the congestion window, or recovery. */
  readonly limit: 'application' | 'receiver' | 'congestion' | 'recovery';
  readonly congestionControl: 'cubic' | 'newreno';
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly ecn: boolean;
  readonly sendWindowShift: number;
  readonly receiveWindowShift: number;
}

/** Made on demand: nothing of it is kept up to date otherwise. */
export function makeInfo(cb: ControlBlock): TcpInfo {
  const board = cb.recovery?.board;
  return {
    state: cb.state,
    rtt: cb.srtt,
    rttVariance: cb.rttvar,
    minimumRtt: cb.minRtt,
    rto: cb.rto,
    cwnd: cb.cwnd,
    ssthresh: cb.ssthresh,
    inFlight: cb.inFlight,
    outstanding: cb.outstanding,
    sacked: board?.sackedOctets ?? 0,
    lost: board?.lostOctets ?? 0,
    retransmits: cb.retransmits,
    segmentSize: cb.sndMss,
    sendWindow: cb.sndWnd,
    receiveWindow: (cb.rcvEdge - cb.rcvNxt) | 0,
    receiveBuffer: cb.rcvBuffer,
    queued: cb.queue?.length ?? 0,
    delivered: cb.delivered,
    deliveryRate: cb.deliveryRate * 1000,
    limit: limitOf(cb),
    congestionControl: cb.settings.congestionControl,
    timestamps: cb.has(Trait.Timestamps),
    sack: cb.has(Trait.Sack),
    ecn: cb.has(Trait.Ecn),
    sendWindowShift: cb.sndWndShift,
    receiveWindowShift: cb.rcvWndShift,
  };
}

function limitOf(cb: ControlBlock): TcpInfo['limit'] {
  const recovery = cb.recovery;
  if (recovery !== undefined && recovery.phase !== 0) return 'recovery';
  if (cb.has(Trait.WindowLimited)) return 'receiver';
  return cb.has(Trait.CwndLimited) ? 'congestion' : 'application';
}
