import type { FlowBehaviour, FlowPlan } from './flow.ts';
import type { Impairments } from './impairments.ts';
import type { Random } from './random.ts';

/** Something that happens to one host's wire at a time. */
export interface Incident {
  readonly atMs: number;
  readonly untilMs: number;
  /** Whose wire. */
  readonly host: number;
  /** `partition`: both directions blocked; `to-host`, `from-host`: one; `mtu`: large packets vanish; `down`: the link says so. */
  readonly kind: 'partition' | 'to-host' | 'from-host' | 'mtu' | 'down';
  /** For `mtu`. */
  readonly mtu: number;
}

/** Everything that a run does, drawn from one seed. */
export interface Scenario {
  readonly seed: number;
  /** Two hosts are joined by a wire, more by a switch. */
  readonly hosts: number;
  readonly mtu: number;
  /** Of each host's wire: towards the host, and from it. */
  readonly toHost: readonly Partial<Impairments>[];
  readonly fromHost: readonly Partial<Impairments>[];
  readonly incidents: readonly Incident[];
  readonly flows: readonly FlowPlan[];
  /** Whether a connection may fail in this weather: long outages, or most frames lost. */
  readonly mayFail: boolean;
}

/** Draws a scenario: topology, impairments, sizes and what applications do. */
export function drawScenario(random: Random): Scenario {
  const hosts = random.chance(0.7) ? 2 : random.integer(3, 6);
  const weather = random.pick(['fair', 'lossy', 'bursty', 'reordering', 'storm', 'slow'] as const);
  const rate = weather === 'slow' ? random.magnitude(64e3, 2e6) : random.magnitude(2e6, 1e9);
  const delayMs = random.magnitude(0.05, 150);
  const toHost: Partial<Impairments>[] = [];
  const fromHost: Partial<Impairments>[] = [];
  for (let host = 0; host < hosts; host++) {
    const drawn = drawImpairments(random, weather, rate, delayMs);
    toHost.push(drawn);
    fromHost.push(random.chance(0.8) ? drawn : drawImpairments(random, weather, rate, delayMs));
  }
  const flows: FlowPlan[] = [];
  const count = random.chance(0.6) ? 1 : random.integer(2, 7);
  const octets = Math.min(weather === 'fair' ? 4e6 : 1e6, (rate / 8) * 20);
  for (let i = 0; i < count; i++) flows.push(drawFlow(random, i, hosts, octets / count));
  const incidents: Incident[] = [];
  if (random.chance(0.25)) {
    for (let i = random.integer(1, 4); i > 0; i--) incidents.push(drawIncident(random, hosts));
  }
  const outage = incidents.reduce((sum, one) => sum + (one.untilMs - one.atMs), 0);
  return {
    seed: random.seed,
    hosts,
    mtu: random.chance(0.7) ? 1500 : random.pick([576, 1280, 1400, 9000]),
    toHost,
    fromHost,
    incidents,
    flows,
    mayFail: weather === 'storm' || outage > 0,
  };
}

function drawImpairments(
  random: Random,
  weather: 'fair' | 'lossy' | 'bursty' | 'reordering' | 'storm' | 'slow',
  rate: number,
  delayMs: number,
): Partial<Impairments> {
  const some: Partial<Impairments> = {
    rate,
    delayMs,
    queueOctets: Math.max(6000, random.magnitude(0.3, 8) * ((rate / 8000) * 2 * delayMs)),
    jitterMs: random.chance(0.3) ? random.between(0, delayMs / 2) : 0,
  };
  if (random.chance(0.15)) some.codel = { targetMs: 5, intervalMs: 100 };
  if (random.chance(0.15)) some.ecnOctets = some.queueOctets! / 3;
  if (random.chance(0.1)) some.corrupt = random.magnitude(0.0001, 0.01);
  if (random.chance(0.1)) some.duplicate = random.magnitude(0.001, 0.1);
  switch (weather) {
    case 'lossy':
      some.loss = random.magnitude(0.0005, 0.1);
      break;
    case 'bursty':
      some.burst = {
        toBad: random.magnitude(0.0005, 0.01),
        toGood: random.between(0.05, 0.5),
        lossBad: random.between(0.3, 1),
      };
      break;
    case 'reordering':
      some.reorder = random.magnitude(0.001, 0.3);
      some.reorderMs = random.magnitude(0.1, delayMs + 1);
      break;
    case 'storm':
      some.loss = random.between(0.02, 0.1);
      some.reorder = random.between(0, 0.3);
      some.reorderMs = delayMs;
      some.duplicate = random.between(0, 0.2);
      some.corrupt = random.between(0, 0.02);
      break;
    default:
      break;
  }
  return some;
}

function drawFlow(random: Random, index: number, hosts: number, octets: number): FlowPlan {
  const client = random.integer(0, hosts);
  const server = (client + random.integer(1, hosts)) % hosts;
  const size = (): number => (random.chance(0.15) ? random.integer(0, 4) : Math.floor(random.magnitude(200, octets)));
  const upOctets = size();
  const downOctets = size();
  const kind = random.pick(['both', 'both', 'half-close', 'in-step', 'up', 'down'] as const);
  const slow = (): FlowBehaviour['slow'] =>
    random.chance(0.12) ? { octets: random.integer(1000, 50_000), everyMs: random.magnitude(1, 300) } : undefined;
  const abortAfter = (of: number): number | undefined => (random.chance(0.06) ? random.integer(0, of + 1) : undefined);
  return {
    client,
    server,
    port: 7000 + index,
    startMs: random.chance(0.5) ? 0 : random.between(0, 2000),
    up: {
      octets: kind === 'down' ? 0 : upOctets,
      sends: 'at-once',
      slow: slow(),
      abortAfter: abortAfter(downOctets),
    },
    down: {
      octets: kind === 'up' ? 0 : downOctets,
      sends: kind === 'half-close' ? 'after-end' : kind === 'in-step' ? 'in-step' : 'at-once',
      slow: slow(),
      abortAfter: abortAfter(upOctets),
    },
  };
}

function drawIncident(random: Random, hosts: number): Incident {
  const atMs = random.between(0, 3000);
  return {
    atMs,
    untilMs: atMs + random.magnitude(20, 20_000),
    host: random.integer(0, hosts),
    kind: random.pick(['partition', 'to-host', 'from-host', 'mtu', 'down'] as const),
    mtu: random.integer(600, 1400),
  };
}
