import type { TcpConnection, TcpConnectionOptions, TcpParameters } from '../src/index.ts';
import { Control } from '../src/index.ts';
import { Pair, type Sent } from './pair.ts';

export const { FIN, SYN, RST, PSH, ACK, URG, ECE, CWR } = Control;

/** One segment as a test writes it; what is left out is what a peer in order would send. */
export interface Crafted {
  seq?: number;
  ack?: number;
  control?: number;
  window?: number;
  octets?: Uint8Array;
  options?: number[];
  timestamp?: number;
  echo?: number;
  urgent?: number;
  ecn?: number;
  port?: number;
}

/** A segment's octets. */
export function craft(from: number, to: number, seq: number, ack: number, control: number, c: Crafted): Uint8Array {
  const options = [...(c.options ?? [])];
  if (c.timestamp !== undefined) {
    const e = c.echo ?? 0;
    const t = c.timestamp;
    options.push(1, 1, 8, 10, t >>> 24, (t >>> 16) & 255, (t >>> 8) & 255, t & 255);
    options.push(e >>> 24, (e >>> 16) & 255, (e >>> 8) & 255, e & 255);
  }
  while (options.length % 4 !== 0) options.push(0);
  const payload = c.octets ?? new Uint8Array(0);
  const octets = new Uint8Array(20 + options.length + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setInt32(4, seq);
  view.setInt32(8, ack);
  view.setUint16(12, ((20 + options.length) << 10) | control);
  view.setUint16(14, c.window ?? 65_535);
  view.setUint16(18, c.urgent ?? 0);
  octets.set(options, 20);
  octets.set(payload, 20 + options.length);
  return octets;
}

export const MSS_1460 = [2, 4, 5, 0xb4];
export const SACK_PERMITTED = [1, 1, 4, 2];
export const SCALE_7 = [1, 3, 3, 7];

/** A server layer, and a peer whose every segment the test writes. */
export class RawPeer {
  readonly pair: Pair;
  /** The peer's next sequence number, and what it has seen of the server's. */
  seq = 1_000_000;
  ack = 0;
  port = 40_000;
  timestamps = false;
  tsOffset = 7_000_000;
  echo = 0;

  constructor(parameters: Partial<TcpParameters> = {}, connectionOptions: TcpConnectionOptions = {}, backlog?: number) {
    this.pair = new Pair({ parameters, drop: (segment) => segment.from === 'server' });
    this.pair.listen({ connectionOptions, ...(backlog === undefined ? {} : { backlog }) });
  }

  get now(): number {
    return this.pair.now;
  }

  /** Sends one segment; its octets move the peer's sequence number when it stood in order. */
  send(c: Crafted = {}): Sent[] {
    const control = c.control ?? ACK;
    const seq = c.seq ?? this.seq;
    const crafted = { ...c };
    if (this.timestamps && c.timestamp === undefined && c.options === undefined) {
      crafted.timestamp = (this.tsOffset + Math.floor(this.now)) | 0;
      crafted.echo ??= this.echo;
    }
    this.pair.inject('server', craft(c.port ?? this.port, 80, seq, c.ack ?? this.ack, control, crafted), c.ecn ?? 0);
    if (seq === this.seq && (control & RST) === 0) {
      this.seq = (seq + (c.octets?.length ?? 0) + (control & FIN ? 1 : 0) + (control & SYN ? 1 : 0)) | 0;
    }
    return this.take();
  }

  /** What the server sent; the peer acknowledges it with its next segment. */
  take(): Sent[] {
    const sent = this.pair.take();
    for (const segment of sent) {
      const end =
        (segment.seq + segment.length + (segment.control & SYN ? 1 : 0) + (segment.control & FIN ? 1 : 0)) | 0;
      if (((end - this.ack) | 0) > 0 || this.ack === 0) this.ack = end;
      if (segment.timestamp !== 0) this.echo = segment.timestamp;
    }
    return sent;
  }

  /** Opens a connection with these SYN options. */
  open(options: number[] = [...MSS_1460, ...SACK_PERMITTED, ...SCALE_7], timestamps = false): TcpConnection {
    const all = timestamps ? [...options, 1, 1, 8, 10, 0, 0x6a, 0xd3, 0x28, 0, 0, 0, 0] : options;
    if (timestamps) this.tsOffset = 0x6ad328 - Math.floor(this.now);
    this.send({ control: SYN, ack: 0, options: all });
    this.timestamps = timestamps;
    this.send();
    const connection = this.pair.accepted[this.pair.accepted.length - 1];
    if (connection === undefined) throw new Error('not accepted');
    return connection;
  }

  /** Lets time pass and gives what was sent meanwhile. */
  run(milliseconds: number): Sent[] {
    this.pair.run(milliseconds);
    return this.take();
  }
}
