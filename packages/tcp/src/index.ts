/**
 * TCP (RFC 9293), sans-IO: segments, state machine, loss recovery (RFC 6675, 8985), congestion control (RFC 9438).
 * Octets and time in; segments, events and the next deadline out.
 *
 * ```ts
 * import { TcpEvent, TcpLayer } from '@immuable-net/tcp';
 *
 * const tcp = new TcpLayer({ random });
 * tcp.listen({ port: 7 });
 * // for each packet: tcp.settle(); link.receive(…); tcp.arrive(packet, now); then
 * for (let listener = tcp.takeListener(); listener; listener = tcp.takeListener()) while (listener.accept());
 * for (let connection = tcp.takeReady(); connection; connection = tcp.takeReady()) {
 *   const events = connection.takeEvents();
 *   if (events & TcpEvent.Readable) {
 *     while (connection.peek()) {
 *       const { readOctets, readStart, readEnd } = connection;
 *       connection.write(readOctets.slice(readStart, readEnd), 0, readEnd - readStart); // echo
 *       connection.consume(readEnd - readStart);
 *     }
 *   }
 *   if (events & TcpEvent.PeerClosed) connection.close();
 * }
 * tcp.emit(frame, now); // and tcp.timeoutsExpire(now) at tcp.nextTimeout()
 * ```
 *
 * @packageDocumentation
 */
export type { CongestionControl, CongestionFlow } from './congestion-control.ts';
export { TcpConnection } from './connection.ts';
export type { TcpCounters } from './counters.ts';
export { Cubic } from './cubic.ts';
export { type TcpFailure, type TcpFailureCode, TcpUsageError } from './failure.ts';
export type { TcpInfo } from './info.ts';
export { type TcpConnectOptions, TcpLayer, type TcpListenOptions } from './layer.ts';
export { TcpListener } from './listener.ts';
export { NewReno } from './new-reno.ts';
export { DEFAULT_PARAMETERS, type TcpConnectionOptions, type TcpParameters } from './parameters.ts';
export { Control, SegmentFault, SegmentView } from './segment.ts';
export { SipHash } from './sip-hash.ts';
export { TcpEvent, TcpState } from './state.ts';
export { type TimerEntry, TimerWheel } from './timer-wheel.ts';
