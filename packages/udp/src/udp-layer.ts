import { foldSum, type InboundPacket, type IpAddress, Protocol, type TransportError } from '@immuable-net/ip';
import { FrameChecksum, type RandomSource } from '@immuable-net/octets';
import { UdpCounters } from './counters.ts';
import { FIRST_EPHEMERAL_PORT, HEADER_OCTETS, LAST_PORT, RECEIVE_DATAGRAMS, RECEIVE_LIMIT } from './parameters.ts';
import { UdpUsageError } from './udp-failure.ts';
import { UdpField } from './udp-field.ts';
import { UdpSocket, type UdpSocketOwner } from './udp-socket.ts';

export interface UdpOptions {
  readonly random: RandomSource;
}

export interface UdpBindOptions {
  /** The address of ours to take datagrams for; by default all. */
  readonly address?: IpAddress | undefined;
  /** 0 or nothing: a free one, at random. */
  readonly port?: number | undefined;
  /** Octets that may wait, 128 more a datagram: by default 262,144. */
  readonly receiveLimit?: number | undefined;
  /** Datagrams that may wait: by default 1,024. */
  readonly receiveDatagrams?: number | undefined;
}

/** The User Datagram Protocol (RFC 768, RFC 1122 §4.1), over any IP version. */
export class UdpLayer implements UdpSocketOwner {
  readonly counters: UdpCounters;
  readonly #random: RandomSource;
  readonly #drawn: Uint8Array;
  /** Sockets by port: several where each has an address of its own. */
  readonly #ports: Map<number, UdpSocket[]>;
  readonly #ready: UdpSocket[];

  constructor(options: UdpOptions) {
    this.counters = new UdpCounters();
    this.#random = options.random;
    this.#drawn = new Uint8Array(2);
    this.#ports = new Map();
    this.#ready = [];
  }

  /** Opens a socket. Throws {@link UdpUsageError} (`EADDRINUSE`, `EINVAL`). */
  bind(options: UdpBindOptions = {}): UdpSocket {
    const wanted = options.port ?? 0;
    if (!Number.isInteger(wanted) || wanted < 0 || wanted > LAST_PORT) {
      throw new UdpUsageError('EINVAL', `a port is 0 to ${LAST_PORT}, not ${wanted}`);
    }
    const address = options.address?.isUnspecified ? undefined : options.address;
    const port = wanted === 0 ? this.#ephemeralPort() : wanted;
    const others = this.#ports.get(port) ?? [];
    for (const other of others) {
      if (other.address === undefined || address === undefined || other.address.equals(address)) {
        throw new UdpUsageError('EADDRINUSE', `UDP port ${port} is taken`);
      }
    }
    const limits = {
      octets: options.receiveLimit ?? RECEIVE_LIMIT,
      datagrams: options.receiveDatagrams ?? RECEIVE_DATAGRAMS,
    };
    const socket = new UdpSocket(this, address, port, limits);
    this.#ports.set(port, [...others, socket]);
    return socket;
  }

  /** One datagram. Then call {@link takeReady}. */
  arrive(packet: InboundPacket, now: number): void {
    const counters = this.counters;
    const { slab, start } = packet;
    const view = slab.view;
    counters.received++;
    const available = packet.end - start;
    if (available < HEADER_OCTETS) {
      counters.droppedMalformed++;
      return;
    }
    const length = view.getUint16(start + UdpField.Length);
    if (length < HEADER_OCTETS || length > available) {
      counters.droppedMalformed++;
      return;
    }
    const end = start + length;
    // RFC 768: zero means that the sender made none.
    if (packet.checksum === FrameChecksum.Unknown && view.getUint16(start + UdpField.Checksum) !== 0) {
      if (slab.sum(start, end, foldSum(packet.pseudoSum + Protocol.Udp + length)) !== 0xffff) {
        counters.droppedChecksum++;
        return;
      }
    }
    const sourcePort = view.getUint16(start + UdpField.SourcePort);
    const sockets = this.#ports.get(view.getUint16(start + UdpField.DestinationPort));
    if (packet.broadcast) {
      this.#arriveAtAll(sockets, packet, end, sourcePort);
      return;
    }
    let best: UdpSocket | undefined;
    let bestFit = 0;
    if (sockets !== undefined) {
      for (let i = 0; i < sockets.length; i++) {
        const fit = sockets[i]!.fit(packet, sourcePort);
        if (fit > bestFit) {
          best = sockets[i];
          bestFit = fit;
        }
      }
    }
    if (best === undefined) {
      counters.droppedNoSocket++;
      // RFC 1122 §4.1.3.1.
      packet.origin.portUnreachable(packet, now);
      return;
    }
    best.arrive(packet, start + HEADER_OCTETS, end, sourcePort);
  }

  /** An ICMP error about a datagram that may be ours. Then call {@link takeReady}. */
  arriveError(error: TransportError, now: number): void {
    this.counters.errorsReceived++;
    if (error.end - error.start >= HEADER_OCTETS) {
      const sockets = this.#ports.get(error.view.getUint16(error.start + UdpField.SourcePort));
      const remotePort = error.view.getUint16(error.start + UdpField.DestinationPort);
      if (sockets !== undefined) {
        for (const socket of sockets) {
          if (socket.arriveError(error, remotePort, now)) return;
        }
      }
    }
    this.counters.droppedErrors++;
  }

  /** The next socket with datagrams to receive or a failure to take. Call until undefined after `arrive` and `arriveError`. */
  takeReady(): UdpSocket | undefined {
    const socket = this.#ready.shift();
    if (socket !== undefined) socket.queued = false;
    return socket;
  }

  /** For sockets. */
  ready(socket: UdpSocket): void {
    if (socket.queued) return;
    socket.queued = true;
    this.#ready.push(socket);
  }

  /** For sockets: use `UdpSocket.close`. */
  close(socket: UdpSocket): void {
    const left = (this.#ports.get(socket.port) ?? []).filter((other) => other !== socket);
    if (left.length === 0) this.#ports.delete(socket.port);
    else this.#ports.set(socket.port, left);
    const index = this.#ready.indexOf(socket);
    if (index >= 0) this.#ready.splice(index, 1);
    socket.queued = false;
  }

  /** RFC 1122 §4.1.3.6 leaves broadcasts to sockets bound to any address; all on the port get a copy. */
  #arriveAtAll(
    sockets: readonly UdpSocket[] | undefined,
    packet: InboundPacket,
    end: number,
    sourcePort: number,
  ): void {
    let taken = false;
    for (const socket of sockets ?? []) {
      if (socket.fit(packet, sourcePort) === 0) continue;
      socket.arrive(packet, packet.start + HEADER_OCTETS, end, sourcePort);
      taken = true;
    }
    if (!taken) this.counters.droppedNoSocket++;
  }

  /** RFC 6056 §3.3.1: a random port, and from there the next that is free. */
  #ephemeralPort(): number {
    this.#random(this.#drawn, 0, 2);
    const count = LAST_PORT - FIRST_EPHEMERAL_PORT + 1;
    const first = ((this.#drawn[0]! << 8) | this.#drawn[1]!) % count;
    for (let i = 0; i < count; i++) {
      const port = FIRST_EPHEMERAL_PORT + ((first + i) % count);
      if (!this.#ports.has(port)) return port;
    }
    throw new UdpUsageError('EADDRINUSE', 'no free UDP port is left');
  }
}
