import {
  type AddressConflict,
  ClaimMode,
  EthernetArrival,
  EthernetLayer,
  type Link,
  LinkEvent,
  MacAddress,
} from '@immuable-net/ethernet';
import {
  IpAddress,
  type OutputResult,
  type Path,
  Prefix,
  Protocol,
  type TransportError,
  TransportErrorKind,
} from '@immuable-net/ip';
import { Ipv4Arrival, Ipv4Layer } from '@immuable-net/ipv4';
import { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { type TcpConnection, TcpEvent, TcpLayer, type TcpListener } from '@immuable-net/tcp';
import { UdpLayer, type UdpSocket } from '@immuable-net/udp';
import type { ConnectionApplication, DatagramApplication, ListenerApplication } from './application.ts';
import type { Pollable } from './driver.ts';
import { EventQueue } from './event-queue.ts';
import { FRAMES_PER_POLL, PING_OCTETS, PING_TIMEOUT_MS, ROUNDS_PER_POLL } from './parameters.ts';
import { PendingPings, Ping } from './ping.ts';
import { StackCounters } from './stack-counters.ts';
import type {
  ConnectOptions,
  ListenOptions,
  NetworkStackOptions,
  PingOptions,
  ServeOptions,
  UdpOptions,
} from './stack-options.ts';
import type { StreamRunner } from './stream-runner.ts';
import { StreamService } from './stream-service.ts';

/** What happened to the stack as a whole, as a bit set. */
export const StackEvent = {
  /** The link is up: connections go on where they stopped. */
  Online: 1,
  /** The link is down: connections wait, and time out in the end. */
  Offline: 2,
  /** The device is gone for good. */
  Gone: 4,
  /** Somebody else uses one of our addresses: `takeConflict` says who. */
  Conflict: 8,
} as const;

/**
 * The layers put together: Ethernet, ARP, IPv4, ICMP, UDP and TCP on one link. Deterministic and without any I/O of
 * its own: octets come from the link, time is an argument of {@link poll}, randomness one of the constructor.
 *
 * After anything was called on the stack, its connections or its sockets, call {@link poll} soon ({@link wake} asks
 * for it), then again when {@link pollAt} says, or when the link has frames.
 */
export class NetworkStack implements Pollable {
  readonly link: Link;
  readonly ethernet: EthernetLayer;
  readonly ipv4: Ipv4Layer;
  readonly udp: UdpLayer;
  /** Every layer's counters, by name. */
  readonly counters: StackCounters;
  wake: ((event: boolean) => void) | undefined;
  #tcp: TcpLayer;
  readonly #tcpOptions: ConstructorParameters<typeof TcpLayer>[0];
  #inbound: InboundFrame;
  #outbound: OutboundFrame;
  #framesPerPoll: number;
  #queue: EventQueue;
  #services: StreamService[];
  /** Connections that {@link connect} made and that are not gone. */
  #opened: Set<TcpConnection>;
  #woken: StreamRunner[];
  #turns: StreamRunner[];
  /** Frames may wait: the link said so, or the last poll stopped before the last one. */
  #readable: boolean;
  /** Somebody called: there may be something to send. */
  #asked: boolean;
  /** Our addresses were claimed since the link came up. */
  #claimed: boolean;
  readonly #claimMode: ClaimMode;
  readonly #conflicts: AddressConflict[];
  readonly #pings: PendingPings;
  readonly #pingIdentifier: number;
  readonly #pingPayload: Uint8Array;
  #polling: boolean;
  #events: number;
  #online: boolean;
  #closed: boolean;

  constructor(options: NetworkStackOptions) {
    const { link, random } = options;
    const addresses = options.addresses.map((text) => Prefix.parse(text));
    const gateway = options.gateway === undefined ? undefined : IpAddress.parse(options.gateway);
    const given = typeof options.mac === 'string' ? MacAddress.parse(options.mac) : options.mac;
    this.link = link;
    this.ethernet = new EthernetLayer({ link, macAddress: given, random });
    this.ipv4 = new Ipv4Layer({ ethernet: this.ethernet, addresses, gateway, random });
    this.#tcpOptions = { random, parameters: options.tcp ?? {} };
    this.#tcp = new TcpLayer(this.#tcpOptions);
    this.udp = new UdpLayer({ random });
    this.counters = new StackCounters(this.ethernet, this.ipv4, this.udp, this.#tcp);
    this.wake = undefined;
    this.#inbound = new InboundFrame();
    this.#outbound = new OutboundFrame();
    this.#framesPerPoll = options.framesPerPoll ?? FRAMES_PER_POLL;
    this.#queue = new EventQueue();
    this.#services = [];
    this.#opened = new Set();
    this.#woken = [];
    this.#turns = [];
    this.#readable = true;
    this.#asked = true;
    this.#claimed = false;
    this.#claimMode = options.claim === 'probe' ? ClaimMode.ProbeFirst : ClaimMode.AnnounceAtOnce;
    this.#conflicts = [];
    this.#pings = new PendingPings();
    const identifier = new Uint8Array(2);
    random(identifier, 0, 2);
    this.#pingIdentifier = (identifier[0]! << 8) | identifier[1]!;
    this.#pingPayload = new Uint8Array(0x10000);
    this.#polling = false;
    this.#events = 0;
    this.#online = true;
    this.#closed = false;
    link.wake = (events) => this.#linkEvents(events);
  }

  get tcp(): TcpLayer {
    return this.#tcp;
  }

  /** Our addresses with their prefixes. */
  get addresses(): readonly Prefix[] {
    return this.ipv4.addresses;
  }

  /** Whether all our addresses are in use: at once, unless they are probed for first. */
  get ready(): boolean {
    return this.ipv4.ready;
  }

  /** Whether the link is up. */
  get online(): boolean {
    return this.#online;
  }

  /** What happened since the last call: bits of {@link StackEvent}. Look after each poll. */
  takeEvents(): number {
    const events = this.#events;
    this.#events = 0;
    return events;
  }

  /**
   * Takes a bounded number of frames from the link and hands each up, so that applications read its octets where
   * they lie; then runs timers; then sends what connections have to say.
   *
   * @param now monotonic milliseconds, with fractions; never less than before
   * @returns whether more frames may wait: poll again soon
   */
  poll(now: number): boolean {
    if (this.#closed) return false;
    this.#polling = true;
    const { link } = this;
    const tcp = this.#tcp;
    const frame = this.#inbound;
    let left = this.#framesPerPoll;
    for (; left > 0; left--) {
      tcp.settle();
      if (!link.receive(frame)) break;
      this.#arrive(frame, now);
    }
    if (left > 0) tcp.settle();
    this.#readable = left === 0;
    this.#timeouts(now);
    this.#runWoken(now);
    this.#runReady(now);
    // What applications asked for until here is done here.
    this.#asked = false;
    this.#emit(now);
    this.#polling = false;
    return this.#readable;
  }

  /** When {@link poll} is due next: `Infinity` for never, `-Infinity` for at once. */
  pollAt(): number {
    if (this.#closed) return Number.POSITIVE_INFINITY;
    if (this.#readable || this.#asked || this.#woken.length > 0) return Number.NEGATIVE_INFINITY;
    if (!this.#claimed) return Number.NEGATIVE_INFINITY;
    return Math.min(
      this.#tcp.nextTimeout(),
      this.ethernet.nextTimeout(),
      this.ipv4.nextTimeout(),
      this.#pings.nextTimeout(),
    );
  }

  /** Tells that something was written, read or closed outside of a poll, so that the driver polls. */
  requestPoll(): void {
    if (this.#asked) return;
    this.#asked = true;
    if (!this.#polling) this.wake?.(false);
  }

  /** Waits for connections. Take them with `listener.accept()`, or give it a {@link ListenerApplication} as `userData`. */
  listen(options: ListenOptions): TcpListener {
    const address = toAddress(options.address);
    return this.#tcp.listen({
      port: options.port,
      ...(address === undefined ? {} : { address }),
      ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
      ...(options.connectionOptions === undefined ? {} : { connectionOptions: options.connectionOptions }),
    });
  }

  /** Waits for connections and drives one protocol machine on each: the server's way, without a promise or a copy. */
  serve(options: ServeOptions): StreamService {
    const service = new StreamService(this.listen(options), options, (runner) => {
      this.#woken.push(runner);
      this.requestPoll();
    });
    this.#services.push(service);
    return service;
  }

  /**
   * Opens a connection. `TcpEvent.Established` or `Closed` (with its `failure`) tells what came of it; octets may be
   * written at once. Throws {@link UnreachableError} when no route leads there.
   */
  connect(options: ConnectOptions, now: number): TcpConnection {
    const { address, port, localAddress, localPort, application, ...rest } = options;
    const path = this.pathTo(toAddress(address)!, toAddress(localAddress));
    const connection = this.#tcp.connect(
      { ...rest, path, remotePort: port, ...(localPort === undefined ? {} : { localPort }) },
      now,
    );
    connection.userData = application;
    this.#opened.add(connection);
    this.requestPoll();
    return connection;
  }

  /**
   * Sends one datagram: to `remote`, or to where the socket is connected. It leaves at once; what is not `Sent` or
   * `Pending` is lost.
   */
  send(
    socket: UdpSocket,
    octets: Uint8Array,
    remote: IpAddress | undefined,
    remotePort: number,
    now: number,
  ): OutputResult {
    const path = remote === undefined ? undefined : this.pathTo(remote, socket.address);
    const result = socket.send(this.#outbound, path, remotePort, octets, 0, octets.length, now);
    // A look-up that it may have begun has a timer.
    this.requestPoll();
    return result;
  }

  /**
   * Sends one ICMP echo request. What comes of it stands in the `Ping` that is returned, and `over` is called. Throws
   * {@link UnreachableError} when no route leads there.
   */
  ping(options: PingOptions, now: number): Ping {
    const address = toAddress(options.address)!;
    const octets = options.octets ?? PING_OCTETS;
    if (!Number.isInteger(octets) || octets < 0 || octets > 65507) throw new RangeError(`a ping of ${octets} octets`);
    const path = this.pathTo(address);
    const sequence = this.#pings.nextSequence();
    const ping = new Ping(address, sequence, octets, now, now + (options.timeoutMs ?? PING_TIMEOUT_MS), options.over);
    this.#pings.add(ping);
    this.ipv4.icmp.echoRequest(path, this.#pingIdentifier, sequence, this.#pingPayload, 0, octets, now);
    this.requestPoll();
    return ping;
  }

  /** Waits no longer for a ping: its `over` is not called. */
  forgetPing(ping: Ping): void {
    this.#pings.forget(ping);
  }

  /** The path to an address, from one of ours or the one that the route prefers. Throws {@link UnreachableError}. */
  pathTo(remote: IpAddress, local?: IpAddress): Path {
    const path = this.ipv4.path(remote, local);
    if (path === undefined) throw new UnreachableError(remote);
    return path;
  }

  /** The next conflict over one of our addresses, in clear words; look after `StackEvent.Conflict`. */
  takeConflict(): AddressConflict | undefined {
    return this.#conflicts.shift();
  }

  /** The next connection without an application that something happened on; call until undefined after each poll. */
  takeReady(): { connection: TcpConnection; events: number } | undefined {
    return this.#queue.take();
  }

  /** Opens a UDP socket. */
  bind(options: UdpOptions = {}): UdpSocket {
    return this.udp.bind({ ...options, address: toAddress(options.address) });
  }

  /**
   * Resets the connections that {@link serve} and {@link connect} made, then forgets all that TCP keeps: listeners,
   * handshakes, TIME-WAIT, metrics, secrets. For test benches that want a fresh TCP on the same link.
   */
  restartTcp(now: number): void {
    this.#abortAll(now);
    this.#services.length = 0;
    this.#tcp = new TcpLayer(this.#tcpOptions);
    this.counters.tcp = this.#tcp.counters;
  }

  /**
   * Closes everything at once: connections that {@link serve} and {@link connect} made are reset, those that an
   * application accepted itself are its own to close before. The link is given back.
   */
  close(now: number): void {
    if (this.#closed) return;
    this.#abortAll(now);
    this.#closed = true;
    this.#queue.clear();
    this.link.wake = undefined;
    this.link.close();
  }

  #abortAll(now: number): void {
    for (const service of this.#services) {
      service.close();
      service.abort(now);
    }
    for (const connection of this.#opened) connection.abort();
    this.#opened.clear();
    this.#emit(now);
  }

  #linkEvents(events: number): void {
    if ((events & LinkEvent.Readable) !== 0) this.#readable = true;
    if ((events & LinkEvent.Writable) !== 0) {
      this.#asked = true;
    }
    if ((events & LinkEvent.Up) !== 0 && !this.#online) {
      this.#online = true;
      this.#claimed = false;
      this.#asked = true;
      this.#events |= StackEvent.Online;
    }
    if ((events & (LinkEvent.Down | LinkEvent.Gone)) !== 0 && this.#online) {
      this.#online = false;
      this.#events |= StackEvent.Offline;
    }
    if ((events & LinkEvent.Gone) !== 0) this.#events |= StackEvent.Gone;
    if (!this.#polling) this.wake?.(true);
  }

  #arrive(frame: InboundFrame, now: number): void {
    const { ethernet, ipv4 } = this;
    const arrival = ethernet.arrive(frame, now);
    if (arrival !== EthernetArrival.Ipv4) {
      if (arrival === EthernetArrival.Consumed) this.#takeConflicts();
      return;
    }
    switch (ipv4.arrive(frame, now)) {
      case Ipv4Arrival.Tcp:
        this.#tcp.arrive(ipv4.packet, now);
        this.#runReady(now);
        return;
      case Ipv4Arrival.Udp:
        this.udp.arrive(ipv4.packet, now);
        this.#runDatagrams(now);
        return;
      case Ipv4Arrival.Error:
        this.#arriveError(ipv4.error, now);
        return;
      case Ipv4Arrival.Consumed:
        this.#takeReplies();
        return;
      default:
        return;
    }
  }

  /** An ICMP error, or a neighbour that does not answer: to whom it concerns. */
  #arriveError(error: TransportError, now: number): void {
    switch (error.protocol) {
      case Protocol.Tcp:
        this.#tcp.arriveError(error, now);
        this.#runReady(now);
        return;
      case Protocol.Udp:
        this.udp.arriveError(error, now);
        this.#runDatagrams(now);
        return;
      case Protocol.Icmp:
        // RFC 792: identifier and sequence number stand in octets 4 to 7 of an echo request.
        if (error.view.getUint16(error.start + 4) !== this.#pingIdentifier) return;
        this.#pings.failed(error.remote3, error.view.getUint16(error.start + 6), pingFailure(error.kind));
        return;
      default:
        return;
    }
  }

  #takeReplies(): void {
    const { icmp } = this.ipv4;
    for (let reply = icmp.takeEchoReply(); reply !== undefined; reply = icmp.takeEchoReply()) {
      this.#pings.replied(reply.source.word3, reply.sequence, reply.at);
    }
  }

  #takeConflicts(): void {
    const { arp } = this.ethernet;
    for (let conflict = arp.takeConflict(); conflict !== undefined; conflict = arp.takeConflict()) {
      this.#events |= StackEvent.Conflict;
      // RFC 5227 §2.4: one is as good as many; whoever looks rarely sees the first ones.
      if (this.#conflicts.length < CONFLICTS_KEPT) this.#conflicts.push(conflict);
    }
  }

  #timeouts(now: number): void {
    const { ethernet, ipv4 } = this;
    const tcp = this.#tcp;
    if (!this.#claimed) {
      this.#claimed = true;
      ipv4.start(this.#claimMode, now);
    }
    if (ethernet.nextTimeout() <= now) {
      ethernet.timeoutsExpire(now);
      // An address that was probed for is ready when the probes are over.
      ipv4.timeoutsExpire(now);
      for (let error = ipv4.takeError(); error !== undefined; error = ipv4.takeError()) this.#arriveError(error, now);
    }
    if (ipv4.nextTimeout() <= now) ipv4.timeoutsExpire(now);
    if (tcp.nextTimeout() <= now) tcp.timeoutsExpire(now);
    if (this.#pings.nextTimeout() <= now) this.#pings.timeoutsExpire(now);
  }

  /** Hands events to applications. What they wrote is sent by {@link #emit}. */
  #runReady(now: number): boolean {
    const tcp = this.#tcp;
    for (let listener = tcp.takeListener(); listener !== undefined; listener = tcp.takeListener()) {
      (listener.userData as ListenerApplication | undefined)?.accepted(listener, now);
    }
    let any = false;
    for (let connection = tcp.takeReady(); connection !== undefined; connection = tcp.takeReady()) {
      const application = (connection.userData as ConnectionApplication | undefined) ?? this.#queue;
      const events = connection.takeEvents();
      if ((events & TcpEvent.Closed) !== 0) this.#opened.delete(connection);
      application.ready(connection, events, now);
      any = true;
    }
    return any;
  }

  #runDatagrams(now: number): void {
    const { udp } = this;
    for (let socket = udp.takeReady(); socket !== undefined; socket = udp.takeReady()) {
      (socket.userData as DatagramApplication | undefined)?.ready(socket, now);
    }
  }

  /** Gives a turn to those that asked for one; who asks again meanwhile waits for the next poll. */
  #runWoken(now: number): void {
    if (this.#woken.length === 0) return;
    const turns = this.#woken;
    this.#woken = this.#turns;
    this.#turns = turns;
    for (let i = 0; i < turns.length; i++) turns[i]!.turn(now);
    turns.length = 0;
  }

  /** Sends what there is; when the link is full, its wake brings the rest. */
  #emit(now: number): void {
    const tcp = this.#tcp;
    for (let round = 0; round < ROUNDS_PER_POLL; round++) {
      const room = tcp.emit(this.#outbound, now);
      if (!this.#runReady(now) || !room) return;
    }
    this.#asked = true;
  }
}

/** No route leads to an address: a code of `node:net`. */
export class UnreachableError extends Error {
  readonly code = 'ENETUNREACH';

  constructor(address: IpAddress) {
    super(`no route leads to ${address}`);
    this.name = 'UnreachableError';
  }
}

/** Conflicts that wait to be looked at. */
const CONFLICTS_KEPT = 16;

function pingFailure(kind: TransportErrorKind): string {
  switch (kind) {
    case TransportErrorKind.NetUnreachable:
      return 'ENETUNREACH';
    case TransportErrorKind.PacketTooBig:
      return 'EMSGSIZE';
    case TransportErrorKind.ParameterProblem:
      return 'EPROTO';
    default:
      return 'EHOSTUNREACH';
  }
}

function toAddress(address: string | IpAddress | undefined): IpAddress | undefined {
  return typeof address === 'string' ? IpAddress.parse(address) : address;
}
