import { type InboundPacket, type IpAddress, type Path, Protocol, type TransportError } from '@immuable-net/ip';
import { FrameChecksum, type OutboundFrame, type RandomSource } from '@immuable-net/octets';
import { AddressLimits } from './address-limits.ts';
import { TcpConnection } from './connection.ts';
import { TcpContext } from './context.ts';
import { type ControlBlock, Due, Trait } from './control-block.ts';
import type { TcpCounters } from './counters.ts';
import { EphemeralPorts } from './ephemeral-ports.ts';
import { TcpUsageError } from './failure.ts';
import { hashFlow, hashPacket, matches } from './flow-table.ts';
import { errorArrives } from './icmp-error.ts';
import { TcpListener } from './listener.ts';
import { Emission, emitConnection } from './output.ts';
import { DEFAULT_PARAMETERS, type TcpConnectionOptions, type TcpParameters } from './parameters.ts';
import { PassiveOpens } from './passive-open.ts';
import { settleBorrowed } from './receiving.ts';
import { Replies } from './reply.ts';
import { SegmentFault, SegmentView } from './segment.ts';
import { Arrival, segmentArrives } from './segment-arrives.ts';
import { resolveSettings } from './settings.ts';
import { TcpState } from './state.ts';
import { TimeWaitArrival, TimeWaits } from './time-wait.ts';
import { connectionTimeouts } from './timeouts.ts';

/** Connections that were looked up last, by a cheap mix of their 4-tuple: one who knows it costs us a SipHash, no more. */
const RECENT = 1024;

export interface TcpListenOptions {
  /** Undefined: every address. */
  address?: IpAddress;
  port: number;
  /** Established connections that wait for accept(), at most. */
  backlog?: number;
  connectionOptions?: TcpConnectionOptions;
}

export interface TcpConnectOptions extends TcpConnectionOptions {
  /** The way to the peer; the connection keeps it. */
  path: Path;
  /** Picked when left out (RFC 6056). */
  localPort?: number;
  remotePort: number;
}

/**
 * TCP for one stack: demultiplexing, listeners, timers, and whose turn it is to send.
 *
 * Before every `Link.receive` call {@link settle}; after every {@link arrive}, {@link timeoutsExpire} and
 * {@link emit} take what is ready with {@link takeListener} and {@link takeReady}; then {@link emit}.
 */
export class TcpLayer {
  readonly counters: TcpCounters;
  readonly parameters: TcpParameters;
  readonly #context: TcpContext;
  readonly #segment: SegmentView;
  readonly #recent: (ControlBlock | undefined)[];
  readonly #listeners: Map<number, TcpListener[]>;
  readonly #replies: Replies;
  readonly #limits: AddressLimits;
  readonly #passive: PassiveOpens;
  readonly #timeWaits: TimeWaits;
  readonly #ports: EphemeralPorts;
  #readyHead: TcpListener | undefined;
  #readyTail: TcpListener | undefined;

  constructor(options: { random: RandomSource; parameters?: Partial<TcpParameters> }) {
    this.parameters = { ...DEFAULT_PARAMETERS, ...options.parameters };
    const context = new TcpContext(this.parameters, options.random);
    this.#context = context;
    this.counters = context.counters;
    this.#segment = new SegmentView();
    this.#recent = new Array<ControlBlock | undefined>(RECENT).fill(undefined);
    this.#listeners = new Map();
    this.#replies = new Replies(this.parameters, context.counters);
    this.#limits = new AddressLimits(this.parameters);
    this.#passive = new PassiveOpens(context, this.#replies, this.#limits);
    this.#timeWaits = new TimeWaits(context, this.#replies);
    this.#ports = new EphemeralPorts(context.secretKey);
    this.#readyHead = undefined;
    this.#readyTail = undefined;
    context.enterTimeWait = (cb, now) => this.#timeWaits.add(cb, now);
    context.forget = (cb) => this.#forget(cb);
  }

  /** Connections that are open, opening or closing; not half-open ones, nor TIME-WAIT. */
  get connectionCount(): number {
    return this.#context.connections.size;
  }

  /** Handshakes that wait for their last segment. */
  get halfOpenCount(): number {
    return this.#passive.size;
  }

  get timeWaitCount(): number {
    return this.#timeWaits.size;
  }

  /** What all receive buffers occupy, octets. */
  get memoryUsed(): number {
    return this.#context.memoryUsed;
  }

  /**
   * Demultiplexes one segment. The in-order octets of at most one connection stay borrowed from the packet's
   * slab until {@link settle}.
   */
  arrive(packet: InboundPacket, now: number): void {
    const counters = this.counters;
    const segment = this.#segment;
    counters.segmentsReceived++;
    const fault = segment.read(packet.slab, packet.start, packet.end);
    if (fault !== SegmentFault.None) {
      if (fault === SegmentFault.Short) counters.droppedShort++;
      else counters.droppedOffset++;
      return;
    }
    // RFC 9293 §3.1: a segment whose checksum nobody vouches for is summed, the pseudo-header with it.
    if (packet.checksum === FrameChecksum.Unknown) {
      const pseudo = packet.pseudoSum + Protocol.Tcp + (packet.end - packet.start);
      if (packet.slab.sum(packet.start, packet.end, pseudo) !== 0xffff) {
        counters.droppedChecksum++;
        return;
      }
    }
    const localPort = segment.destinationPort;
    const remotePort = segment.sourcePort;
    const slot = (Math.imul(packet.source3, 0x9e3779b1) ^ Math.imul((localPort << 16) | remotePort, 0x85ebca6b)) >>> 22;
    let cb = this.#recent[slot];
    let hash = 0;
    if (cb === undefined || !matches(cb, packet, localPort, remotePort)) {
      hash = hashPacket(this.#context.flowKey, packet, localPort, remotePort);
      cb = this.#context.connections.find(hash, packet, localPort, remotePort);
      if (cb === undefined) {
        this.#arriveElsewhere(hash, packet, segment, now);
        return;
      }
      this.#recent[slot] = cb;
    }
    if (packet.broadcast) {
      counters.droppedBroadcast++;
      return;
    }
    if (segmentArrives(cb, segment, packet, now) === Arrival.Reset) this.#replies.reset(packet, segment, now);
  }

  /** An ICMP error about a segment of ours; validated here (RFC 5927). */
  arriveError(error: TransportError, now: number): void {
    if (error.end - error.start < 8) {
      this.counters.droppedErrorInvalid++;
      return;
    }
    const localPort = error.view.getUint16(error.start);
    const remotePort = error.view.getUint16(error.start + 2);
    // The quote's addresses are words of IPv4: IPv6 gives whole ones once it is there.
    const hash = this.#context.flowKey.hash3(error.remote3, error.local3, (localPort << 16) | remotePort);
    const cb = error.family === 4 ? this.#lookup(hash, error, localPort, remotePort) : undefined;
    if (cb === undefined) this.counters.droppedErrorInvalid++;
    else errorArrives(cb, error, now);
  }

  /** Copies what readers left of borrowed octets. Call before every `Link.receive`. */
  settle(): void {
    const borrower = this.#context.borrower;
    if (borrower === undefined) return;
    this.#context.borrower = undefined;
    settleBorrowed(borrower);
  }

  /** Listens on a port. Throws {@link TcpUsageError} `EADDRINUSE` when it is taken. */
  listen(options: TcpListenOptions): TcpListener {
    const { address, port } = options;
    checkPort(port);
    const others = this.#listeners.get(port) ?? [];
    for (const other of others) {
      if (address === undefined || other.address === undefined || other.address.equals(address)) {
        throw new TcpUsageError('EADDRINUSE', `port ${port} is already listened on`);
      }
    }
    const settings = resolveSettings(this.parameters, options.connectionOptions);
    const listener = new TcpListener(this, address, port, options.backlog ?? this.parameters.backlog, settings);
    others.push(listener);
    this.#listeners.set(port, others);
    return listener;
  }

  /**
   * Opens a connection: its SYN goes out at the next {@link emit}. Write as soon as you like; Established or
   * Closed comes up in {@link takeReady}. Throws `EADDRINUSE`, or `EADDRNOTAVAIL` when no port is free.
   */
  connect(options: TcpConnectOptions, now: number): TcpConnection {
    const { path, remotePort } = options;
    checkPort(remotePort);
    const settings = resolveSettings(this.parameters, options);
    let localPort = options.localPort ?? 0;
    if (localPort !== 0) {
      checkPort(localPort);
      if (!this.#isFree(path, localPort, remotePort)) {
        throw new TcpUsageError('EADDRINUSE', `port ${localPort} already has a connection to that peer`);
      }
    } else {
      localPort = this.#ports.pick(path, remotePort, (port) => this.#isFree(path, port, remotePort));
      if (localPort === 0) throw new TcpUsageError('EADDRNOTAVAIL', 'every port has a connection to that peer');
    }
    const context = this.#context;
    const cb = new TcpConnection(context, settings, path, localPort, remotePort);
    if (!context.connections.add(cb, hashFlow(context.flowKey, path.local, localPort, path.remote, remotePort))) {
      throw new TcpUsageError('EADDRNOTAVAIL', 'too many connections to that peer');
    }
    cb.traits |= Trait.Registered;
    // RFC 6528 §3: ISN = M + F(4-tuple, secret).
    const offset = hashFlow(context.secretKey, path.local, localPort, path.remote, remotePort);
    cb.tsOffset = context.secretKey.high;
    cb.iss = (Math.floor(now * 250) + offset) | 0;
    cb.sndUna = cb.iss;
    cb.sndNxt = (cb.iss + 1) | 0;
    cb.state = TcpState.SYN_SENT;
    cb.due |= Due.Syn;
    cb.stalledSince = Number.POSITIVE_INFINITY;
    this.#limits.opened(cb.remote, now);
    this.counters.activeOpens++;
    context.markDirty(cb);
    return cb;
  }

  /** The next connection with events to look at: take them with `takeEvents()`. Call until undefined. */
  takeReady(): TcpConnection | undefined {
    return this.#context.takeReady() as TcpConnection | undefined;
  }

  /** The next listener with connections to accept. Call until undefined. */
  takeListener(): TcpListener | undefined {
    const listener = this.#readyHead;
    if (listener === undefined) return undefined;
    this.#readyHead = listener.nextReady;
    if (this.#readyHead === undefined) this.#readyTail = undefined;
    listener.nextReady = undefined;
    listener.isReady = false;
    return listener;
  }

  /**
   * Sends what connections may send, each a bounded number of frames in its turn. False when a link had no room:
   * call again once it is Writable; who was not served keeps its place.
   */
  emit(frame: OutboundFrame, now: number): boolean {
    const context = this.#context;
    for (;;) {
      const cb = context.firstDirty;
      if (cb === undefined) return true;
      const result = emitConnection(cb, frame, now);
      if (result === Emission.Full) return false;
      context.dropDirty();
      if (result === Emission.More) context.markDirty(cb);
    }
  }

  /** Runs every timer that is due at or before `now`; what they want to send goes out at the next {@link emit}. */
  timeoutsExpire(now: number): void {
    const wheel = this.#context.wheel;
    if (wheel.earliest <= now) {
      wheel.advance(now);
      for (;;) {
        const entry = wheel.take();
        if (entry === undefined) break;
        connectionTimeouts(entry as ControlBlock, now);
      }
    }
    if (this.#passive.nextTimeout() <= now) this.#passive.timeoutsExpire(now);
    if (this.#timeWaits.nextTimeout() <= now) this.#timeWaits.timeoutsExpire(now);
  }

  /** When {@link timeoutsExpire} has something to do, milliseconds of `now`; never too late, perhaps too early. `Infinity`: never. */
  nextTimeout(): number {
    let next = this.#context.wheel.earliest;
    const half = this.#passive.nextTimeout();
    if (half < next) next = half;
    const wait = this.#timeWaits.nextTimeout();
    return Math.min(wait, next);
  }

  /** Called by a listener. */
  listenerReady(listener: TcpListener): void {
    if (listener.isReady) return;
    listener.isReady = true;
    listener.nextReady = undefined;
    if (this.#readyTail === undefined) this.#readyHead = listener;
    else this.#readyTail.nextReady = listener;
    this.#readyTail = listener;
  }

  /** Called by a listener. */
  listenerClosed(listener: TcpListener): void {
    const left = (this.#listeners.get(listener.port) ?? []).filter((other) => other !== listener);
    if (left.length > 0) this.#listeners.set(listener.port, left);
    else this.#listeners.delete(listener.port);
  }

  /** A segment that no connection knows: TIME-WAIT, a handshake, a listener, or nobody. */
  #arriveElsewhere(hash: number, packet: InboundPacket, segment: SegmentView, now: number): void {
    if (packet.broadcast) {
      this.counters.droppedBroadcast++;
      return;
    }
    // RFC 9293 §3.9.2.3: port 0 is nobody's, and no SYN comes from it.
    if (segment.sourcePort === 0 || segment.destinationPort === 0) {
      this.counters.droppedPort++;
      return;
    }
    const waited = this.#timeWaits.arrive(hash, packet, segment, now);
    if (waited === TimeWaitArrival.Taken) return;
    if (this.#passive.arrive(hash, packet, segment, now)) return;
    const listener = this.#listener(segment.destinationPort, packet);
    if (listener !== undefined) {
      const reuse = waited === TimeWaitArrival.NewConnection;
      this.#passive.listen(listener, hash, packet, segment, reuse, this.#timeWaits.reusedSndNxt, now);
      return;
    }
    this.counters.droppedNoConnection++;
    this.#replies.reset(packet, segment, now);
  }

  #listener(port: number, packet: InboundPacket): TcpListener | undefined {
    const listeners = this.#listeners.get(port);
    if (listeners === undefined) return undefined;
    for (const listener of listeners) {
      const address = listener.address;
      if (address === undefined) return listener;
      if (address.family === packet.family && address.equals(packet.origin.destination(packet))) return listener;
    }
    return undefined;
  }

  #lookup(hash: number, error: TransportError, localPort: number, remotePort: number): ControlBlock | undefined {
    return this.#context.connections.findWords(hash, error.local3, localPort, error.remote3, remotePort);
  }

  #isFree(path: Path, localPort: number, remotePort: number): boolean {
    const context = this.#context;
    const hash = hashFlow(context.flowKey, path.local, localPort, path.remote, remotePort);
    if (context.connections.lookup(hash, path.local, localPort, path.remote, remotePort) !== undefined) return false;
    return !this.#timeWaits.holds(hash, path.local, localPort, path.remote, remotePort);
  }

  #forget(cb: ControlBlock): void {
    this.#limits.closed(cb.remote);
    const slot =
      (Math.imul(cb.remote.word3, 0x9e3779b1) ^ Math.imul((cb.localPort << 16) | cb.remotePort, 0x85ebca6b)) >>> 22;
    if (this.#recent[slot] === cb) this.#recent[slot] = undefined;
  }
}

function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TcpUsageError('EINVAL', `${port} is no port: 1 to 65535`);
  }
}
