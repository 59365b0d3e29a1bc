/** Which way a captured frame went. */
export type FrameDirection = 'in' | 'out';

/** Where a capture is written: whole records, borrowed until the call returns. */
export type CaptureSink = (octets: Uint8Array) => void;

/** A capture file's format. Frames are laid out where the writer says, then written. */
export interface CaptureWriter {
  /** Room that {@link frame} needs in front of the frame's octets and behind them. */
  readonly before: number;
  readonly after: number;
  /**
   * Writes the record of a frame of `length` octets that stands at `octets[before, before + length)`; the writer
   * fills in the rest. `timeMs` is the wall clock's milliseconds since 1970, with fractions.
   */
  frame(octets: Uint8Array, view: DataView, length: number, timeMs: number, direction: FrameDirection): void;
}

/** LINKTYPE_ETHERNET and LINKTYPE_RAW (tcpdump.org's registry). */
export const LinkType = { Ethernet: 1, Raw: 101 } as const;

/** Longer than any frame: 64 KiB and headers. */
export const SNAPSHOT_OCTETS = 262_144;

/** The classic format (draft-ietf-opsawg-pcap), times in nanoseconds. Its header goes out when it is made. */
export class PcapWriter implements CaptureWriter {
  readonly before: number;
  readonly after: number;
  readonly #sink: CaptureSink;

  constructor(medium: 'ethernet' | 'ip', sink: CaptureSink) {
    this.before = 16;
    this.after = 0;
    this.#sink = sink;
    const header = new Uint8Array(24);
    const view = new DataView(header.buffer);
    view.setUint32(0, 0xa1b23c4d, true); // magic: times in nanoseconds
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, SNAPSHOT_OCTETS, true);
    view.setUint32(20, medium === 'ethernet' ? LinkType.Ethernet : LinkType.Raw, true);
    sink(header);
  }

  frame(octets: Uint8Array, view: DataView, length: number, timeMs: number): void {
    const seconds = Math.floor(timeMs / 1000);
    view.setUint32(0, seconds, true);
    view.setUint32(4, Math.floor((timeMs - seconds * 1000) * 1e6), true);
    view.setUint32(8, length, true);
    view.setUint32(12, length, true);
    this.#sink(octets.subarray(0, 16 + length));
  }
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;
const TLS_KEY_LOG = 0x544c534b;

/** The next generation format (draft-ietf-opsawg-pcapng): directions, and the secrets that decrypt the frames. */
export class PcapngWriter implements CaptureWriter {
  readonly before: number;
  readonly after: number;
  readonly #sink: CaptureSink;

  constructor(medium: 'ethernet' | 'ip', sink: CaptureSink) {
    this.before = 28;
    this.after = 24; // padding, direction, end of options, length
    this.#sink = sink;
    const header = new Uint8Array(28 + 32);
    const view = new DataView(header.buffer);
    view.setUint32(0, SECTION_HEADER, true);
    view.setUint32(4, 28, true);
    view.setUint32(8, 0x1a2b3c4d, true);
    view.setUint16(12, 1, true);
    view.setUint32(16, 0xffffffff, true); // section length: not told
    view.setUint32(20, 0xffffffff, true);
    view.setUint32(24, 28, true);
    view.setUint32(28, INTERFACE_DESCRIPTION, true);
    view.setUint32(32, 32, true);
    view.setUint16(36, medium === 'ethernet' ? LinkType.Ethernet : LinkType.Raw, true);
    view.setUint32(40, SNAPSHOT_OCTETS, true);
    view.setUint16(44, 9, true); // if_tsresol: 10⁻⁹
    view.setUint16(46, 1, true);
    header[48] = 9;
    view.setUint32(56, 32, true);
    sink(header);
  }

  frame(octets: Uint8Array, view: DataView, length: number, timeMs: number, direction: FrameDirection): void {
    const padded = (length + 3) & ~3;
    const total = 28 + padded + 12 + 4;
    const seconds = Math.floor(timeMs / 1000);
    // Nanoseconds since 1970 exceed 2⁵³: made of two products that do not.
    const nanoseconds = Math.floor((timeMs - seconds * 1000) * 1e6);
    const lowProduct = (seconds % TWO_TO_16) * 1e9 + nanoseconds;
    const highProduct = Math.floor(seconds / TWO_TO_16) * 1e9;
    const sum = (highProduct % TWO_TO_16) * TWO_TO_16 + lowProduct;
    view.setUint32(0, ENHANCED_PACKET, true);
    view.setUint32(4, total, true);
    view.setUint32(8, 0, true);
    view.setUint32(12, Math.floor(highProduct / TWO_TO_16) + Math.floor(sum / TWO_TO_32), true);
    view.setUint32(16, sum % TWO_TO_32, true);
    view.setUint32(20, length, true);
    view.setUint32(24, length, true);
    octets.fill(0, 28 + length, 28 + padded);
    const options = 28 + padded;
    view.setUint16(options, 2, true); // epb_flags
    view.setUint16(options + 2, 4, true);
    view.setUint32(options + 4, direction === 'in' ? 1 : 2, true);
    view.setUint32(options + 8, 0, true);
    view.setUint32(options + 12, total, true);
    this.#sink(octets.subarray(0, total));
  }

  /** Writes lines of a TLS key log (RFC 9850): before the frames that they decrypt. */
  secrets(keyLog: Uint8Array): void {
    const padded = (keyLog.length + 3) & ~3;
    const total = 16 + padded + 4;
    const block = new Uint8Array(total);
    const view = new DataView(block.buffer);
    view.setUint32(0, DECRYPTION_SECRETS, true);
    view.setUint32(4, total, true);
    view.setUint32(8, TLS_KEY_LOG, true);
    view.setUint32(12, keyLog.length, true);
    block.set(keyLog, 16);
    view.setUint32(16 + padded, total, true);
    this.#sink(block);
  }
}

const TWO_TO_16 = 0x1_0000;
const TWO_TO_32 = 0x1_0000_0000;
