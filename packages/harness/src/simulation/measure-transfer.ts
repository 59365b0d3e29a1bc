import { NetworkStack } from '@immuable-net/stack';
import type { TcpParameters } from '@immuable-net/tcp';
import type { Channel } from './channel.ts';
import { Flow, type FlowBehaviour } from './flow.ts';
import type { Impairments } from './impairments.ts';
import { Random } from './random.ts';
import type { FrameObserver } from './simulated-link.ts';
import { SimulatedNetwork } from './simulated-network.ts';

/** What {@link measureTransfer} sends and over what. */
export interface TransferOptions {
  readonly seed: number;
  /** Octets in each flow; all begin at once, from one host to another. */
  readonly octets: number;
  readonly flows?: number | undefined;
  readonly mtu?: number | undefined;
  /** From the sender, and back to it. */
  readonly forth: Partial<Impairments>;
  readonly back: Partial<Impairments>;
  readonly tcp?: Partial<TcpParameters> | undefined;
  /** Told of every frame of the sender's link. */
  readonly observer?: FrameObserver | undefined;
  /** Called once, when the flows begin: what happens to the wire on the way is planned here. */
  readonly plan?: ((network: SimulatedNetwork, forth: Channel, back: Channel) => void) | undefined;
  /** Virtual milliseconds after which it is given up. */
  readonly limitMs?: number | undefined;
}

/** What came of it. */
export interface Transfer {
  /** Milliseconds from connect to the last octet at the receiver; `Infinity` when it never came. */
  readonly ms: number;
  /** When each flow's last octet came. */
  readonly flowMs: readonly number[];
  /** Octets each flow had delivered when the first of them was done. */
  readonly shares: readonly number[];
  /** What was wrong with the octets; undefined when they came as they were sent. */
  readonly wrong: string | undefined;
  readonly sender: NetworkStack;
  readonly receiver: NetworkStack;
}

/** Sends bulk data from one host to another in virtual time, octets checked, and says how long it took. */
export function measureTransfer(options: TransferOptions): Transfer {
  const random = new Random(options.seed);
  const network = new SimulatedNetwork(random.fork('network'));
  const wire = network.wire({ mtu: options.mtu, aToB: options.forth, bToA: options.back });
  wire.a.observer = options.observer;
  const tcp = options.tcp;
  const sender = new NetworkStack({ link: wire.a, addresses: ['10.0.0.1/24'], random: random.fork('a').source(), tcp });
  const receiver = new NetworkStack({
    link: wire.b,
    addresses: ['10.0.0.2/24'],
    random: random.fork('b').source(),
    tcp,
  });
  network.drive(sender);
  network.drive(receiver);
  // The neighbours know each other: what is measured is TCP.
  sender.ping({ address: '10.0.0.2' }, network.now);
  network.elapse(1000);
  const start = network.now;
  const bulk: FlowBehaviour = { octets: options.octets, sends: 'at-once', slow: undefined, abortAfter: undefined };
  const flows = Array.from({ length: options.flows ?? 1 }, (_, i) => {
    const plan = { client: 0, server: 1, port: 7000 + i, startMs: 0, up: bulk, down: { ...bulk, octets: 0 } };
    const flow = new Flow(plan, random.fork(`flow ${i}`));
    flow.listen(receiver);
    flow.connect(sender, '10.0.0.2', network.now);
    return flow;
  });
  options.plan?.(network, wire.aToB, wire.bToA);
  const flowMs = flows.map(() => Number.POSITIVE_INFINITY);
  let shares: readonly number[] = [];
  network.afterStep = (now) => {
    flows.forEach((flow, i) => {
      if (flowMs[i] !== Number.POSITIVE_INFINITY || flow.server.received < options.octets) return;
      flowMs[i] = now - start;
      if (shares.length === 0) shares = flows.map((each) => each.server.received);
    });
  };
  const limitMs = options.limitMs ?? 3_600_000;
  network.run(() => flows.every((flow) => flow.server.received >= options.octets || flow.over), limitMs);
  const bad = flows.find((flow) => flow.client.wrong !== undefined || flow.server.wrong !== undefined);
  return {
    ms: Math.max(...flowMs),
    flowMs,
    shares,
    wrong: bad?.server.wrong ?? bad?.client.wrong,
    sender,
    receiver,
  };
}
