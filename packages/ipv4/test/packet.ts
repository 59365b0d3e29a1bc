import { IpAddress } from '@immuable-net/ip';
import { toHex } from '@immuable-net/octets';

export interface PacketFields {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  readonly offset?: number;
  readonly ttl?: number;
  readonly ecn?: number;
  readonly options?: readonly number[];
  /** Replaces the right total length. */
  readonly total?: number;
  readonly payload?: Uint8Array;
}

/** The checksum of RFC 1071, word by word. */
export function checksum(octets: Uint8Array, initial: number = 0): number {
  let sum = initial;
  for (let i = 0; i < octets.length; i += 2) sum += octets[i]! * 256 + (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536);
  return 0xffff - sum;
}

/** Writes a packet, field by field, independently of the code under test. */
export function packet(fields: PacketFields): Uint8Array {
  const options = fields.options ?? [];
  const payload = fields.payload ?? new Uint8Array(8);
  const headerLength = 20 + options.length;
  const octets = new Uint8Array(headerLength + payload.length);
  const view = new DataView(octets.buffer);
  octets[0] = 0x40 | (headerLength / 4);
  octets[1] = fields.ecn ?? 0;
  view.setUint16(2, fields.total ?? octets.length);
  view.setUint16(4, fields.identification ?? 0);
  const flags = (fields.dontFragment === true ? 0x4000 : 0) | (fields.moreFragments === true ? 0x2000 : 0);
  view.setUint16(6, flags | ((fields.offset ?? 0) / 8));
  octets[8] = fields.ttl ?? 64;
  octets[9] = fields.protocol ?? 17;
  view.setInt32(12, IpAddress.parse(fields.source ?? '10.0.0.1').word3);
  view.setInt32(16, IpAddress.parse(fields.destination ?? '10.0.0.2').word3);
  octets.set(options, 20);
  view.setUint16(10, checksum(octets.subarray(0, headerLength)));
  octets.set(payload, headerLength);
  return octets;
}

/** An ICMP message with its checksum. */
export function icmp(type: number, code: number, rest: number, data: Uint8Array): Uint8Array {
  const octets = new Uint8Array(8 + data.length);
  octets[0] = type;
  octets[1] = code;
  new DataView(octets.buffer).setUint32(4, rest);
  octets.set(data, 8);
  new DataView(octets.buffer).setUint16(2, checksum(octets));
  return octets;
}

/** Cuts a packet as a router would: payload pieces of `size` (a multiple of 8) octets. */
export function fragments(fields: PacketFields, size: number): Uint8Array[] {
  const payload = fields.payload ?? new Uint8Array(0);
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const part = payload.subarray(offset, offset + size);
    pieces.push(packet({ ...fields, payload: part, offset, moreFragments: offset + size < payload.length }));
  }
  return pieces;
}

/** A packet that came out of the code under test, taken apart; throws when its lengths or its checksum are wrong. */
export class Packet {
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  readonly offset: number;
  readonly ttl: number;
  readonly ecn: number;
  readonly octets: Uint8Array;
  readonly payload: Uint8Array;

  private constructor(octets: Uint8Array, to: Uint8Array | undefined) {
    const view = new DataView(octets.buffer, octets.byteOffset);
    const flags = view.getUint16(6);
    this.to = to === undefined ? '' : toHex(to);
    this.source = IpAddress.v4(view.getInt32(12)).toString();
    this.destination = IpAddress.v4(view.getInt32(16)).toString();
    this.protocol = octets[9]!;
    this.identification = view.getUint16(4);
    this.dontFragment = (flags & 0x4000) !== 0;
    this.moreFragments = (flags & 0x2000) !== 0;
    this.offset = (flags & 0x1fff) * 8;
    this.ttl = octets[8]!;
    this.ecn = octets[1]! & 3;
    this.octets = octets;
    this.payload = octets.slice(20);
  }

  static read(octets: Uint8Array, to: Uint8Array | undefined): Packet {
    const total = octets[2]! * 256 + octets[3]!;
    if (octets[0] !== 0x45) throw new Error(`first octet ${octets[0]}`);
    if (total > octets.length || checksum(octets.subarray(0, 20)) !== 0) throw new Error(`bad packet ${toHex(octets)}`);
    return new Packet(octets.subarray(0, total), to);
  }
}
