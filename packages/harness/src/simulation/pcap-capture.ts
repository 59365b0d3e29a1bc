import type { FrameObserver, SimulatedLink } from './simulated-link.ts';

/** What a capture file keeps of a run: the last so many octets of frames. */
const CAPACITY = 16 << 20;

/** Keeps the frames that links send, and writes them as a capture file (pcap, nanoseconds) that Wireshark opens. */
export class PcapCapture implements FrameObserver {
  #records: Uint8Array[];
  #octets: number;

  constructor() {
    this.#records = [];
    this.#octets = 0;
  }

  sent(_link: SimulatedLink, octets: Uint8Array, start: number, end: number, now: number): void {
    const record = new Uint8Array(16 + end - start);
    const view = new DataView(record.buffer);
    const seconds = Math.floor(now / 1000);
    view.setUint32(0, seconds);
    view.setUint32(4, Math.min(999_999_999, Math.round((now - seconds * 1000) * 1e6)));
    view.setUint32(8, end - start);
    view.setUint32(12, end - start);
    record.set(octets.subarray(start, end), 16);
    this.#records.push(record);
    this.#octets += record.length;
    while (this.#octets > CAPACITY) this.#octets -= this.#records.shift()!.length;
  }

  /** What a link receives was sent by another. */
  received(): void {}

  /** The file: frames as they left, in the order of time. */
  file(): Uint8Array {
    const file = new Uint8Array(24 + this.#octets);
    const view = new DataView(file.buffer);
    view.setUint32(0, 0xa1b23c4d);
    view.setUint16(4, 2);
    view.setUint16(6, 4);
    view.setUint32(16, 65536 + 64);
    view.setUint32(20, 1); // LINKTYPE_ETHERNET
    let at = 24;
    for (const record of this.#records) {
      file.set(record, at);
      at += record.length;
    }
    return file;
  }
}
