import type { IpAddress, Path } from '@immuable-net/ip';
import { SliceQueue } from '@immuable-net/octets';
import type { CongestionControl, CongestionFlow } from './congestion-control.ts';
import type { TcpContext } from './context.ts';
import { Cubic } from './cubic.ts';
import type { TcpFailure } from './failure.ts';
import type { FlowEntry } from './flow-table.ts';
import type { LossRecovery } from './loss-recovery-state.ts';
import { NewReno } from './new-reno.ts';
import { DEFAULT_SEND_MSS } from './parameters.ts';
import type { ReceiveQueue } from './receive-queue.ts';
import { HEADER_OCTETS, TIMESTAMP_OCTETS } from './segment.ts';
import type { ConnectionSettings } from './settings.ts';
import { TcpState } from './state.ts';
import type { TimerEntry } from './timer-wheel.ts';

/** What a connection has to send beside its octets: a bit set. */
export const Due = {
  /** An acknowledgment, now. */
  Ack: 1,
  /** An acknowledgment, once `ackAt` has passed. */
  DelayedAck: 2,
  Syn: 4,
  Reset: 8,
  /** One segment that makes the peer answer: keep-alive, or a closed window. */
  Probe: 16,
  /** A tail loss probe (RFC 8985 §7.3). */
  TailLossProbe: 32,
  /** The persist timer, or cork's, overrides silly window avoidance (RFC 9293 §3.8.6.2.1). */
  Override: 64,
} as const;

/** What is so of a connection: a bit set. */
export const Trait = {
  Timestamps: 1,
  Sack: 2,
  NoDelay: 4,
  KeepAlive: 8,
  Cork: 16,
  /** RFC 3168 was agreed on. */
  Ecn: 32,
  /** Every acknowledgment carries ECE until CWR comes. */
  EcnEcho: 64,
  /** The next new segment carries CWR. */
  EcnReduced: 128,
  /** shutdown() was called: FIN behind what is queued. */
  FinQueued: 256,
  FinSent: 512,
  /** The peer's FIN came in, perhaps out of order: it stands at `peerFin`. */
  PeerFinKnown: 1024,
  /** RCV.NXT is behind the peer's FIN. */
  PeerFinished: 2048,
  /** close() was called: nobody reads any more. */
  Discarding: 4096,
  /** Room was below the low-water mark: Writable is owed. */
  WantsRoom: 8192,
  /** Sending stopped at the congestion window, not for want of octets. */
  CwndLimited: 16_384,
  /** A DSACK is owed: `[dsackStart, dsackEnd)` came twice (RFC 2883). */
  DsackOwed: 65_536,
  /** In the flow table. */
  Registered: 131_072,
  /** Octets were written since Drained was last told. */
  Undrained: 262_144,
  /** Sending stopped at the peer's window. */
  WindowLimited: 1_048_576,
} as const;

/**
 * The transmission control block (RFC 9293 §3.3.1): the variables of one connection, under the RFC's names.
 * Sequence numbers are int32; times are `now`'s milliseconds, `Infinity` where a timer is off.
 */
export class ControlBlock implements FlowEntry, TimerEntry, CongestionFlow {
  readonly context: TcpContext;
  settings: ConnectionSettings;
  path: Path;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly localPort: number;
  readonly remotePort: number;
  flowHash: number;
  flowNext: FlowEntry | undefined;
  wheelTick: number;
  wheelNext: TimerEntry | undefined;
  wheelPrevious: TimerEntry | undefined;
  wheelSlot: number;
  nextReady: ControlBlock | undefined;
  nextDirty: ControlBlock | undefined;
  isReady: boolean;
  isDirty: boolean;
  accepted: boolean;

  state: TcpState;
  traits: number;
  due: number;
  events: number;
  /** Bits of TcpEvent that bring the connection up in `takeReady()`: all, unless the layer above says otherwise. */
  interest: number;
  failure: TcpFailure | undefined;
  /** An ICMP error that does not end the connection, told if it ends otherwise (RFC 9293 §3.9.2.2). */
  softFailure: TcpFailure | undefined;

  iss: number;
  sndUna: number;
  sndNxt: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  /** Max(SND.WND): the largest window the peer offered. */
  sndWndMax: number;
  sndWndShift: number;
  /** What the peer's MSS option said. */
  peerMss: number;
  /** Payload octets of a full segment now: SndMSS less the options on every segment. */
  sndMss: number;
  /** Behind the last segment that was sent smaller than SndMSS (Minshall's reading of Nagle). */
  sndSmall: number;
  queue: SliceQueue | undefined;
  recovery: LossRecovery | undefined;
  congestion: CongestionControl | undefined;
  cwnd: number;
  ssthresh: number;
  lastSentAt: number;

  irs: number;
  rcvNxt: number;
  /** The right edge of what we advertised: never taken back. */
  rcvEdge: number;
  rcvWndShift: number;
  /** What may wait unread, now: grows with the reader's pace up to `settings.receiveLimit`. */
  rcvBuffer: number;
  /** What a full segment of the peer's carries, as far as seen. */
  rcvMss: number;
  lastAckSent: number;
  peerFin: number;
  received: ReceiveQueue | undefined;
  borrowed: Uint8Array;
  borrowedStart: number;
  borrowedEnd: number;
  dsackStart: number;
  dsackEnd: number;

  tsOffset: number;
  tsRecent: number;
  tsRecentAt: number;
  /** RFC 6298; srtt 0 = nothing measured. */
  srtt: number;
  rttvar: number;
  mdev: number;
  mdevMax: number;
  rttRound: number;
  rto: number;
  minRtt: number;
  /** Timeouts in a row without progress. */
  timeouts: number;
  /** When the octets in front were found unanswered for the first time; `Infinity` when all goes well. */
  stalledSince: number;
  lastReceivedAt: number;
  challengedAt: number;
  probes: number;

  rtoAt: number;
  probeAt: number;
  probeKind: number;
  ackAt: number;
  lifeAt: number;
  paceAt: number;
  applicationDeadline: number;
  paceCredit: number;
  paceCreditAt: number;

  /** Receive autotuning: what was read in this round trip, and when it began. */
  rcvRead: number;
  rcvRoundAt: number;
  /** A black hole was suspected: segments of at most this size are sent (RFC 4821); 0 = no. */
  mtuCeiling: number;
  retransmits: number;
  /** Octets delivered, all told; and what delivery rate was last measured, octets a millisecond. */
  delivered: number;
  rateMark: number;
  rateAt: number;
  deliveryRate: number;

  constructor(context: TcpContext, settings: ConnectionSettings, path: Path, localPort: number, remotePort: number) {
    this.context = context;
    this.settings = settings;
    this.path = path;
    this.local = path.local;
    this.remote = path.remote;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.flowHash = 0;
    this.flowNext = undefined;
    this.wheelTick = Number.POSITIVE_INFINITY;
    this.wheelNext = undefined;
    this.wheelPrevious = undefined;
    this.wheelSlot = 0;
    this.nextReady = undefined;
    this.nextDirty = undefined;
    this.isReady = false;
    this.isDirty = false;
    this.accepted = true;

    this.state = TcpState.CLOSED;
    this.traits =
      (settings.noDelay ? Trait.NoDelay : 0) |
      (settings.keepAlive ? Trait.KeepAlive : 0) |
      (settings.cork ? Trait.Cork : 0);
    this.due = 0;
    this.events = 0;
    this.interest = -1;
    this.failure = undefined;
    this.softFailure = undefined;

    this.iss = 0;
    this.sndUna = 0;
    this.sndNxt = 0;
    this.sndWnd = 0;
    this.sndWl1 = 0;
    this.sndWl2 = 0;
    this.sndWndMax = 0;
    this.sndWndShift = 0;
    this.peerMss = DEFAULT_SEND_MSS;
    this.sndMss = DEFAULT_SEND_MSS;
    this.sndSmall = 0;
    this.queue = undefined;
    this.recovery = undefined;
    this.congestion = undefined;
    this.cwnd = DEFAULT_SEND_MSS;
    this.ssthresh = Number.POSITIVE_INFINITY;
    this.lastSentAt = 0;

    this.irs = 0;
    this.rcvNxt = 0;
    this.rcvEdge = 0;
    this.rcvWndShift = settings.windowShift;
    this.rcvBuffer = Math.min(context.parameters.receiveInitial, settings.receiveLimit);
    this.rcvMss = DEFAULT_SEND_MSS;
    this.lastAckSent = 0;
    this.peerFin = 0;
    this.received = undefined;
    this.borrowed = NOTHING;
    this.borrowedStart = 0;
    this.borrowedEnd = 0;
    this.dsackStart = 0;
    this.dsackEnd = 0;

    this.tsOffset = 0;
    this.tsRecent = 0;
    this.tsRecentAt = 0;
    this.srtt = 0;
    this.rttvar = 0;
    this.mdev = 0;
    this.mdevMax = 0;
    this.rttRound = 0;
    this.rto = context.parameters.initialRtoMs;
    this.minRtt = Number.POSITIVE_INFINITY;
    this.timeouts = 0;
    this.stalledSince = Number.POSITIVE_INFINITY;
    this.lastReceivedAt = 0;
    this.challengedAt = Number.NEGATIVE_INFINITY;
    this.probes = 0;

    this.rtoAt = Number.POSITIVE_INFINITY;
    this.probeAt = Number.POSITIVE_INFINITY;
    this.probeKind = 0;
    this.ackAt = Number.POSITIVE_INFINITY;
    this.lifeAt = Number.POSITIVE_INFINITY;
    this.paceAt = Number.POSITIVE_INFINITY;
    this.applicationDeadline = Number.POSITIVE_INFINITY;
    this.paceCredit = 0;
    this.paceCreditAt = 0;

    this.rcvRead = 0;
    this.rcvRoundAt = 0;
    this.mtuCeiling = 0;
    this.retransmits = 0;
    this.delivered = 0;
    this.rateMark = 0;
    this.rateAt = 0;
    this.deliveryRate = 0;
  }

  has(trait: number): boolean {
    return (this.traits & trait) !== 0;
  }

  /** The queue of octets to send, made when it is first needed. */
  get sendQueue(): SliceQueue {
    return (this.queue ??= new SliceQueue());
  }

  /** Octets sent and not acknowledged, FIN included. */
  get outstanding(): number {
    return (this.sndNxt - this.sndUna) | 0;
  }

  /** What is thought to be in the network: the "pipe" of RFC 6675. */
  get inFlight(): number {
    const recovery = this.recovery;
    if (recovery === undefined) return (this.sndNxt - this.sndUna) | 0;
    const board = recovery.board;
    const left = recovery.duplicateAcks * this.sndMss;
    const pipe = ((this.sndNxt - this.sndUna) | 0) - board.sackedOctets - board.lostOctets - left;
    return Math.max(pipe, 0);
  }

  /** In-order octets that wait to be read. */
  get waiting(): number {
    const borrowed = this.borrowedEnd - this.borrowedStart;
    return this.received === undefined ? borrowed : borrowed + this.received.readable;
  }

  /** Arms the wheel for `at`, which one of the timers was set to; a later one than the wheel knows costs nothing. */
  wakeAt(at: number): void {
    if (at < this.wheelTick) this.context.wheel.arm(this, at);
  }

  /** Our timestamp clock: milliseconds, from where nobody can tell (RFC 7323 §5.4). */
  timestamp(now: number): number {
    return (Math.floor(now) + this.tsOffset) | 0;
  }

  /** Computes `sndMss` from what the path takes now (RFC 9293 §3.7.1: options come off). */
  measureSegment(): void {
    const path = this.path;
    let mss = path.mtu - path.headerLength - HEADER_OCTETS;
    if (mss > this.peerMss) mss = this.peerMss;
    if (this.mtuCeiling > 0 && mss > this.mtuCeiling) mss = this.mtuCeiling;
    if ((this.traits & Trait.Timestamps) !== 0) mss -= TIMESTAMP_OCTETS;
    this.sndMss = mss;
  }

  /** RFC 6928: min(10 SMSS, max(2 SMSS, 14600)). */
  setInitialWindow(): void {
    this.measureSegment();
    const mss = this.sndMss;
    const segments = this.context.parameters.initialWindowSegments;
    this.cwnd = Math.min(segments * mss, Math.max(2 * mss, segments * 1460));
  }

  /** What the algorithm remembers, made when it is first needed. */
  get control(): CongestionControl {
    return (this.congestion ??= this.settings.congestionControl === 'cubic' ? new Cubic() : new NewReno());
  }
}

const NOTHING = new Uint8Array(0);
