import { OutboundFrame, type RandomSource, Slab, TRANSPORT_START } from '@immuable-net/octets';
import { ArpCounters } from '../counters.ts';
import { MacAddress } from '../mac-address.ts';
import { EtherType, MAXIMUM_REPORTS } from '../parameters.ts';
import { AddressConflict } from './address-conflict.ts';
import { ARP_OCTETS, ArpField, ArpOperation, isArpForIpv4, writeArp } from './arp-packet.ts';
import { NeighbourCache, type NeighbourRequests } from './neighbour-cache.ts';
import { ArpIntent, type ClaimMode, ConflictOutcome, OwnAddress } from './own-address.ts';
import type { WaitingFrame } from './waiting-frame.ts';

/** How ARP sends: the Ethernet layer. */
export interface ArpOutput {
  readonly macAddress: MacAddress;
  output(frame: OutboundFrame, high: number, low: number, etherType: number): number;
  /** Sends a frame that waited for this MAC address. */
  deliver(waiting: WaitingFrame, high: number, low: number): void;
}

/**
 * The Address Resolution Protocol (RFC 826) for IPv4 over Ethernet: answers for our addresses, finds neighbours,
 * and keeps watch over our addresses (RFC 5227).
 */
export class ArpLayer implements NeighbourRequests {
  readonly counters: ArpCounters;
  readonly neighbours: NeighbourCache;
  readonly #output: ArpOutput;
  readonly #random: RandomSource;
  readonly #frame: OutboundFrame;
  readonly #own: OwnAddress[];
  readonly #conflicts: AddressConflict[];
  readonly #drawn: Uint8Array;

  constructor(output: ArpOutput, random: RandomSource) {
    this.counters = new ArpCounters();
    this.neighbours = new NeighbourCache(this, this.counters);
    this.#output = output;
    this.#random = random;
    this.#frame = new OutboundFrame(Slab.allocate(TRANSPORT_START + 128));
    this.#own = [];
    this.#conflicts = [];
    this.#drawn = new Uint8Array(2);
  }

  /** Makes an address (int32) ours, silently: call {@link claim} to announce it. */
  add(address: number): void {
    if (this.#find(address) === undefined) this.#own.push(new OwnAddress(address));
  }

  /** No longer ours. */
  remove(address: number): void {
    const index = this.#own.findIndex((own) => own.address === address);
    if (index >= 0) this.#own.splice(index, 1);
  }

  /**
   * Takes an address of ours into use (RFC 5227 §2.1, §2.3): when the stack starts, and again when the link came
   * up anew. Call {@link timeoutsExpire} at once after it: that sends.
   */
  claim(address: number, mode: ClaimMode, now: number): void {
    this.add(address);
    this.#find(address)!.claim(mode, now, this.#chance());
  }

  /** Whether this address (int32) is ours and in use. */
  isUsable(address: number): boolean {
    return this.#find(address)?.usable ?? false;
  }

  /** One ARP packet, `view` from `start` to `end`. */
  arrive(view: DataView, start: number, end: number, now: number): void {
    if (!isArpForIpv4(view, start, end)) {
      this.counters.droppedMalformed++;
      return;
    }
    const request = view.getUint16(start + ArpField.Operation) === ArpOperation.Request;
    if (request) this.counters.requestsReceived++;
    else this.counters.repliesReceived++;
    const high = view.getUint16(start + ArpField.SenderHardware);
    const low = view.getUint32(start + ArpField.SenderHardware + 2);
    const mac = this.#output.macAddress;
    if ((high & 0x0100) !== 0 || (high === 0 && low === 0) || (high === mac.high && low === mac.low)) {
      this.counters.droppedSender++;
      return;
    }
    const sender = view.getInt32(start + ArpField.SenderProtocol);
    const target = view.getInt32(start + ArpField.TargetProtocol);
    const ours = this.#find(sender);
    if (ours !== undefined) {
      this.#conflict(ours, high, low, now);
      return;
    }
    const asked = this.#find(target);
    if (asked === undefined || !asked.usable) {
      // RFC 5227 §2.1.1: another host probes for the address that we probe for.
      if (asked?.probing === true && request && sender === 0) this.#conflict(asked, high, low, now);
      else if (sender !== 0) this.neighbours.update(sender, high, low, now);
      return;
    }
    // RFC 826: whoever asks for us will talk to us; any other packet updates what we hold and adds nothing.
    if (sender !== 0) {
      if (request && sender >>> 28 < 14 && sender >>> 24 !== 0) this.neighbours.learn(sender, high, low, now);
      else this.neighbours.update(sender, high, low, now);
    }
    if (request) {
      this.counters.repliesSent++;
      this.#send(ArpOperation.Reply, target, high, low, sender, high, low);
    }
  }

  /** The next conflict over an address of ours. Call until undefined after `arrive`. */
  takeConflict(): AddressConflict | undefined {
    return this.#conflicts.shift();
  }

  /** Sends what is due. */
  timeoutsExpire(now: number): void {
    for (const own of this.#own) {
      if (own.nextTimeout() > now) continue;
      const intent = own.expire(now, this.#chance());
      if ((intent & ArpIntent.Probe) !== 0) {
        this.counters.probesSent++;
        // RFC 5227 §2.1.1: the sender's protocol address is zero, so that nobody's cache is touched.
        this.#send(ArpOperation.Request, 0, 0, 0, own.address, 0xffff, 0xffffffff);
      }
      if ((intent & ArpIntent.Announce) !== 0) this.#announce(own);
    }
    this.neighbours.timeoutsExpire(now);
  }

  /** When {@link timeoutsExpire} is due next; `Infinity` for never. */
  nextTimeout(): number {
    let next = this.neighbours.nextTimeout();
    for (const own of this.#own) {
      const at = own.nextTimeout();
      if (at < next) next = at;
    }
    return next;
  }

  /** For the cache: asks for a neighbour, from the address of ours that shares most with it. */
  request(address: number, high: number, low: number): void {
    let sender = 0;
    let best = -1;
    for (const own of this.#own) {
      const common = Math.clz32(own.address ^ address);
      if (own.usable && common > best) {
        best = common;
        sender = own.address;
      }
    }
    this.counters.requestsSent++;
    if (high < 0) this.#send(ArpOperation.Request, sender, 0, 0, address, 0xffff, 0xffffffff);
    else this.#send(ArpOperation.Request, sender, 0, 0, address, high, low);
  }

  /** For the cache: sends a frame that waited. */
  deliver(waiting: WaitingFrame, high: number, low: number): void {
    this.#output.deliver(waiting, high, low);
  }

  #find(address: number): OwnAddress | undefined {
    const own = this.#own;
    for (let i = 0; i < own.length; i++) {
      if (own[i]!.address === address) return own[i];
    }
    return undefined;
  }

  #conflict(own: OwnAddress, high: number, low: number, now: number): void {
    this.counters.conflicts++;
    const outcome = own.conflict(now);
    if (outcome === ConflictOutcome.Defended) this.#announce(own);
    if (this.#conflicts.length < MAXIMUM_REPORTS) {
      this.#conflicts.push(new AddressConflict(own.address, new MacAddress(high, low), outcome));
    } else {
      this.counters.conflictsLost++;
    }
  }

  /** RFC 5227 §2.3: a request for our own address, from it, to all. */
  #announce(own: OwnAddress): void {
    this.counters.announcementsSent++;
    this.#send(ArpOperation.Request, own.address, 0, 0, own.address, 0xffff, 0xffffffff);
  }

  #send(
    operation: number,
    sender: number,
    targetHigh: number,
    targetLow: number,
    target: number,
    high: number,
    low: number,
  ): void {
    const frame = this.#frame;
    const mac = this.#output.macAddress;
    frame.reset();
    writeArp(frame.slab.view, frame.start, operation, mac.high, mac.low, sender, targetHigh, targetLow, target);
    frame.end += ARP_OCTETS;
    frame.headerEnd = frame.end;
    this.#output.output(frame, high, low, EtherType.Arp);
  }

  /** 0 to 1, at random. */
  #chance(): number {
    this.#random(this.#drawn, 0, 2);
    return ((this.#drawn[0]! << 8) | this.#drawn[1]!) / 65536;
  }
}
