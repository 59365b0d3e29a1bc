/**
 * UDP datagrams and sockets, sans-IO.
 *
 * ```ts
 * import { UdpLayer } from '@immuable-net/udp';
 *
 * const udp = new UdpLayer({ random });
 * const socket = udp.bind({ port: 7 });
 * udp.arrive(ipv4.packet, now);
 * for (let ready = udp.takeReady(); ready !== undefined; ready = udp.takeReady()) {
 *   for (let datagram = ready.receive(); datagram !== undefined; datagram = ready.receive()) {
 *     const path = ipv4.path(datagram.source, datagram.destination);
 *     ready.send(frame, path, datagram.sourcePort, datagram.octets, 0, datagram.octets.length, now);
 *   }
 * }
 * ```
 *
 * @packageDocumentation
 */
export { UdpCounters } from './counters.ts';
export { UdpDatagram } from './udp-datagram.ts';
export { UdpFailure, UdpUsageError } from './udp-failure.ts';
export { UdpField } from './udp-field.ts';
export { type UdpBindOptions, UdpLayer, type UdpOptions } from './udp-layer.ts';
export { UdpSocket } from './udp-socket.ts';
