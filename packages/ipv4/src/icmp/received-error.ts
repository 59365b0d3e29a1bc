import { type TransportError, TransportErrorKind } from '@immuable-net/ip';
import { Slab } from '@immuable-net/octets';
import { FragmentBits, Ipv4Field } from '../packet-header.ts';
import { HEADER_OCTETS } from '../parameters.ts';
import { IcmpType, UnreachableCode } from './icmp-message.ts';

/** Where path MTUs are kept. */
export interface ErrorGround {
  lowerPathMtu(remote: number, mtu: number, now: number): void;
}

/** The one error of a layer, aimed anew for each. */
export class ReceivedError implements TransportError {
  kind: TransportErrorKind;
  readonly family = 4;
  protocol: number;
  local3: number;
  remote3: number;
  octets: Uint8Array;
  view: DataView;
  start: number;
  end: number;
  mtu: number;
  readonly #ground: ErrorGround;

  constructor(ground: ErrorGround) {
    const none = Slab.allocate(0);
    this.kind = TransportErrorKind.HostUnreachable;
    this.protocol = 0;
    this.local3 = 0;
    this.remote3 = 0;
    this.octets = none.octets;
    this.view = none.view;
    this.start = 0;
    this.end = 0;
    this.mtu = 0;
    this.#ground = ground;
  }

  lowerPathMtu(now: number): void {
    this.#ground.lowerPathMtu(this.remote3, this.mtu, now);
  }

  /**
   * Aims it at the packet quoted at `start` (its IP header first): false when that is none, has no transport
   * header (a later fragment), or fewer than 8 octets of it.
   */
  quote(octets: Uint8Array, view: DataView, start: number, end: number): boolean {
    if (end - start < HEADER_OCTETS) return false;
    const first = view.getUint8(start);
    const headerLength = (first & 15) << 2;
    if (first >>> 4 !== 4 || headerLength < HEADER_OCTETS || end - start < headerLength + 8) return false;
    if ((view.getUint16(start + Ipv4Field.FlagsAndOffset) & FragmentBits.Offset) !== 0) return false;
    const total = view.getUint16(start + Ipv4Field.TotalLength);
    if (total < headerLength + 8) return false;
    this.octets = octets;
    this.view = view;
    this.protocol = view.getUint8(start + Ipv4Field.Protocol);
    this.local3 = view.getInt32(start + Ipv4Field.Source);
    this.remote3 = view.getInt32(start + Ipv4Field.Destination);
    this.start = start + headerLength;
    this.end = end - start > total ? start + total : end;
    return true;
  }
}

/** What a type and code mean to a transport (RFC 1122 §3.2.2.1, §4.2.3.9). */
export function errorKind(type: number, code: number): TransportErrorKind {
  if (type === IcmpType.TimeExceeded) return TransportErrorKind.TimeExceeded;
  if (type === IcmpType.ParameterProblem) return TransportErrorKind.ParameterProblem;
  switch (code) {
    case UnreachableCode.Net:
    case UnreachableCode.SourceRouteFailed:
    case UnreachableCode.NetUnknown:
    case UnreachableCode.NetProhibited:
    case UnreachableCode.NetTypeOfService:
      return TransportErrorKind.NetUnreachable;
    case UnreachableCode.Protocol:
      return TransportErrorKind.ProtocolUnreachable;
    case UnreachableCode.Port:
      return TransportErrorKind.PortUnreachable;
    case UnreachableCode.FragmentationNeeded:
      return TransportErrorKind.PacketTooBig;
    default:
      return TransportErrorKind.HostUnreachable;
  }
}
