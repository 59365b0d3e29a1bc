/**
 * One stream between two stacks on a wire in memory, MTU 1500, no offload: checksums are made and verified, the
 * reader consumes. Prints JSON: MB/s, and by how many MiB the process grew after the first tenth.
 * Usage: node --expose-gc memory-stream.js GIGABYTES
 */
import { MemoryWire } from '@immuable-net/ethernet';
import { StreamWish } from '@immuable-net/octets';
import { NetworkStack, platformRandom } from '@immuable-net/stack';
import { TcpEvent } from '@immuable-net/tcp';

const total = Number(process.argv[2] ?? 4) * 1e9;
const block = new Uint8Array(1 << 20);
for (let i = 0; i < block.length; i++) block[i] = (i ^ (i >>> 8)) & 255;

/** Sends the block over and over, by reference, until all is said. */
class Source {
  constructor() {
    this.sent = 0;
    this.wish = StreamWish.None;
  }
  arrive(_octets, start, end) {
    return end - start;
  }
  arriveEnd() {}
  abort() {}
  emit(queue, room) {
    let left = Math.min(room, total - this.sent);
    const emitted = left;
    while (left > 0) {
      const start = this.sent % block.length;
      const count = Math.min(left, block.length - start);
      queue.append(block, start, start + count, undefined);
      this.sent += count;
      left -= count;
    }
    if (this.sent === total) this.wish = StreamWish.End;
    return emitted;
  }
  timeoutsExpire() {}
  nextTimeout() {
    return Number.POSITIVE_INFINITY;
  }
}

/** Consumes what comes where it lies, and looks whether it is the right octet. */
class Sink {
  constructor() {
    this.received = 0;
    this.over = false;
    this.failure = undefined;
  }
  ready(connection, events) {
    while (connection.peek()) {
      const { readOctets, readStart, readEnd } = connection;
      if (readOctets[readStart] !== block[this.received % block.length]) throw new Error(`wrong at ${this.received}`);
      this.received += readEnd - readStart;
      connection.consume(readEnd - readStart);
    }
    if (connection.ended) connection.shutdown();
    if ((events & TcpEvent.Closed) !== 0) this.failure = connection.failure;
    this.over = connection.ended || (events & TcpEvent.Closed) !== 0;
  }
}

function resident() {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

const wire = new MemoryWire();
const server = new NetworkStack({ link: wire.left, addresses: ['10.0.0.1/24'], random: platformRandom });
const client = new NetworkStack({ link: wire.right, addresses: ['10.0.0.2/24'], random: platformRandom });
server.serve({ port: 7, accept: () => new Source() });
const sink = new Sink();
client.connect({ address: '10.0.0.1', port: 7, application: sink }, performance.now());

const started = performance.now();
let before = Number.NaN;
while (!sink.over) {
  const now = performance.now();
  if (now - started > 120_000) throw new Error(`only ${sink.received} octets in two minutes`);
  server.poll(now);
  client.poll(now);
  if (Number.isNaN(before) && sink.received >= total / 10) before = resident();
}
const seconds = (performance.now() - started) / 1000;
if (sink.failure !== undefined || sink.received !== total) {
  throw new Error(`${sink.received} of ${total} octets; ${sink.failure?.code ?? 'no failure'}`);
}
console.log(JSON.stringify({ rate: total / seconds / 1e6, seconds, grownMiB: resident() - before }));
