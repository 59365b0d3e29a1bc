/** RFC 9293 §3.1 and RFC 3168: control bits from the lowest, as tcpdump writes them. */
const FLAGS = 'FSRP.UEW';

/** A TCP segment of `length` octets whose first ones are `octets[at, end)` (20 or more): flags, numbers, window, options. */
export function tcpText(view: DataView, octets: Uint8Array, at: number, end: number, length: number): string {
  const headerLength = (octets[at + 12]! >>> 4) * 4;
  if (headerLength < 20 || headerLength > length) return `malformed, length ${length}`;
  const bits = octets[at + 13]!;
  let flags = '';
  for (let i = 0; i < FLAGS.length; i++) if (i !== 4 && (bits & (1 << i)) !== 0) flags += FLAGS[i];
  if ((bits & 16) !== 0) flags += '.';
  const data = length - headerLength;
  const seq = view.getUint32(at + 4);
  let text = `Flags [${flags === '' ? 'none' : flags}]`;
  // As tcpdump: the sequence number where the segment takes some of it.
  if (data > 0) text += `, seq ${seq}:${(seq + data) % 0x1_0000_0000}`;
  else if ((bits & 7) !== 0) text += `, seq ${seq}`;
  if ((bits & 16) !== 0) text += `, ack ${view.getUint32(at + 8)}`;
  text += `, win ${view.getUint16(at + 14)}`;
  if ((bits & 32) !== 0) text += `, urg ${view.getUint16(at + 18)}`;
  if (headerLength > 20) text += `, options [${optionsText(view, octets, at + 20, Math.min(at + headerLength, end))}]`;
  return `${text}, length ${data}`;
}

function optionsText(view: DataView, octets: Uint8Array, start: number, end: number): string {
  const options: string[] = [];
  let at = start;
  while (at < end) {
    const kind = octets[at]!;
    if (kind === 0) {
      options.push('eol');
      break;
    }
    if (kind === 1) {
      options.push('nop');
      at++;
      continue;
    }
    const length = at + 1 < end ? octets[at + 1]! : 0;
    if (length < 2 || at + length > end) {
      options.push('bad');
      break;
    }
    options.push(optionText(view, octets, at, kind, length));
    at += length;
  }
  return options.join(',');
}

function optionText(view: DataView, octets: Uint8Array, at: number, kind: number, length: number): string {
  if (kind === 2 && length === 4) return `mss ${view.getUint16(at + 2)}`;
  if (kind === 3 && length === 3) return `wscale ${octets[at + 2]}`;
  if (kind === 4 && length === 2) return 'sackOK';
  if (kind === 8 && length === 10) return `TS val ${view.getUint32(at + 2)} ecr ${view.getUint32(at + 6)}`;
  if (kind === 34) return 'tfo';
  if (kind === 5 && length >= 10 && (length - 2) % 8 === 0) {
    let text = `sack ${(length - 2) / 8} `;
    for (let block = at + 2; block < at + length; block += 8) {
      text += `{${view.getUint32(block)}:${view.getUint32(block + 4)}}`;
    }
    return text;
  }
  return `unknown-${kind}`;
}
