import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';

const ROOM = 65536;

/** Drives a machine by a socket of the kernel: what TCP of ours does in the product. */
export function drive(socket: Socket, machine: StreamProtocol): void {
  const queue = new SliceQueue();
  let left: Uint8Array = new Uint8Array(0);
  let ended = false;
  let told = false;
  let closed = false;
  const turn = (): void => {
    if (closed) return;
    for (;;) {
      const now = performance.now();
      if (left.length > 0) left = left.subarray(machine.arrive(left, 0, left.length, now));
      if (ended && !told && left.length === 0) {
        told = true;
        machine.arriveEnd(now);
      }
      const made = socket.writableLength > 4 * ROOM ? 0 : machine.emit(queue, ROOM, now);
      if (made > 0) {
        const octets = Buffer.alloc(made);
        queue.copy(0, made, octets, 0);
        queue.drop(made);
        socket.write(octets);
        continue;
      }
      break;
    }
    if ((machine.wish & StreamWish.Abort) !== 0) socket.resetAndDestroy();
    else if ((machine.wish & StreamWish.End) !== 0 && !socket.writableEnded) socket.end();
  };
  socket.on('data', (data: Buffer) => {
    left = left.length === 0 ? data : Buffer.concat([left, data]);
    turn();
  });
  socket.on('drain', turn);
  socket.on('end', () => {
    ended = true;
    turn();
    if (!socket.writableEnded && (machine.wish & StreamWish.End) !== 0) socket.end();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    if (!told) machine.abort(performance.now());
  });
  turn();
}

/** Listens on the loopback interface, a machine for each connection. */
export async function listen(make: (now: number) => StreamProtocol): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => drive(socket, make(performance.now())));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}
