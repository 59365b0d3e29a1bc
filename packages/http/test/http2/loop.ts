import { connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';

const ROOM = 256 * 1024;

/** Runs a machine on what a stream gives and takes: the driver of these tests. */
export function drive(machine: StreamProtocol, stream: Duplex): void {
  const queue = new SliceQueue();
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const now = () => performance.now();
  const rest: Buffer[] = [];
  const write = () => {
    for (;;) {
      while (!stream.writableNeedDrain && machine.emit(queue, ROOM, now()) > 0) {
        const octets = Buffer.alloc(queue.length);
        queue.copy(0, queue.length, octets, 0);
        queue.clear();
        stream.write(octets);
      }
      if (rest.length === 0 || stream.writableNeedDrain) break;
      const next = rest[0]!;
      const taken = machine.arrive(next, 0, next.length, now());
      if (taken === 0) break;
      if (taken === next.length) rest.shift();
      else rest[0] = next.subarray(taken);
    }
    if (!ended && (machine.wish & StreamWish.End) !== 0) {
      ended = true;
      stream.end();
    }
    clearTimeout(timer);
    const next = machine.nextTimeout();
    if (next === Number.POSITIVE_INFINITY || ended) return;
    timer = setTimeout(
      () => {
        machine.timeoutsExpire(now());
        write();
      },
      Math.max(0, next - now()),
    );
  };
  stream.on('data', (chunk: Buffer) => {
    rest.push(chunk);
    write();
  });
  stream.on('drain', write);
  stream.on('end', () => {
    machine.arriveEnd(now());
    write();
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    clearTimeout(timer);
    machine.abort(now());
  });
  write();
}

/** Two ends of a stream in memory. */
export function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  /** What to call once an end wants more. */
  const resumes: ((() => void) | undefined)[] = [undefined, undefined];
  for (const other of [1, 0]) {
    ends.push(
      new Duplex({
        read() {
          const resume = resumes[1 - other];
          resumes[1 - other] = undefined;
          resume?.();
        },
        // Never within the other end's call: Node's client must not be entered twice.
        write(chunk, _encoding, done) {
          setImmediate(() => {
            if (ends[other]!.push(chunk)) done();
            else resumes[other] = done;
          });
        },
        final(done) {
          ends[other]!.push(null);
          done();
        },
      }),
    );
  }
  return [ends[0]!, ends[1]!];
}

/** A server on a port of the loopback interface, a machine a connection. */
export async function listen(machine: () => StreamProtocol): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => drive(machine(), socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, port: (server.address() as { port: number }).port };
}

/** What a raw client hears after it said `octets`, until the server ends or `enough` says so. */
export function talk(port: number, octets: Uint8Array, enough: (heard: Buffer) => boolean): Promise<Buffer> {
  return new Promise((done, fail) => {
    let heard = Buffer.alloc(0);
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(octets));
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      if (enough(heard)) socket.destroy();
    });
    socket.on('close', () => done(heard));
    socket.on('error', fail);
  });
}
