/**
 * NetworkStack: the layers put together, and the asynchronous façade.
 *
 * ```ts
 * import { AsyncStack } from '@immuable-net/stack';
 *
 * const stack = AsyncStack.open({ link, addresses: ['10.0.0.2/24'] });
 * for await (const connection of stack.listen({ port: 7 })) {
 *   connection.readable.pipeTo(connection.writable); // echo, with back-pressure and half-close
 * }
 * ```
 *
 * The core without promises, for servers and simulations:
 *
 * ```ts
 * import { NetworkStack, StackDriver } from '@immuable-net/stack';
 *
 * const stack = new NetworkStack({ link, addresses: ['10.0.0.2/24'], random });
 * stack.serve({ port: 80, accept: () => new MyStreamProtocol() });
 * const driver = new StackDriver(stack); // or call stack.poll(now) whenever stack.pollAt() says
 * ```
 *
 * @packageDocumentation
 */
export type { ConnectionApplication, DatagramApplication, ListenerApplication } from './application.ts';
export { type Pollable, StackDriver } from './driver.ts';
export { EventQueue } from './event-queue.ts';
export { type Abortable, AsyncStack, type AsyncStackOptions, type PingReply } from './facade/async-stack.ts';
export { Connection } from './facade/connection.ts';
export { type Datagram, DatagramSocket } from './facade/datagram-socket.ts';
export { Listener } from './facade/listener.ts';
export { NetworkError } from './facade/network-error.ts';
export { NetworkStack, StackEvent, UnreachableError } from './network-stack.ts';
export { Ping } from './ping.ts';
export { platformRandom } from './platform-random.ts';
export { type NamedCounter, StackCounters } from './stack-counters.ts';
export type {
  ConnectOptions,
  ListenOptions,
  NetworkStackOptions,
  PingOptions,
  ServeOptions,
  UdpOptions,
} from './stack-options.ts';
export { StreamRunner } from './stream-runner.ts';
export { StreamService, type StreamServiceOptions } from './stream-service.ts';
