/** An IPv4 or IPv6 address as 4 or 16 octets; undefined for what is not one. */
export function ipOctets(text: string): Uint8Array | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return bare.includes(':') ? ipv6Octets(bare) : ipv4Octets(bare);
}

function ipv4Octets(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

/** RFC 4291 §2.2. */
function ipv6Octets(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const tail = groups[groups.length - 1]!;
  const last = tail[tail.length - 1];
  if (last?.includes('.') === true) {
    const v4 = ipv4Octets(last);
    if (v4 === undefined) return undefined;
    tail.pop();
    tail.push(((v4[0]! << 8) | v4[1]!).toString(16), ((v4[2]! << 8) | v4[3]!).toString(16));
  }
  const head = groups[0]!;
  const count = halves.length === 1 ? head.length : head.length + tail.length;
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const all = halves.length === 1 ? head : [...head, ...new Array<string>(8 - count).fill('0'), ...tail];
  const octets = new Uint8Array(16);
  for (let i = 0; i < 8; i++) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(all[i]!)) return undefined;
    const value = Number.parseInt(all[i]!, 16);
    octets[i * 2] = value >>> 8;
    octets[i * 2 + 1] = value;
  }
  return octets;
}
