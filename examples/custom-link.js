// A link of one's own: Ethernet frames in UDP datagrams between two sockets of the host. Anything that can carry
// frames can be a Link: a tunnel, a radio, a test bench.
//
//   node examples/custom-link.js
import { createSocket } from 'node:dgram';
import { LinkEvent, TransmitResult } from '@immuable-net/ethernet';
import { FrameChecksum, Slab } from '@immuable-net/octets';
import { AsyncStack } from '@immuable-net/stack';

/** Datagrams that wait to be received; more are dropped, as a network card does. */
const RING = 256;

/**
 * @implements {import('@immuable-net/ethernet').Link}
 */
class TunnelLink {
  /** @readonly @type {'ethernet'} */
  medium = 'ethernet';
  mtu = 1400;
  hardwareAddress = undefined;
  offload = { checksum: false, segments4: 0, segments6: 0 };
  /** @type {((events: number) => void) | undefined} */
  wake = undefined;
  /** @type {Uint8Array[]} */
  #waiting = [];
  #socket;
  #port = 0;
  #closed = false;

  /** @param {import('node:dgram').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (octets) => {
      if (this.#closed || this.#waiting.length >= RING) return;
      this.#waiting.push(octets);
      if (this.#waiting.length === 1) this.wake?.(LinkEvent.Readable);
    });
  }

  /** @param {number} port where the other end of the tunnel is */
  towards(port) {
    this.#port = port;
  }

  /** @param {import('@immuable-net/octets').InboundFrame} frame */
  receive(frame) {
    const octets = this.#waiting.shift();
    if (octets === undefined) return false;
    frame.lend(Slab.over(octets), 0, octets.length, FrameChecksum.Unknown, 0);
    return true;
  }

  /** @param {import('@immuable-net/octets').OutboundFrame} frame */
  transmit(frame) {
    if (this.#closed) return TransmitResult.Down;
    frame.flatten();
    // The stack uses its frame again: what is sent later must be a copy.
    const copy = frame.slab.octets.slice(frame.start, frame.end);
    this.#socket.send(copy, this.#port, '127.0.0.1');
    return TransmitResult.Sent;
  }

  close() {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#socket.close();
  }
}

/** @returns {Promise<{ link: TunnelLink, port: number }>} */
function openTunnel() {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve({ link: new TunnelLink(socket), port: socket.address().port }));
  });
}

const left = await openTunnel();
const right = await openTunnel();
left.link.towards(right.port);
right.link.towards(left.port);

const server = AsyncStack.open({ link: left.link, addresses: ['10.1.0.1/24'] });
const client = AsyncStack.open({ link: right.link, addresses: ['10.1.0.2/24'] });

const listener = server.listen({ port: 13 });
const connecting = client.connect({ address: '10.1.0.1', port: 13 });
const { value: accepted } = await listener.next();
const writer = accepted.writable.getWriter();
await writer.write(new TextEncoder().encode('hello through a tunnel'));
await writer.close();

const connection = await connecting;
let text = '';
for await (const chunk of connection.readable) text += new TextDecoder().decode(chunk);
console.log(text);
await connection.close();
await client.close();
await server.close();
