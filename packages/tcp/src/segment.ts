import type { Slab } from '@immuable-net/octets';

/** The control bits (RFC 9293 §3.1), and those of RFC 3168. */
export const Control = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

/** Octets of a header without options. */
export const HEADER_OCTETS = 20;

/** Octets that the timestamp option takes on every segment, padding included (RFC 7323 appendix A). */
export const TIMESTAMP_OCTETS = 12;

/** Where fields stand, octets from the start of the header. */
export const Field = {
  SourcePort: 0,
  DestinationPort: 2,
  Sequence: 4,
  Acknowledgment: 8,
  OffsetAndControl: 12,
  Window: 14,
  Checksum: 16,
  Urgent: 18,
  Options: 20,
} as const;

/** Option kinds (RFC 9293 §3.1, RFC 2018, RFC 7323). */
export const OptionKind = {
  End: 0,
  NoOperation: 1,
  MaximumSegmentSize: 2,
  WindowScale: 3,
  SackPermitted: 4,
  Sack: 5,
  Timestamps: 8,
} as const;

/** NOP, NOP, kind 8, length 10: how timestamps stand on nearly every segment. */
const TIMESTAMPS_ALIGNED = 0x0101080a;

/** Why {@link SegmentView.read} refused. */
export const SegmentFault = { None: 0, Short: 1, Offset: 2 } as const;

/** One segment, read from a slab; used again for each. Sequence numbers are int32. */
export class SegmentView {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
  control: number;
  /** As it stands in the header: not scaled. */
  window: number;
  payloadStart: number;
  payloadEnd: number;
  hasTimestamps: boolean;
  timestamp: number;
  timestampEcho: number;
  /** 0 when there was no option. */
  maximumSegmentSize: number;
  /** -1 when there was no option. */
  windowShift: number;
  sackPermitted: boolean;
  sackCount: number;
  /** Left and right edge of each block. */
  readonly sacks: Int32Array;

  constructor() {
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.sequence = 0;
    this.acknowledgment = 0;
    this.control = 0;
    this.window = 0;
    this.payloadStart = 0;
    this.payloadEnd = 0;
    this.hasTimestamps = false;
    this.timestamp = 0;
    this.timestampEcho = 0;
    this.maximumSegmentSize = 0;
    this.windowShift = -1;
    this.sackPermitted = false;
    this.sackCount = 0;
    this.sacks = new Int32Array(8);
  }

  /** SEG.LEN: payload octets, and one each for SYN and FIN. */
  get length(): number {
    return this.payloadEnd - this.payloadStart + ((this.control >> 1) & 1) + (this.control & 1);
  }

  /** Reads the segment `slab.octets[start, end)`. Answers one of {@link SegmentFault}. */
  read(slab: Slab, start: number, end: number): number {
    if (end - start < HEADER_OCTETS) return SegmentFault.Short;
    const view = slab.view;
    const offsetAndControl = view.getUint16(start + Field.OffsetAndControl);
    const payloadStart = start + ((offsetAndControl >>> 12) << 2);
    if (payloadStart < start + HEADER_OCTETS || payloadStart > end) return SegmentFault.Offset;
    this.sourcePort = view.getUint16(start);
    this.destinationPort = view.getUint16(start + Field.DestinationPort);
    this.sequence = view.getInt32(start + Field.Sequence);
    this.acknowledgment = view.getInt32(start + Field.Acknowledgment);
    this.control = offsetAndControl & 0xff;
    this.window = view.getUint16(start + Field.Window);
    this.payloadStart = payloadStart;
    this.payloadEnd = end;
    this.sackCount = 0;
    if (payloadStart === start + HEADER_OCTETS + TIMESTAMP_OCTETS) {
      if (view.getInt32(start + Field.Options) === TIMESTAMPS_ALIGNED) {
        this.hasTimestamps = true;
        this.timestamp = view.getInt32(start + Field.Options + 4);
        this.timestampEcho = view.getInt32(start + Field.Options + 8);
        if ((this.control & Control.SYN) !== 0) this.#forgetSynOptions();
        return SegmentFault.None;
      }
    }
    this.hasTimestamps = false;
    this.#forgetSynOptions();
    if (payloadStart > start + HEADER_OCTETS) this.#readOptions(slab, start + HEADER_OCTETS, payloadStart);
    return SegmentFault.None;
  }

  #forgetSynOptions(): void {
    this.maximumSegmentSize = 0;
    this.windowShift = -1;
    this.sackPermitted = false;
  }

  /** A malformed option ends the list: what stood before it counts. RFC 9293 §3.1 (MUST-7). */
  #readOptions(slab: Slab, from: number, end: number): void {
    const octets = slab.octets;
    const view = slab.view;
    let at = from;
    while (at < end) {
      const kind = octets[at]!;
      if (kind === OptionKind.End) return;
      if (kind === OptionKind.NoOperation) {
        at++;
        continue;
      }
      if (at + 1 >= end) return;
      const length = octets[at + 1]!;
      if (length < 2 || at + length > end) return;
      switch (kind) {
        case OptionKind.MaximumSegmentSize:
          if (length === 4) this.maximumSegmentSize = view.getUint16(at + 2);
          break;
        case OptionKind.WindowScale:
          if (length === 3) this.windowShift = octets[at + 2]!;
          break;
        case OptionKind.SackPermitted:
          if (length === 2) this.sackPermitted = true;
          break;
        case OptionKind.Sack:
          if (((length - 2) & 7) === 0 && length <= 34) {
            const count = (length - 2) >> 3;
            for (let i = 0; i < count * 2; i++) this.sacks[i] = view.getInt32(at + 2 + i * 4);
            this.sackCount = count;
          }
          break;
        case OptionKind.Timestamps:
          if (length === 10) {
            this.hasTimestamps = true;
            this.timestamp = view.getInt32(at + 2);
            this.timestampEcho = view.getInt32(at + 6);
          }
          break;
        default:
          break;
      }
      at += length;
    }
  }
}

/** Writes a header without options at `at`; the checksum and urgent fields are zero. `optionOctets` is a multiple of four. */
export function writeHeader(
  view: DataView,
  at: number,
  sourcePort: number,
  destinationPort: number,
  sequence: number,
  acknowledgment: number,
  control: number,
  window: number,
  optionOctets: number,
): void {
  view.setUint16(at, sourcePort);
  view.setUint16(at + Field.DestinationPort, destinationPort);
  view.setInt32(at + Field.Sequence, sequence);
  view.setInt32(at + Field.Acknowledgment, acknowledgment);
  view.setUint16(at + Field.OffsetAndControl, ((HEADER_OCTETS + optionOctets) << 10) | control);
  view.setUint16(at + Field.Window, window);
  view.setInt32(at + Field.Checksum, 0);
}

/** Writes the timestamps option with its padding: {@link TIMESTAMP_OCTETS}. */
export function writeTimestamps(view: DataView, at: number, value: number, echo: number): void {
  view.setInt32(at, TIMESTAMPS_ALIGNED);
  view.setInt32(at + 4, value);
  view.setInt32(at + 8, echo);
}

/**
 * Writes the options of a SYN or SYN-ACK: MSS; SACK permitted and timestamps; window scale. Returns how many
 * octets, a multiple of four.
 */
export function writeSynOptions(
  view: DataView,
  at: number,
  maximumSegmentSize: number,
  windowShift: number,
  sackPermitted: boolean,
  timestamps: boolean,
  timestamp: number,
  echo: number,
): number {
  view.setInt32(at, 0x02040000 | maximumSegmentSize);
  let to = at + 4;
  if (timestamps) {
    view.setInt32(to, sackPermitted ? 0x0402080a : TIMESTAMPS_ALIGNED);
    view.setInt32(to + 4, timestamp);
    view.setInt32(to + 8, echo);
    to += 12;
  } else if (sackPermitted) {
    view.setInt32(to, 0x01010402);
    to += 4;
  }
  if (windowShift >= 0) {
    view.setInt32(to, 0x01030300 | windowShift);
    to += 4;
  }
  return to - at;
}
