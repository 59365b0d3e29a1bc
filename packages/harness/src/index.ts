/**
 * Virtual time, simulated wires, packet scripts and captures: testing protocols.
 *
 * @packageDocumentation
 */
export {};
