import {
  type InboundPacket,
  type IpAddress,
  OutputResult,
  type Path,
  Protocol,
  type TransportError,
  TransportErrorKind,
} from '@immuable-net/ip';
import type { OutboundFrame } from '@immuable-net/octets';
import type { UdpCounters } from './counters.ts';
import { DATAGRAM_OVERHEAD, HEADER_OCTETS, MAXIMUM_PAYLOAD } from './parameters.ts';
import { UdpDatagram } from './udp-datagram.ts';
import { UdpFailure, UdpUsageError } from './udp-failure.ts';
import { UdpField } from './udp-field.ts';

/** What a socket tells its layer. */
export interface UdpSocketOwner {
  readonly counters: UdpCounters;
  /** There is something to take. */
  ready(socket: UdpSocket): void;
  close(socket: UdpSocket): void;
}

export interface UdpSocketLimits {
  readonly octets: number;
  readonly datagrams: number;
}

/** A port of ours, and what arrived for it. */
export class UdpSocket {
  /** The address of ours that it takes datagrams for; undefined for all. */
  readonly address: IpAddress | undefined;
  readonly port: number;
  /** For whoever uses the socket; never looked at here. */
  userData: unknown;
  /** For the layer: whether the socket stands in the queue of ready ones. */
  queued: boolean;
  readonly #owner: UdpSocketOwner;
  readonly #limits: UdpSocketLimits;
  readonly #datagrams: UdpDatagram[];
  #charge: number;
  #path: Path | undefined;
  #remotePort: number;
  #failure: UdpFailure | undefined;
  #open: boolean;

  /** For the layer: use `UdpLayer.bind`. */
  constructor(owner: UdpSocketOwner, address: IpAddress | undefined, port: number, limits: UdpSocketLimits) {
    this.address = address;
    this.port = port;
    this.userData = undefined;
    this.queued = false;
    this.#owner = owner;
    this.#limits = limits;
    this.#datagrams = [];
    this.#charge = 0;
    this.#path = undefined;
    this.#remotePort = 0;
    this.#failure = undefined;
    this.#open = true;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Datagrams that wait. */
  get waiting(): number {
    return this.#datagrams.length;
  }

  /** The remote end that {@link connect} chose. */
  get remote(): IpAddress | undefined {
    return this.#path?.remote;
  }

  get remotePort(): number {
    return this.#remotePort;
  }

  /** From now on only datagrams from this remote end arrive, and errors about it are told by {@link takeFailure}. */
  connect(path: Path, remotePort: number): void {
    if (!this.#open) throw new UdpUsageError('EBADF', 'the socket is closed');
    checkPort(remotePort);
    this.#path = path;
    this.#remotePort = remotePort;
  }

  /**
   * Sends `octets[start, end)` (0 to 65,507) as one datagram, in fragments where the path needs them. `frame` is
   * the stack's one frame; `path` leads to the remote host, and is the connected one by default. On `Full` send it
   * again once the link has room; `Pending` is as good as sent.
   */
  send(
    frame: OutboundFrame,
    path: Path | undefined,
    remotePort: number,
    octets: Uint8Array,
    start: number,
    end: number,
    now: number,
  ): OutputResult {
    if (!this.#open) throw new UdpUsageError('EBADF', 'the socket is closed');
    const way = path ?? this.#path;
    if (way === undefined) throw new UdpUsageError('EINVAL', 'the socket is not connected: a path is needed');
    const port = path === undefined ? this.#remotePort : remotePort;
    checkPort(port);
    const length = end - start;
    if (length > MAXIMUM_PAYLOAD) {
      throw new UdpUsageError('EMSGSIZE', `a datagram holds at most ${MAXIMUM_PAYLOAD} octets, not ${length}`);
    }
    frame.reset();
    const view = frame.slab.view;
    const at = frame.start;
    view.setUint16(at + UdpField.SourcePort, this.port);
    view.setUint16(at + UdpField.DestinationPort, port);
    view.setUint16(at + UdpField.Length, length + HEADER_OCTETS);
    frame.end += HEADER_OCTETS;
    frame.headerEnd = frame.end;
    frame.copy(octets, start, end);
    const result = way.output(frame, Protocol.Udp, UdpField.Checksum, 0, true, now);
    if (result === OutputResult.Sent || result === OutputResult.Pending) this.#owner.counters.sent++;
    return result;
  }

  /** The next datagram. Call until undefined when the layer says that the socket is ready. */
  receive(): UdpDatagram | undefined {
    const datagram = this.#datagrams.shift();
    if (datagram !== undefined) this.#charge -= datagram.octets.length + DATAGRAM_OVERHEAD;
    return datagram;
  }

  /** What last went wrong with a connected socket's datagrams, once. */
  takeFailure(): UdpFailure | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Gives the port back; what waits is dropped. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#datagrams.length = 0;
    this.#charge = 0;
    this.#owner.close(this);
  }

  /**
   * For the layer: how well a datagram in `packet` from this port fits: 0 not at all, and more the closer the
   * socket is bound.
   */
  fit(packet: InboundPacket, sourcePort: number): number {
    const address = this.address;
    let fit = 1;
    if (address !== undefined) {
      if (!isAddress(address, packet.destination0, packet.destination1, packet.destination2, packet.destination3)) {
        return 0;
      }
      fit += 1;
    }
    if (this.#path !== undefined) {
      const remote = this.#path.remote;
      if (
        sourcePort !== this.#remotePort ||
        !isAddress(remote, packet.source0, packet.source1, packet.source2, packet.source3)
      ) {
        return 0;
      }
      fit += 2;
    }
    return fit;
  }

  /** For the layer: a datagram whose payload lies in `packet` from `start` to `end`. */
  arrive(packet: InboundPacket, start: number, end: number, sourcePort: number): void {
    const charge = end - start + DATAGRAM_OVERHEAD;
    if (this.#datagrams.length >= this.#limits.datagrams || this.#charge + charge > this.#limits.octets) {
      this.#owner.counters.droppedFull++;
      return;
    }
    this.#charge += charge;
    const { origin } = packet;
    const octets = packet.slab.octets.slice(start, end);
    this.#datagrams.push(new UdpDatagram(octets, origin.source(packet), sourcePort, origin.destination(packet)));
    this.#owner.ready(this);
  }

  /**
   * For the layer: an error about a datagram from this socket's port to `remotePort`. False when the socket
   * cannot have sent it.
   */
  arriveError(error: TransportError, remotePort: number, now: number): boolean {
    const path = this.#path;
    if (path === undefined) {
      if (this.address !== undefined && this.address.word3 !== error.local3) return false;
      // RFC 1122 §4.1.3.3: one remote end among many cannot be named to the user; its path MTU is still worth knowing.
      if (error.kind === TransportErrorKind.PacketTooBig) error.lowerPathMtu?.(now);
      return true;
    }
    if (remotePort !== this.#remotePort || path.remote.word3 !== error.remote3 || path.local.word3 !== error.local3) {
      return false;
    }
    if (error.kind === TransportErrorKind.PacketTooBig) {
      path.lowerMtu(error.mtu, now);
      return true;
    }
    if (error.kind === TransportErrorKind.SourceQuench) return true;
    this.#failure = new UdpFailure(error.kind);
    this.#owner.ready(this);
    return true;
  }
}

/** Throws unless this can be a remote port. */
function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UdpUsageError('EINVAL', `a port is 1 to 65535, not ${port}`);
  }
}

function isAddress(address: IpAddress, word0: number, word1: number, word2: number, word3: number): boolean {
  return address.word3 === word3 && address.word2 === word2 && address.word1 === word1 && address.word0 === word0;
}
