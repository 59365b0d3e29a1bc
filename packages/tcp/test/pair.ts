import {
  InboundPacket,
  IpAddress,
  OutputResult,
  type PacketOrigin,
  type Path,
  Protocol,
  pseudoSum4,
} from '@immuable-net/ip';
import { FrameChecksum, OutboundFrame, Slab, TRANSPORT_START } from '@immuable-net/octets';
import {
  SegmentView,
  type TcpConnection,
  TcpEvent,
  TcpLayer,
  type TcpListener,
  type TcpParameters,
} from '../src/index.ts';

/** A seeded generator of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function randomOctets(random: () => number): (octets: Uint8Array, start: number, end: number) => void {
  return (octets, start, end) => {
    for (let i = start; i < end; i++) octets[i] = Math.floor(random() * 256);
  };
}

/** What the wire does to segments. */
export interface WireOptions {
  /** One way, milliseconds. */
  delay?: number;
  loss?: number;
  duplicate?: number;
  /** Probability, and how much later, milliseconds. */
  reorder?: number;
  reorderDelay?: number;
  mtu?: number;
  /** The largest packet that the link cuts itself; 0 none. */
  segments?: number;
  /** Octets a millisecond; Infinity. */
  rate?: number;
  /** Packets that wait at the bottleneck. */
  queue?: number;
  seed?: number;
  parameters?: Partial<TcpParameters>;
  clientParameters?: Partial<TcpParameters>;
  /** Called for each segment; true drops it. `index` counts the segments of that direction. */
  drop?: (segment: Sent, index: number) => boolean;
  /** Marks a segment as having met congestion. */
  mark?: (segment: Sent, index: number) => boolean;
}

/** One segment on the wire, as a test looks at it. */
export interface Sent {
  from: 'client' | 'server';
  at: number;
  seq: number;
  ack: number;
  control: number;
  window: number;
  length: number;
  sacks: number[];
  octets: Uint8Array;
  ecn: number;
  timestamp: number;
  echo: number;
  mss: number;
  shift: number;
  sackPermitted: boolean;
}

/** A path of tests: `send` gets the octets of each segment. */
export class TestPath implements Path {
  readonly family = 4 as const;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly pseudoSum: number;
  readonly headerLength = 20;
  mtu: number;
  linkMtu: number;
  segments: number;
  readonly checksumOffload = true;
  full = false;
  unreachable = false;
  doubts = 0;
  confirmed = 0;
  readonly send: (octets: Uint8Array, segmentSize: number, ecn: number, now: number) => void;

  constructor(
    local: IpAddress,
    remote: IpAddress,
    mtu: number,
    segments: number,
    send: (octets: Uint8Array, segmentSize: number, ecn: number, now: number) => void,
  ) {
    this.local = local;
    this.remote = remote;
    this.pseudoSum = pseudoSum4(local.word3, remote.word3);
    this.mtu = mtu;
    this.linkMtu = mtu;
    this.segments = segments;
    this.send = send;
  }

  output(
    frame: OutboundFrame,
    protocol: number,
    checksumOffset: number,
    ecn: number,
    fragment: boolean,
    now: number,
  ): OutputResult {
    if (protocol !== Protocol.Tcp || checksumOffset !== 16 || fragment) throw new Error('not what TCP sends');
    if (this.full) return OutputResult.Full;
    if (this.unreachable) return OutputResult.Unreachable;
    const headers = frame.headerEnd - TRANSPORT_START;
    frame.flatten();
    const octets = frame.slab.octets.slice(TRANSPORT_START, frame.end);
    const payload = octets.length - headers;
    if (frame.segmentSize === 0) {
      if (octets.length + 20 > this.mtu) throw new Error(`segment of ${octets.length} octets exceeds MTU ${this.mtu}`);
    } else {
      if (frame.segmentSize + headers + 20 > this.mtu) throw new Error('segmentSize exceeds MTU');
      if (octets.length + 20 > this.segments) throw new Error('super-segment exceeds what the link cuts');
      if (payload <= frame.segmentSize) throw new Error('segmentSize on a segment that needs no cutting');
    }
    this.send(octets, frame.segmentSize, ecn, now);
    return OutputResult.Sent;
  }

  confirm(): void {
    this.confirmed++;
  }

  doubt(): void {
    this.doubts++;
  }

  lowerMtu(mtu: number): void {
    this.mtu = mtu;
  }
}

/** Makes the packet that a layer gets for one segment. */
export class TestOrigin implements PacketOrigin {
  readonly packet: InboundPacket;
  readonly makePath: (local: IpAddress, remote: IpAddress) => TestPath;
  readonly paths: TestPath[] = [];

  constructor(makePath: (local: IpAddress, remote: IpAddress) => TestPath) {
    this.packet = new InboundPacket(this);
    this.makePath = makePath;
  }

  fill(source: IpAddress, destination: IpAddress, octets: Uint8Array, segmentSize: number, ecn: number): InboundPacket {
    const packet = this.packet;
    packet.slab = Slab.over(octets);
    packet.start = 0;
    packet.end = octets.length;
    packet.family = 4;
    packet.protocol = 6;
    packet.source2 = 0xffff;
    packet.source3 = source.word3;
    packet.destination2 = 0xffff;
    packet.destination3 = destination.word3;
    packet.pseudoSum = pseudoSum4(source.word3, destination.word3);
    packet.checksum = FrameChecksum.Valid;
    packet.segmentSize = segmentSize;
    packet.ecn = ecn;
    packet.ttl = 64;
    packet.broadcast = false;
    return packet;
  }

  replyPath(packet: InboundPacket): Path {
    return this.makePath(this.destination(packet), this.source(packet));
  }

  keepPath(packet: InboundPacket): Path {
    const path = this.makePath(this.destination(packet), this.source(packet));
    this.paths.push(path);
    return path;
  }

  source(packet: InboundPacket): IpAddress {
    return IpAddress.v4(packet.source3);
  }

  destination(packet: InboundPacket): IpAddress {
    return IpAddress.v4(packet.destination3);
  }

  portUnreachable(): void {
    throw new Error('TCP answers with a RST');
  }
}

const CLIENT = IpAddress.parse('10.0.0.1');
const SERVER = IpAddress.parse('10.0.0.2');

interface InFlight {
  at: number;
  order: number;
  to: 'client' | 'server';
  octets: Uint8Array;
  segmentSize: number;
  ecn: number;
}

/** Two TCP layers and a wire between them, in virtual time. `step()` jumps to the next event. */
export class Pair {
  now = 1000;
  readonly client: TcpLayer;
  readonly server: TcpLayer;
  readonly clientPath: TestPath;
  readonly log: Sent[] = [];
  options: WireOptions;
  /** What the peers do when a connection is ready; undefined: nothing. */
  onReady: ((connection: TcpConnection, events: number, side: 'client' | 'server') => void) | undefined;
  readonly accepted: TcpConnection[] = [];
  readonly #frame = new OutboundFrame();
  readonly #random: () => number;
  readonly #wire: InFlight[] = [];
  readonly #origins: Record<'client' | 'server', TestOrigin>;
  readonly #free = { client: 0, server: 0 };
  readonly #counts = { client: 0, server: 0 };
  #order = 0;
  /** Whether packets come with a verified checksum. */
  vouch = true;
  /** How much later than others a segment arrives, milliseconds. */
  stall: ((segment: Sent) => number) | undefined;

  constructor(options: WireOptions = {}) {
    this.options = options;
    this.#random = seeded(options.seed ?? 1);
    const random = randomOctets(seeded((options.seed ?? 1) ^ 0x5bd1e995));
    this.client = new TcpLayer({ random, parameters: { ...options.parameters, ...options.clientParameters } });
    this.server = new TcpLayer({ random, parameters: options.parameters ?? {} });
    const path = (from: 'client' | 'server') => (local: IpAddress, remote: IpAddress) =>
      new TestPath(local, remote, options.mtu ?? 1500, options.segments ?? 0, (octets, size, ecn, now) =>
        this.#transmit(from, octets, size, ecn, now),
      );
    this.#origins = { client: new TestOrigin(path('client')), server: new TestOrigin(path('server')) };
    this.clientPath = path('client')(CLIENT, SERVER);
  }

  /** The server's kept paths, newest last. */
  get serverPaths(): TestPath[] {
    return this.#origins.server.paths;
  }

  makeServerPath(): TestPath {
    return this.#origins.server.makePath(SERVER, CLIENT);
  }

  listen(options: Partial<Parameters<TcpLayer['listen']>[0]> = {}): TcpListener {
    return this.server.listen({ port: 80, ...options });
  }

  connect(options: Partial<Parameters<TcpLayer['connect']>[0]> = {}): TcpConnection {
    return this.client.connect({ path: this.clientPath, remotePort: 80, ...options }, this.now);
  }

  /** Connects and runs until both sides are established. */
  open(
    options: Partial<Parameters<TcpLayer['connect']>[0]> = {},
    connectionOptions = {},
  ): [TcpConnection, TcpConnection] {
    this.listen({ connectionOptions });
    const client = this.connect(options);
    this.runUntil(() => this.accepted.length > 0, 60_000);
    const server = this.accepted[this.accepted.length - 1];
    if (server === undefined) throw new Error('no connection came up');
    return [client, server];
  }

  /** Everything that can happen now, happens; then time jumps to the next event. False when nothing will ever happen. */
  step(limit = Number.POSITIVE_INFINITY): boolean {
    this.settle();
    const next = Math.min(this.nextEvent(), limit);
    if (next === Number.POSITIVE_INFINITY) return false;
    if (next > this.now) this.now = next;
    this.client.timeoutsExpire(this.now);
    this.server.timeoutsExpire(this.now);
    while (this.#wire.length > 0 && this.#wire[0]!.at <= this.now) {
      this.#deliver(this.#wire.shift()!);
      this.settle();
    }
    this.settle();
    return true;
  }

  nextEvent(): number {
    const wire = this.#wire.length > 0 ? this.#wire[0]!.at : Number.POSITIVE_INFINITY;
    return Math.min(wire, this.client.nextTimeout(), this.server.nextTimeout());
  }

  /** Runs until the condition holds; throws when `limit` milliseconds pass first. */
  runUntil(condition: () => boolean, limit = 600_000): void {
    const end = this.now + limit;
    this.settle();
    while (!condition()) {
      if (this.now >= end || !this.step(end)) {
        if (condition()) return;
        throw new Error(`nothing more happens at ${this.now - 1000} ms`);
      }
    }
  }

  /** Runs for so many milliseconds. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.now < end) this.step(end);
  }

  /** Applications and emission, until there is nothing to do. */
  settle(): void {
    for (let rounds = 0; rounds < 1000; rounds++) {
      let busy = false;
      for (let listener = this.server.takeListener(); listener !== undefined; listener = this.server.takeListener()) {
        for (let c = listener.accept(); c !== undefined; c = listener.accept()) this.accepted.push(c);
        busy = true;
      }
      for (const side of ['client', 'server'] as const) {
        const layer = this[side];
        for (let c = layer.takeReady(); c !== undefined; c = layer.takeReady()) {
          busy = true;
          if (this.onReady !== undefined) this.onReady(c, c.takeEvents(), side);
        }
        layer.settle();
        layer.emit(this.#frame, this.now);
      }
      if (!busy) return;
    }
    throw new Error('the applications never come to rest');
  }

  /** Segments sent since the last call. */
  take(): Sent[] {
    return this.log.splice(0);
  }

  /** Puts a segment of the test's own making on the wire, arriving now. */
  inject(to: 'client' | 'server', octets: Uint8Array, ecn = 0): void {
    this.#deliver({ at: this.now, order: 0, to, octets, segmentSize: 0, ecn });
    this.settle();
  }

  #transmit(from: 'client' | 'server', octets: Uint8Array, segmentSize: number, ecn: number, now: number): void {
    if (segmentSize === 0) {
      this.#transmitOne(from, octets, ecn, now);
      return;
    }
    // What the link does with a super-segment.
    const view = new DataView(octets.buffer);
    const headers = (view.getUint16(12) >>> 12) << 2;
    for (let at = headers; at < octets.length; at += segmentSize) {
      const end = Math.min(at + segmentSize, octets.length);
      const part = new Uint8Array(headers + end - at);
      part.set(octets.subarray(0, headers));
      part.set(octets.subarray(at, end), headers);
      const partView = new DataView(part.buffer);
      partView.setInt32(4, (view.getInt32(4) + at - headers) | 0);
      if (end < octets.length) partView.setUint16(12, view.getUint16(12) & ~(1 | 8));
      this.#transmitOne(from, part, ecn, now);
    }
  }

  #transmitOne(from: 'client' | 'server', octets: Uint8Array, ecn: number, now: number): void {
    const sent = look(from, octets, now, ecn);
    this.log.push(sent);
    const options = this.options;
    const index = this.#counts[from]++;
    const lost = (options.loss ?? 0) > 0 && this.#random() < options.loss!;
    const dropped = options.drop?.(sent, index) === true;
    if (lost || dropped) return;
    const marked = options.mark?.(sent, index) === true ? 3 : ecn;
    let at = now;
    if (options.rate !== undefined) {
      const free = Math.max(this.#free[from], now);
      const size = octets.length + 58;
      if (options.queue !== undefined && (free - now) * options.rate > options.queue * 1538) return;
      this.#free[from] = free + size / options.rate;
      at = this.#free[from];
    }
    at += options.delay ?? 0;
    if (this.stall !== undefined) at += this.stall(sent);
    if ((options.reorder ?? 0) > 0 && this.#random() < options.reorder!) at += options.reorderDelay ?? 5;
    const to = from === 'client' ? 'server' : 'client';
    this.#enqueue({ at, order: this.#order++, to, octets, segmentSize: 0, ecn: marked });
    if ((options.duplicate ?? 0) > 0 && this.#random() < options.duplicate!) {
      this.#enqueue({ at, order: this.#order++, to, octets, segmentSize: 0, ecn: marked });
    }
  }

  #enqueue(entry: InFlight): void {
    let at = this.#wire.length;
    while (at > 0 && this.#wire[at - 1]!.at > entry.at) at--;
    this.#wire.splice(at, 0, entry);
  }

  #deliver(entry: InFlight): void {
    const layer = this[entry.to];
    const origin = this.#origins[entry.to];
    layer.settle();
    const source = entry.to === 'client' ? SERVER : CLIENT;
    const destination = entry.to === 'client' ? CLIENT : SERVER;
    const packet = origin.fill(source, destination, entry.octets, entry.segmentSize, entry.ecn);
    if (!this.vouch) packet.checksum = FrameChecksum.Unknown;
    layer.arrive(packet, this.now);
  }
}

const view = new SegmentView();

export function look(from: 'client' | 'server', octets: Uint8Array, at: number, ecn: number): Sent {
  view.read(Slab.over(octets), 0, octets.length);
  return {
    from,
    at,
    seq: view.sequence,
    ack: view.acknowledgment,
    control: view.control,
    window: view.window,
    length: view.payloadEnd - view.payloadStart,
    sacks: [...view.sacks.subarray(0, view.sackCount * 2)],
    octets: octets.slice(view.payloadStart),
    ecn,
    timestamp: view.hasTimestamps ? view.timestamp : 0,
    echo: view.hasTimestamps ? view.timestampEcho : 0,
    mss: view.maximumSegmentSize,
    shift: view.windowShift,
    sackPermitted: view.sackPermitted,
  };
}

/** Octets whose value tells their place. */
export function pattern(length: number, from = 0): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = ((from + i) * 31 + ((from + i) >>> 8)) & 0xff;
  return octets;
}

/** Sends `octets` from one side, collects on the other; both close at the end. Returns what arrived. */
export function transfer(
  pair: Pair,
  sender: TcpConnection,
  receiver: TcpConnection,
  octets: Uint8Array,
  limit = 600_000,
): Uint8Array {
  const arrived = new Uint8Array(octets.length);
  let written = 0;
  let read = 0;
  let closed = 0;
  const fill = (): void => {
    while (written < octets.length && sender.room > 0) written += sender.write(octets, written, octets.length);
    if (written === octets.length) sender.shutdown();
  };
  const before = pair.onReady;
  pair.onReady = (connection, events, side) => {
    before?.(connection, events, side);
    if (connection === sender && (events & TcpEvent.Writable) !== 0) fill();
    if (connection === receiver && (events & TcpEvent.Readable) !== 0) {
      read += connection.read(arrived, read, arrived.length);
      if (connection.ended) connection.close();
    }
    if ((events & TcpEvent.Closed) !== 0) closed++;
  };
  fill();
  pair.runUntil(() => closed >= 2 || sender.failure !== undefined || receiver.failure !== undefined, limit);
  pair.onReady = before;
  if (sender.failure !== undefined) throw new Error(`sender: ${sender.failure.code}`);
  if (receiver.failure !== undefined) throw new Error(`receiver: ${receiver.failure.code}`);
  return arrived.subarray(0, read);
}
