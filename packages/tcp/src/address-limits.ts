import type { InboundPacket, IpAddress } from '@immuable-net/ip';
import type { TcpParameters } from './parameters.ts';

/** Addresses remembered at most; the one that was looked at longest ago goes first. */
const REMEMBERED = 65_536;

class AddressRecord {
  connections: number;
  /** New connections still allowed; refilled with time. */
  tokens: number;
  at: number;

  constructor(tokens: number, at: number) {
    this.connections = 0;
    this.tokens = tokens;
    this.at = at;
  }
}

/** How many connections one remote address holds and opens. An IPv6 address counts as its /64. Costs nothing while no limit is set. */
export class AddressLimits {
  readonly #maximum: number;
  readonly #perSecond: number;
  readonly #enabled: boolean;
  readonly #records: Map<number | string, AddressRecord>;

  constructor(parameters: TcpParameters) {
    this.#maximum = parameters.maximumPerAddress;
    this.#perSecond = parameters.maximumNewPerAddress;
    this.#enabled = this.#maximum !== Number.POSITIVE_INFINITY || this.#perSecond !== Number.POSITIVE_INFINITY;
    this.#records = new Map();
  }

  /** Whether the sender of this packet already holds as many connections as it may. */
  isFull(packet: InboundPacket): boolean {
    if (!this.#enabled) return false;
    const record = this.#records.get(keyOfPacket(packet));
    return record !== undefined && record.connections >= this.#maximum;
  }

  /** Whether the sender may open one more now; counts it. */
  mayOpen(packet: InboundPacket, now: number): boolean {
    if (!this.#enabled || this.#perSecond === Number.POSITIVE_INFINITY) return true;
    const record = this.#record(keyOfPacket(packet), now);
    const tokens = record.tokens + ((now - record.at) * this.#perSecond) / 1000;
    record.tokens = Math.min(tokens, this.#perSecond);
    record.at = now;
    if (record.tokens < 1) return false;
    record.tokens -= 1;
    return true;
  }

  opened(remote: IpAddress, now: number): void {
    if (this.#enabled) this.#record(keyOf(remote), now).connections++;
  }

  closed(remote: IpAddress): void {
    if (!this.#enabled) return;
    const key = keyOf(remote);
    const record = this.#records.get(key);
    if (record === undefined) return;
    record.connections--;
    if (record.connections <= 0 && this.#perSecond === Number.POSITIVE_INFINITY) this.#records.delete(key);
  }

  #record(key: number | string, now: number): AddressRecord {
    let record = this.#records.get(key);
    if (record !== undefined) return record;
    if (this.#records.size >= REMEMBERED) this.#evict();
    record = new AddressRecord(this.#perSecond, now);
    this.#records.set(key, record);
    return record;
  }

  /** A Map keeps the order of insertion: the first without a connection goes. */
  #evict(): void {
    let looked = 0;
    for (const [key, record] of this.#records) {
      if (record.connections <= 0 || ++looked > 64) {
        this.#records.delete(key);
        return;
      }
    }
  }
}

function keyOf(address: IpAddress): number | string {
  return address.family === 4 ? address.word3 : `${address.word0}:${address.word1}`;
}

function keyOfPacket(packet: InboundPacket): number | string {
  return packet.family === 4 ? packet.source3 : `${packet.source0}:${packet.source1}`;
}
