import { NetworkStack } from '@immuable-net/stack';
import { Flow, type FlowEnd } from './flow.ts';
import { PcapCapture } from './pcap-capture.ts';
import { Random } from './random.ts';
import { drawScenario, type Incident, type Scenario } from './scenario.ts';
import type { FrameObserver, SimulatedLink } from './simulated-link.ts';
import { SimulatedNetwork, type SimulatedWire } from './simulated-network.ts';
import { TcpModel } from './tcp-model.ts';

/** What came of a run. */
export interface ScenarioOutcome {
  readonly scenario: Scenario;
  /** What was wrong, in the order found; empty when all was well. */
  readonly wrong: readonly string[];
  /** Virtual milliseconds. */
  readonly virtualMs: number;
  readonly segments: number;
  /** Flows that came whole, ended with an error as they may, were aborted by plan. */
  readonly complete: number;
  readonly failed: number;
  readonly aborted: number;
  /** The capture file, when it was asked for. */
  readonly capture: Uint8Array | undefined;
}

/** Beyond this a flow makes no progress: longer than all of TCP's own limits (RFC 9293 §3.8.3: R2 at least 100 s). */
const LIMIT_MS = 60 * 60_000;

/** TIME-WAIT is 2 MSL, and a FIN-WAIT-2 without an owner is bounded: after this nothing may be left. */
const QUIET_MS = 10 * 60_000;

class Both implements FrameObserver {
  #first: FrameObserver;
  #second: FrameObserver;

  constructor(first: FrameObserver, second: FrameObserver) {
    this.#first = first;
    this.#second = second;
  }

  sent(link: SimulatedLink, octets: Uint8Array, start: number, end: number, now: number): void {
    this.#first.sent(link, octets, start, end, now);
    this.#second.sent(link, octets, start, end, now);
  }

  received(link: SimulatedLink, octets: Uint8Array, start: number, end: number, now: number): void {
    this.#first.received(link, octets, start, end, now);
    this.#second.received(link, octets, start, end, now);
  }
}

/**
 * Runs the scenario of a seed and says what was wrong: octets that differ, a segment that a correct TCP does not
 * emit, a connection that stands still, a timer or buffer that is left at the end.
 */
export function runScenario(seed: number, options: { capture?: boolean; scenario?: Scenario } = {}): ScenarioOutcome {
  const random = new Random(seed);
  const scenario = options.scenario ?? drawScenario(random.fork('scenario'));
  const network = new SimulatedNetwork(random.fork('network'));
  const model = new TcpModel();
  const capture = options.capture === true ? new PcapCapture() : undefined;
  const observer = capture === undefined ? model : new Both(model, capture);
  const wires = plugIn(network, scenario);
  const stacks = wires.map((wire, host) => {
    wire.a.observer = observer;
    const stack = new NetworkStack({
      link: wire.a,
      addresses: [`${addressOf(host)}/24`],
      random: random.fork(`host ${host}`).source(),
    });
    network.drive(stack);
    return stack;
  });
  for (const incident of scenario.incidents) plan(network, wires[incident.host]!, incident);

  const flows = scenario.flows.map((plan) => new Flow(plan, random.fork(`flow ${plan.port}`)));
  let started = 0;
  for (const flow of flows) {
    flow.listen(stacks[flow.plan.server]!);
    network.at(flow.plan.startMs, () => {
      started++;
      flow.connect(stacks[flow.plan.client]!, addressOf(flow.plan.server), network.now);
    });
  }

  const wrong: string[] = [];
  network.afterStep = () => {
    if (model.violations.length > 0) throw new Error(model.violations[0]);
    for (const flow of flows) {
      const found = flow.client.wrong ?? flow.server.wrong;
      if (found !== undefined) throw new Error(`flow ${flow.plan.port}: ${found}`);
    }
  };
  try {
    const over = network.run(() => started === flows.length && flows.every((flow) => flow.over), LIMIT_MS);
    for (const flow of flows) {
      const bad = judge(flow, scenario, over);
      if (bad !== undefined) wrong.push(bad);
    }
    for (const flow of flows) flow.close();
    network.elapse(QUIET_MS);
    stacks.forEach((stack, host) => {
      const { tcp } = stack;
      const left = tcp.connectionCount + tcp.halfOpenCount + tcp.timeWaitCount;
      if (left > 0) wrong.push(`host ${host} still has ${left} connections, half-open ones and TIME-WAITs`);
      if (tcp.memoryUsed !== 0) wrong.push(`host ${host} still holds ${tcp.memoryUsed} octets of receive buffers`);
      if (tcp.nextTimeout() !== Number.POSITIVE_INFINITY) wrong.push(`host ${host} still has a timer of TCP`);
    });
    for (const flow of flows) {
      for (const end of [flow.client, flow.server]) {
        if (end.lent > 0) wrong.push(`${end.name}: ${end.lent} slices never released`);
      }
    }
    for (const stack of stacks) stack.close(network.now);
    for (const wire of wires) wire.a.close();
    network.elapse(QUIET_MS);
    if (network.pool.lent > 0) wrong.push(`${network.pool.lent} frames never given back`);
  } catch (error) {
    wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    scenario,
    wrong,
    virtualMs: network.now,
    segments: model.segments,
    complete: flows.filter((flow) => flow.complete).length,
    failed: flows.filter((flow) => flow.client.failure !== undefined || flow.server.failure !== undefined).length,
    aborted: flows.filter((flow) => flow.client.aborted || flow.server.aborted).length,
    capture: capture?.file(),
  };
}

function addressOf(host: number): string {
  return `10.0.0.${host + 1}`;
}

function plugIn(network: SimulatedNetwork, scenario: Scenario): SimulatedWire[] {
  const { hosts, mtu, toHost, fromHost } = scenario;
  if (hosts > 2) {
    const middle = network.switch();
    return toHost.map((bToA, host) => middle.plug({ mtu, aToB: fromHost[host], bToA }));
  }
  const wire = network.wire({ mtu, aToB: fromHost[0], bToA: toHost[0] });
  return [wire, { a: wire.b, b: wire.a, aToB: wire.bToA, bToA: wire.aToB }];
}

function plan(network: SimulatedNetwork, wire: SimulatedWire, incident: Incident): void {
  const set = (on: boolean): void => {
    const { kind } = incident;
    if (kind === 'partition' || kind === 'from-host') wire.aToB.impairments.blocked = on;
    if (kind === 'partition' || kind === 'to-host') wire.bToA.impairments.blocked = on;
    if (kind === 'mtu') {
      wire.aToB.impairments.mtu = on ? incident.mtu : Number.POSITIVE_INFINITY;
      wire.bToA.impairments.mtu = on ? incident.mtu : Number.POSITIVE_INFINITY;
    }
    if (kind === 'down') wire.a.setUp(!on);
  };
  network.at(incident.atMs, () => set(true));
  network.at(incident.untilMs, () => set(false));
}

/** What is wrong with how a flow ended; undefined when nothing is. */
function judge(flow: Flow, scenario: Scenario, over: boolean): string | undefined {
  const { client, server, plan } = flow;
  const name = `flow ${plan.port} (${plan.client} to ${plan.server})`;
  if (!over && !flow.over) {
    return `${name} stands still: client ${progress(client)}, server ${progress(server)}`;
  }
  if (client.aborted || server.aborted || flow.complete) return undefined;
  const failures = [client.failure, server.failure].filter((code) => code !== undefined);
  if (failures.length === 0)
    return `${name} closed in order with octets missing: ${progress(client)}, ${progress(server)}`;
  // Three ARP requests in a row may get lost where frames do: the neighbour is then unreachable, as it should be.
  const lossy = [...scenario.toHost, ...scenario.fromHost].some((one) => one.loss || one.burst || one.corrupt);
  if (lossy && failures.every((code) => code === 'EHOSTUNREACH')) return undefined;
  if (!scenario.mayFail) return `${name} failed with ${failures.join(' and ')} though the wire lets enough through`;
  return undefined;
}

function progress(end: FlowEnd): string {
  const state = end.connection === undefined ? 'none' : String(end.connection.state);
  return `sent ${end.sent} of ${end.behaviour.octets}, received ${end.received}, state ${state}${end.ended ? ', at its end' : ''}`;
}
