/**
 * HTTP semantics, HTTP/1.1 and HTTP/2 with HPACK, sans-IO.
 *
 * ```ts
 * import { DateClock, Http1Context, Http1Server, statusResponse } from '@immuable-net/http';
 *
 * const context = new Http1Context({
 *   service: { respond: () => statusResponse(404) },
 *   clock: new DateClock(Date.now() - performance.now()),
 * });
 * const client = { address: '10.0.0.1', port: 40000, tls: undefined };
 * const server = new Http1Server(context, client, performance.now());
 * server.arrive(octets, 0, octets.length, now); // what the connection received
 * server.emit(connection.sendQueue, connection.room, now); // what it is to send
 * ```
 *
 * @packageDocumentation
 */

export * from './hpack/index.ts';
export * from './http1/index.ts';
export * from './http2/index.ts';
export * from './negotiation/index.ts';
export * from './semantics/index.ts';
