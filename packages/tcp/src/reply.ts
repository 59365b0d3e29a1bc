import { type InboundPacket, OutputResult, type Path, Protocol } from '@immuable-net/ip';
import { OutboundFrame, Slab, TRANSPORT_START } from '@immuable-net/octets';
import type { TcpCounters } from './counters.ts';
import type { TcpParameters } from './parameters.ts';
import { RateLimit } from './rate-limit.ts';
import {
  Control,
  Field,
  HEADER_OCTETS,
  type SegmentView,
  TIMESTAMP_OCTETS,
  writeHeader,
  writeSynOptions,
  writeTimestamps,
} from './segment.ts';

/** The frame of a reply holds headers only. */
const REPLY_OCTETS: number = TRANSPORT_START + 256;

/** Segments that no connection sends: RSTs, SYN-ACKs, the acknowledgments of TIME-WAIT. Sent at once, lost if there is no room. */
export class Replies {
  readonly #counters: TcpCounters;
  readonly #frame: OutboundFrame;
  readonly #resets: RateLimit;
  readonly #acknowledgments: RateLimit;

  constructor(parameters: TcpParameters, counters: TcpCounters) {
    this.#counters = counters;
    this.#frame = new OutboundFrame(Slab.allocate(REPLY_OCTETS));
    this.#resets = new RateLimit(parameters.resetsPerSecond);
    this.#acknowledgments = new RateLimit(parameters.challengeAcksPerSecond);
  }

  /** RFC 9293 §3.10.7.1: the RST for a segment that nobody expects; never for a RST, never to a broadcast, limited. */
  reset(packet: InboundPacket, segment: SegmentView, now: number): void {
    if ((segment.control & Control.RST) !== 0 || packet.broadcast) return;
    if (!this.#resets.take(now)) {
      this.#counters.droppedReplyRate++;
      return;
    }
    const acknowledges = (segment.control & Control.ACK) !== 0;
    this.#send(
      packet.origin.replyPath(packet),
      segment.destinationPort,
      segment.sourcePort,
      acknowledges ? segment.acknowledgment : 0,
      acknowledges ? 0 : (segment.sequence + segment.length) | 0,
      acknowledges ? Control.RST : Control.RST | Control.ACK,
      0,
      0,
      now,
    );
    this.#counters.resetsSent++;
  }

  /** An acknowledgment from TIME-WAIT or for a half-open connection; limited (RFC 5961 §7). */
  acknowledge(
    packet: InboundPacket,
    segment: SegmentView,
    sequence: number,
    acknowledgment: number,
    window: number,
    timestamps: boolean,
    timestamp: number,
    echo: number,
    now: number,
  ): void {
    if (packet.broadcast) return;
    if (!this.#acknowledgments.take(now)) {
      this.#counters.challengeAcksSuppressed++;
      return;
    }
    this.#counters.challengeAcks++;
    let options = 0;
    if (timestamps) {
      writeTimestamps(this.#frame.slab.view, TRANSPORT_START + HEADER_OCTETS, timestamp, echo);
      options = TIMESTAMP_OCTETS;
    }
    this.#send(
      packet.origin.replyPath(packet),
      segment.destinationPort,
      segment.sourcePort,
      sequence,
      acknowledgment,
      Control.ACK,
      window,
      options,
      now,
    );
  }

  /** A SYN-ACK. `windowShift` -1: none was offered. */
  synAck(
    path: Path,
    localPort: number,
    remotePort: number,
    sequence: number,
    acknowledgment: number,
    window: number,
    maximumSegmentSize: number,
    windowShift: number,
    sack: boolean,
    timestamps: boolean,
    timestamp: number,
    echo: number,
    ecn: boolean,
    now: number,
  ): void {
    const view = this.#frame.slab.view;
    const start = TRANSPORT_START + HEADER_OCTETS;
    const options = writeSynOptions(view, start, maximumSegmentSize, windowShift, sack, timestamps, timestamp, echo);
    const control = Control.SYN | Control.ACK | (ecn ? Control.ECE : 0);
    this.#send(path, localPort, remotePort, sequence, acknowledgment, control, window, options, now);
  }

  #send(
    path: Path,
    localPort: number,
    remotePort: number,
    sequence: number,
    acknowledgment: number,
    control: number,
    window: number,
    options: number,
    now: number,
  ): void {
    const frame = this.#frame;
    frame.reset();
    writeHeader(
      frame.slab.view,
      TRANSPORT_START,
      localPort,
      remotePort,
      sequence,
      acknowledgment,
      control,
      window,
      options,
    );
    frame.headerEnd = frame.end = TRANSPORT_START + HEADER_OCTETS + options;
    const result = path.output(frame, Protocol.Tcp, Field.Checksum, 0, false, now);
    if (result === OutputResult.Full) this.#counters.droppedReplyFull++;
    else {
      this.#counters.segmentsSent++;
      if (result === OutputResult.Unreachable) this.#counters.pathUnreachable++;
    }
  }
}
