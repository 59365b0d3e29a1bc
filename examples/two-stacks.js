// Two stacks on a wire in memory: one echoes, the other asks. No root, no device, no packet leaves the process.
//
//   node examples/two-stacks.js
import { MemoryWire } from '@immuable-net/ethernet';
import { AsyncStack } from '@immuable-net/stack';

const wire = new MemoryWire({ schedule: setImmediate });
const server = AsyncStack.open({ link: wire.left, addresses: ['10.0.0.1/24'] });
const client = AsyncStack.open({ link: wire.right, addresses: ['10.0.0.2/24'] });

/** Sends every connection its own octets back, until the peer ends. */
async function echo() {
  for await (const connection of server.listen({ port: 7 })) {
    console.log(`a connection from ${connection.remoteAddress}:${connection.remotePort}`);
    connection.readable.pipeTo(connection.writable).catch((error) => console.error(error.message));
  }
}
const echoing = echo();

const { roundTripMs } = await client.ping('10.0.0.1');
console.log(`10.0.0.1 answers a ping${roundTripMs < 1000 ? '' : ' slowly'}`);

const connection = await client.connect({ address: '10.0.0.1', port: 7 });
const writer = connection.writable.getWriter();
await writer.write(new TextEncoder().encode('from wire to file'));
await writer.close(); // a half-close: the answer still comes

let text = '';
const decoder = new TextDecoder();
for await (const chunk of connection.readable) text += decoder.decode(chunk, { stream: true });
console.log(`the echo: ${text}`);
await connection.closed;

const refused = await client.connect({ address: '10.0.0.1', port: 8 }).catch((error) => error);
console.log(`and port 8: ${refused.code}`);

await client.close();
await server.close();
await echoing;
