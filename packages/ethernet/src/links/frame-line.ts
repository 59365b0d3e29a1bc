import { EtherType, HEADER_OCTETS } from '../parameters.ts';
import { tcpText } from './tcp-text.ts';

/**
 * One frame as one line, in the manner of `tcpdump -n -S`. The head is `octets[start, end)`; `length` is the whole
 * frame's, of which payload may stand elsewhere. Anything may stand in the octets: what does not parse is shown as
 * far as it goes.
 */
export function frameLine(
  octets: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  length: number,
  medium: 'ethernet' | 'ip',
): string {
  if (medium === 'ip') {
    if (end === start) return 'empty';
    return octets[start]! >>> 4 === 6
      ? ipv6Line(view, octets, start, end, length)
      : ipv4Line(view, octets, start, end, length);
  }
  if (end - start < HEADER_OCTETS) return `truncated Ethernet, length ${length}`;
  const type = view.getUint16(start + 12);
  const at = start + HEADER_OCTETS;
  const left = length - HEADER_OCTETS;
  switch (type) {
    case EtherType.Arp:
      return arpLine(view, octets, at, end, left);
    case EtherType.Ipv4:
      return ipv4Line(view, octets, at, end, left);
    case EtherType.Ipv6:
      return ipv6Line(view, octets, at, end, left);
    default:
      return `${mac(octets, start + 6)} > ${mac(octets, start)}, ethertype 0x${type.toString(16).padStart(4, '0')}, length ${length}`;
  }
}

function arpLine(view: DataView, octets: Uint8Array, at: number, end: number, length: number): string {
  if (end - at < 28) return `ARP, truncated, length ${length}`;
  const sender = ipv4(octets, at + 14);
  const target = ipv4(octets, at + 24);
  switch (view.getUint16(at + 6)) {
    case 1:
      if (sender === target) return `ARP, Announcement ${sender} at ${mac(octets, at + 8)}, length ${length}`;
      if (sender === '0.0.0.0') return `ARP, Probe ${target}, length ${length}`;
      return `ARP, Request who-has ${target} tell ${sender}, length ${length}`;
    case 2:
      return `ARP, Reply ${sender} is-at ${mac(octets, at + 8)}, length ${length}`;
    default:
      return `ARP, operation ${view.getUint16(at + 6)}, length ${length}`;
  }
}

function ipv4Line(view: DataView, octets: Uint8Array, at: number, end: number, length: number): string {
  if (end - at < 20) return `IP truncated, length ${length}`;
  const headerLength = (octets[at]! & 15) * 4;
  const total = view.getUint16(at + 2);
  const source = ipv4(octets, at + 12);
  const destination = ipv4(octets, at + 16);
  if (octets[at]! >>> 4 !== 4 || headerLength < 20 || total < headerLength || total > length) {
    return `IP ${source} > ${destination}: malformed, length ${length}`;
  }
  const fragment = view.getUint16(at + 6);
  const offset = (fragment & 0x1fff) * 8;
  const payload = total - headerLength;
  if (offset !== 0 || (fragment & 0x2000) !== 0) {
    const more = (fragment & 0x2000) !== 0 ? '+' : '';
    return `IP ${source} > ${destination}: frag (id ${view.getUint16(at + 4)}, offset ${offset}${more}), proto ${octets[at + 9]}, length ${payload}`;
  }
  return `IP ${transportText(view, octets, at + headerLength, end, payload, octets[at + 9]!, source, destination)}`;
}

function ipv6Line(view: DataView, octets: Uint8Array, at: number, end: number, length: number): string {
  if (end - at < 40) return `IP6 truncated, length ${length}`;
  const payload = view.getUint16(at + 4);
  const source = ipv6(view, at + 8);
  const destination = ipv6(view, at + 24);
  if (payload > length - 40) return `IP6 ${source} > ${destination}: malformed, length ${length}`;
  return `IP6 ${transportText(view, octets, at + 40, end, payload, octets[at + 6]!, source, destination)}`;
}

function transportText(
  view: DataView,
  octets: Uint8Array,
  at: number,
  end: number,
  length: number,
  protocol: number,
  source: string,
  destination: string,
): string {
  const held = Math.min(end - at, length);
  if (protocol === 6 && held >= 20) {
    const ports = `${source}.${view.getUint16(at)} > ${destination}.${view.getUint16(at + 2)}`;
    return `${ports}: ${tcpText(view, octets, at, at + held, length)}`;
  }
  if (protocol === 17 && held >= 8) {
    const ports = `${source}.${view.getUint16(at)} > ${destination}.${view.getUint16(at + 2)}`;
    return `${ports}: UDP, length ${length - 8}`;
  }
  if (protocol === 1 && held >= 8) {
    return `${source} > ${destination}: ICMP ${icmpText(view, octets, at)}, length ${length}`;
  }
  return `${source} > ${destination}: proto ${protocol}, length ${length}`;
}

const UNREACHABLE = ['net', 'host', 'protocol', 'port'];

function icmpText(view: DataView, octets: Uint8Array, at: number): string {
  const type = octets[at]!;
  const code = octets[at + 1]!;
  switch (type) {
    case 0:
    case 8:
      return `echo ${type === 8 ? 'request' : 'reply'}, id ${view.getUint16(at + 4)}, seq ${view.getUint16(at + 6)}`;
    case 3:
      if (code === 4) return `unreachable - need to frag (mtu ${view.getUint16(at + 6)})`;
      return `${UNREACHABLE[code] ?? `destination (code ${code})`} unreachable`;
    case 11:
      return code === 0 ? 'time exceeded in-transit' : 'time exceeded reassembly';
    default:
      return `type ${type}, code ${code}`;
  }
}

function mac(octets: Uint8Array, at: number): string {
  let text = '';
  for (let i = 0; i < 6; i++) text += (i === 0 ? '' : ':') + octets[at + i]!.toString(16).padStart(2, '0');
  return text;
}

function ipv4(octets: Uint8Array, at: number): string {
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`;
}

/** RFC 4291 §2.2, form 1: no run of zeros is left out. */
function ipv6(view: DataView, at: number): string {
  let text = '';
  for (let i = 0; i < 16; i += 2) text += (i === 0 ? '' : ':') + view.getUint16(at + i).toString(16);
  return text;
}
