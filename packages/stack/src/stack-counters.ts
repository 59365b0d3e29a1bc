import type { ArpCounters, EthernetCounters, EthernetLayer } from '@immuable-net/ethernet';
import type { Ipv4Layer } from '@immuable-net/ipv4';
import type { TcpCounters, TcpLayer } from '@immuable-net/tcp';
import type { UdpCounters, UdpLayer } from '@immuable-net/udp';

/** One counter by its path: `tcp.checksumWrong`. */
export interface NamedCounter {
  readonly name: string;
  readonly value: number;
}

/** Every layer's counters in one tree. They are the layers' own objects: reading them is reading now. */
export class StackCounters {
  readonly ethernet: EthernetCounters;
  readonly arp: ArpCounters;
  readonly ipv4: Ipv4Layer['counters'];
  readonly icmp: Ipv4Layer['icmp']['counters'];
  readonly udp: UdpCounters;
  tcp: TcpCounters;

  constructor(ethernet: EthernetLayer, ipv4: Ipv4Layer, udp: UdpLayer, tcp: TcpLayer) {
    this.ethernet = ethernet.counters;
    this.arp = ethernet.arp.counters;
    this.ipv4 = ipv4.counters;
    this.icmp = ipv4.icmp.counters;
    this.udp = udp.counters;
    this.tcp = tcp.counters;
  }

  /** All of them, by path, in the order of the layers. */
  *all(): IterableIterator<NamedCounter> {
    for (const [layer, counters] of Object.entries(this)) {
      for (const [name, value] of Object.entries(counters as object)) {
        if (typeof value === 'number') yield { name: `${layer}.${name}`, value };
      }
    }
  }
}
