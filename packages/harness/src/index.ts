/**
 * Virtual time, simulated wires, captures: testing protocols and what stands on them.
 *
 * ```ts
 * import { Random, SimulatedNetwork } from '@immuable-net/harness';
 * import { NetworkStack } from '@immuable-net/stack';
 *
 * const random = new Random(42); // everything that is left to chance
 * const network = new SimulatedNetwork(random);
 * const wire = network.wire({ aToB: { rate: 100e6, delayMs: 20, loss: 0.01 } });
 * const a = new NetworkStack({ link: wire.a, addresses: ['10.0.0.1/24'], random: random.fork('a').source() });
 * network.drive(a);
 * network.elapse(60_000); // a minute of virtual time, in no time
 * ```
 *
 * @packageDocumentation
 */
export * from './agent/index.ts';
export { type CubicModelOptions, cubicGoodput } from './models/cubic-model.ts';
export * from './simulation/index.ts';
