import { Scoreboard } from './scoreboard.ts';

/** Where loss recovery stands. */
export const RecoveryPhase = {
  Open: 0,
  /** Fast recovery (RFC 6675, 8985, 9937). */
  Recovery: 1,
  /** After a retransmission timeout. */
  Loss: 2,
  /** The window goes down because of an ECN mark, nothing was lost (RFC 3168 §6.1.2). */
  Reduced: 3,
} as const;

/** What the deadline `probeAt` stands for (RFC 8985 §8). */
export const ProbeKind = { None: 0, TailLoss: 1, Reordering: 2 } as const;

/**
 * All that is needed while octets are in flight: made at the first octet sent, given back when all is
 * acknowledged, so that an idle connection holds none.
 */
export class LossRecovery {
  readonly board: Scoreboard;
  phase: number;
  /** SND.NXT when recovery began: it ends there. */
  recoveryPoint: number;
  /** RFC 8985 §5.2. */
  rackSentAt: number;
  rackEnd: number;
  rackRtt: number;
  /** The highest sequence number delivered. */
  rackFack: number;
  reorderingSeen: boolean;
  reoWndMultiplier: number;
  reoWndPersist: number;
  /** SND.NXT when the window was last widened for a DSACK: once a round trip. */
  dsackRound: number;
  dsackRoundSet: boolean;
  /** RFC 9937 §6. */
  prrDelivered: number;
  prrOut: number;
  recoverFs: number;
  /** For undoing. */
  priorCwnd: number;
  priorSsthresh: number;
  canUndo: boolean;
  /** Octets sent again since recovery began that no DSACK has called needless. */
  undoRetransmitted: number;
  /** Our timestamp at the first retransmission of this recovery (RFC 3522). */
  retransmitStamp: number;
  retransmitStamped: boolean;
  /** RFC 8985 §7.1: the end of the probe in flight. */
  tlpOut: boolean;
  tlpEnd: number;
  tlpIsRetransmission: boolean;
  /** RFC 5682: 0 off, 1 the timeout's first acknowledgment is awaited, 2 new octets were sent. */
  frto: number;
  /** Without SACK: duplicate acknowledgments, each of which stands for a segment that left (RFC 6582). */
  duplicateAcks: number;

  constructor() {
    this.board = new Scoreboard();
    this.phase = RecoveryPhase.Open;
    this.recoveryPoint = 0;
    this.rackSentAt = -1;
    this.rackEnd = 0;
    this.rackRtt = 0;
    this.rackFack = 0;
    this.reorderingSeen = false;
    this.reoWndMultiplier = 1;
    this.reoWndPersist = 0;
    this.dsackRound = 0;
    this.dsackRoundSet = false;
    this.prrDelivered = 0;
    this.prrOut = 0;
    this.recoverFs = 0;
    this.priorCwnd = 0;
    this.priorSsthresh = 0;
    this.canUndo = false;
    this.undoRetransmitted = 0;
    this.retransmitStamp = 0;
    this.retransmitStamped = false;
    this.tlpOut = false;
    this.tlpEnd = 0;
    this.tlpIsRetransmission = false;
    this.frto = 0;
    this.duplicateAcks = 0;
  }

  /** Begins anew at `una`, for a connection that has nothing in flight. What was learnt about reordering goes too. */
  begin(una: number): void {
    this.board.clear();
    this.phase = RecoveryPhase.Open;
    this.rackSentAt = -1;
    this.rackEnd = una;
    this.rackRtt = 0;
    this.rackFack = una;
    this.reorderingSeen = false;
    this.reoWndMultiplier = 1;
    this.reoWndPersist = 0;
    this.dsackRoundSet = false;
    this.canUndo = false;
    this.retransmitStamped = false;
    this.tlpOut = false;
    this.frto = 0;
    this.duplicateAcks = 0;
  }
}
