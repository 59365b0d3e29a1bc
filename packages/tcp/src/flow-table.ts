import type { InboundPacket, IpAddress } from '@immuable-net/ip';
import type { SipHash } from './sip-hash.ts';

/** What stands in a {@link FlowTable}: a 4-tuple, its keyed hash, and the link of its chain. */
export interface FlowEntry {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly localPort: number;
  readonly remotePort: number;
  flowHash: number;
  flowNext: FlowEntry | undefined;
}

/** The longest chain: with a keyed hash and a table that grows, one that long means that somebody knows the key. */
export const MAXIMUM_CHAIN = 32;

const INITIAL_BUCKETS = 64;

/** Entries by 4-tuple. The hash is SipHash-2-4 with a key of this boot; the whole 4-tuple is compared. */
export class FlowTable<T extends FlowEntry> {
  size: number;
  #buckets: (T | undefined)[];

  constructor() {
    this.size = 0;
    this.#buckets = new Array<T | undefined>(INITIAL_BUCKETS).fill(undefined);
  }

  /** The entry that a packet with these ports belongs to. */
  find(hash: number, packet: InboundPacket, localPort: number, remotePort: number): T | undefined {
    let entry = this.#buckets[hash & (this.#buckets.length - 1)];
    while (entry !== undefined) {
      if (entry.flowHash === hash && matches(entry, packet, localPort, remotePort)) return entry;
      entry = entry.flowNext as T | undefined;
    }
    return undefined;
  }

  /** The entry with these addresses and ports. */
  lookup(hash: number, local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): T | undefined {
    let entry = this.#buckets[hash & (this.#buckets.length - 1)];
    while (entry !== undefined) {
      if (
        entry.flowHash === hash &&
        entry.remotePort === remotePort &&
        entry.localPort === localPort &&
        entry.remote.equals(remote) &&
        entry.local.equals(local)
      ) {
        return entry;
      }
      entry = entry.flowNext as T | undefined;
    }
    return undefined;
  }

  /** The IPv4 entry with these addresses and ports. */
  findWords(hash: number, local3: number, localPort: number, remote3: number, remotePort: number): T | undefined {
    let entry = this.#buckets[hash & (this.#buckets.length - 1)];
    while (entry !== undefined) {
      if (
        entry.flowHash === hash &&
        entry.remotePort === remotePort &&
        entry.localPort === localPort &&
        entry.remote.family === 4 &&
        entry.remote.word3 === remote3 &&
        entry.local.word3 === local3
      ) {
        return entry;
      }
      entry = entry.flowNext as T | undefined;
    }
    return undefined;
  }

  /** Adds an entry; false when its chain is full. */
  add(entry: T, hash: number): boolean {
    if (this.size >= this.#buckets.length) this.#grow();
    const index = hash & (this.#buckets.length - 1);
    let length = 0;
    for (let at: FlowEntry | undefined = this.#buckets[index]; at !== undefined; at = at.flowNext) length++;
    if (length >= MAXIMUM_CHAIN) return false;
    entry.flowHash = hash;
    entry.flowNext = this.#buckets[index];
    this.#buckets[index] = entry;
    this.size++;
    return true;
  }

  remove(entry: T): void {
    const index = entry.flowHash & (this.#buckets.length - 1);
    let at = this.#buckets[index];
    let previous: T | undefined;
    while (at !== undefined) {
      if (at === entry) {
        if (previous === undefined) this.#buckets[index] = entry.flowNext as T | undefined;
        else previous.flowNext = entry.flowNext;
        entry.flowNext = undefined;
        this.size--;
        return;
      }
      previous = at;
      at = at.flowNext as T | undefined;
    }
  }

  /** Every entry, in no order; entries may be removed meanwhile. */
  all(): T[] {
    const entries: T[] = [];
    for (const head of this.#buckets) {
      for (let at: FlowEntry | undefined = head; at !== undefined; at = at.flowNext) entries.push(at as T);
    }
    return entries;
  }

  #grow(): void {
    const entries = this.all();
    this.#buckets = new Array<T | undefined>(this.#buckets.length * 2).fill(undefined);
    const mask = this.#buckets.length - 1;
    for (const entry of entries) {
      entry.flowNext = this.#buckets[entry.flowHash & mask];
      this.#buckets[entry.flowHash & mask] = entry;
    }
  }
}

/** Whether the packet, with these ports, belongs to the entry. */
export function matches(entry: FlowEntry, packet: InboundPacket, localPort: number, remotePort: number): boolean {
  const remote = entry.remote;
  const local = entry.local;
  return (
    entry.remotePort === remotePort &&
    entry.localPort === localPort &&
    remote.word3 === packet.source3 &&
    local.word3 === packet.destination3 &&
    remote.family === packet.family &&
    (packet.family === 4 ||
      (remote.word0 === packet.source0 &&
        remote.word1 === packet.source1 &&
        remote.word2 === packet.source2 &&
        local.word0 === packet.destination0 &&
        local.word1 === packet.destination1 &&
        local.word2 === packet.destination2))
  );
}

/** The keyed hash of the 4-tuple of a packet on its way up. */
export function hashPacket(sip: SipHash, packet: InboundPacket, localPort: number, remotePort: number): number {
  if (packet.family === 4) {
    return sip.hash3(packet.source3, packet.destination3, (localPort << 16) | remotePort);
  }
  return sip.hash9(
    packet.source0,
    packet.source1,
    packet.source2,
    packet.source3,
    packet.destination0,
    packet.destination1,
    packet.destination2,
    packet.destination3,
    (localPort << 16) | remotePort,
  );
}

/** The same hash of addresses and ports. */
export function hashFlow(
  sip: SipHash,
  local: IpAddress,
  localPort: number,
  remote: IpAddress,
  remotePort: number,
): number {
  if (remote.family === 4) return sip.hash3(remote.word3, local.word3, (localPort << 16) | remotePort);
  return sip.hash9(
    remote.word0,
    remote.word1,
    remote.word2,
    remote.word3,
    local.word0,
    local.word1,
    local.word2,
    local.word3,
    (localPort << 16) | remotePort,
  );
}
