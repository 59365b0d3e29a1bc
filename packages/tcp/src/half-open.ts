import type { IpAddress, Path } from '@immuable-net/ip';
import type { FlowEntry } from './flow-table.ts';
import type { TcpListener } from './listener.ts';
import type { TimerEntry } from './timer-wheel.ts';

/** What a SYN leaves behind until its handshake completes: small, and bounded in number. */
export class HalfOpen implements FlowEntry, TimerEntry {
  readonly listener: TcpListener;
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
  /** Where SYN-ACKs are sent again; undefined for one that came out of a cookie. */
  path: Path | undefined;
  iss: number;
  irs: number;
  /** What the peer's options said: 0 and -1 where there was none. */
  peerMss: number;
  peerShift: number;
  sack: boolean;
  timestamps: boolean;
  tsRecent: number;
  tsOffset: number;
  ecn: boolean;
  /** What our SYN-ACK advertised. */
  window: number;
  retries: number;
  sentAt: number;

  constructor(listener: TcpListener, local: IpAddress, localPort: number, remote: IpAddress, remotePort: number) {
    this.listener = listener;
    this.local = local;
    this.remote = remote;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.flowHash = 0;
    this.flowNext = undefined;
    this.wheelTick = Number.POSITIVE_INFINITY;
    this.wheelNext = undefined;
    this.wheelPrevious = undefined;
    this.wheelSlot = 0;
    this.path = undefined;
    this.iss = 0;
    this.irs = 0;
    this.peerMss = 0;
    this.peerShift = -1;
    this.sack = false;
    this.timestamps = false;
    this.tsRecent = 0;
    this.tsOffset = 0;
    this.ecn = false;
    this.window = 0;
    this.retries = 0;
    this.sentAt = 0;
  }
}
