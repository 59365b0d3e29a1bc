import type { RandomSource } from '@immuable-net/octets';
import type { ControlBlock } from './control-block.ts';
import { TcpCounters } from './counters.ts';
import { FlowTable } from './flow-table.ts';
import { LossRecovery } from './loss-recovery-state.ts';
import type { TcpParameters } from './parameters.ts';
import { RateLimit } from './rate-limit.ts';
import { AckSample } from './scoreboard.ts';
import { SipHash } from './sip-hash.ts';
import { TimerWheel } from './timer-wheel.ts';

const POOLED = 256;

/** What the connections of one layer share. */
export class TcpContext {
  readonly parameters: TcpParameters;
  readonly counters: TcpCounters;
  readonly wheel: TimerWheel;
  readonly connections: FlowTable<ControlBlock>;
  readonly flowKey: SipHash;
  readonly secretKey: SipHash;
  readonly sample: AckSample;
  /** SACK blocks on their way out: at most four. */
  readonly sacks: Int32Array;
  readonly challengeAcks: RateLimit;
  /** What all receive buffers occupy, octets. */
  memoryUsed: number;
  /** The connection whose octets are borrowed from the frame in hand. */
  borrower: ControlBlock | undefined;
  /** A connection left ESTABLISHED and its kin for TIME-WAIT: the layer keeps its record. */
  enterTimeWait: ((connection: ControlBlock, now: number) => void) | undefined;
  /** A connection is gone: the layer forgets what it counted for it. */
  forget: ((connection: ControlBlock) => void) | undefined;
  #readyHead: ControlBlock | undefined;
  #readyTail: ControlBlock | undefined;
  #dirtyHead: ControlBlock | undefined;
  #dirtyTail: ControlBlock | undefined;
  readonly #recoveries: LossRecovery[];

  constructor(parameters: TcpParameters, random: RandomSource) {
    this.parameters = parameters;
    this.counters = new TcpCounters();
    this.wheel = new TimerWheel();
    this.connections = new FlowTable<ControlBlock>();
    this.flowKey = SipHash.keyed(random);
    this.secretKey = SipHash.keyed(random);
    this.sample = new AckSample();
    this.sacks = new Int32Array(8);
    this.challengeAcks = new RateLimit(parameters.challengeAcksPerSecond);
    this.memoryUsed = 0;
    this.borrower = undefined;
    this.enterTimeWait = undefined;
    this.forget = undefined;
    this.#readyHead = undefined;
    this.#readyTail = undefined;
    this.#dirtyHead = undefined;
    this.#dirtyTail = undefined;
    this.#recoveries = [];
  }

  /** Receive buffers fill three quarters of the budget: windows do not grow any more. */
  get pressed(): boolean {
    return this.memoryUsed > this.parameters.memoryBudget * 0.75;
  }

  get hasDirty(): boolean {
    return this.#dirtyHead !== undefined;
  }

  /** The connection has something to send: it comes up in the next emit. */
  markDirty(connection: ControlBlock): void {
    if (connection.isDirty) return;
    connection.isDirty = true;
    connection.nextDirty = undefined;
    if (this.#dirtyTail === undefined) this.#dirtyHead = connection;
    else this.#dirtyTail.nextDirty = connection;
    this.#dirtyTail = connection;
  }

  /** The connection that emits next; it stays in the list until {@link dropDirty}. */
  get firstDirty(): ControlBlock | undefined {
    return this.#dirtyHead;
  }

  /** Takes the first dirty connection out of the list. */
  dropDirty(): void {
    const connection = this.#dirtyHead;
    if (connection === undefined) return;
    this.#dirtyHead = connection.nextDirty;
    if (this.#dirtyHead === undefined) this.#dirtyTail = undefined;
    connection.nextDirty = undefined;
    connection.isDirty = false;
  }

  /** Adds events to a connection; what its application is interested in brings it up in takeReady(). */
  signal(connection: ControlBlock, events: number): void {
    connection.events |= events;
    if ((events & connection.interest) === 0 || connection.isReady || !connection.accepted) return;
    connection.isReady = true;
    connection.nextReady = undefined;
    if (this.#readyTail === undefined) this.#readyHead = connection;
    else this.#readyTail.nextReady = connection;
    this.#readyTail = connection;
  }

  takeReady(): ControlBlock | undefined {
    const connection = this.#readyHead;
    if (connection === undefined) return undefined;
    this.#readyHead = connection.nextReady;
    if (this.#readyHead === undefined) this.#readyTail = undefined;
    connection.nextReady = undefined;
    connection.isReady = false;
    return connection;
  }

  takeRecovery(una: number): LossRecovery {
    const recovery = this.#recoveries.pop() ?? new LossRecovery();
    recovery.begin(una);
    return recovery;
  }

  giveRecovery(recovery: LossRecovery): void {
    if (this.#recoveries.length < POOLED && recovery.board.capacity <= 1024) this.#recoveries.push(recovery);
  }
}
