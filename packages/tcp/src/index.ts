/**
 * TCP (RFC 9293), sans-IO: segments, state machine, loss recovery, congestion control.
 *
 * @packageDocumentation
 */
export {};
