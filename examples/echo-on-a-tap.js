// The echo service (RFC 862) on a Linux tap device: TCP and UDP port 7, and pings. Needs root to create the device,
// or one that exists: ip tuntap add dev tap0 mode tap user $USER
//
//   sudo node examples/echo-on-a-tap.js tap0 10.0.0.2/24
//   ping 10.0.0.2
//   echo hello | nc -N 10.0.0.2 7
import { Prefix } from '@immuable-net/ip';
import { AsyncStack } from '@immuable-net/stack';
import { openTap, TapError, TapLink } from '@immuable-net/tap';

const [name = 'tap0', address = '10.0.0.2/24'] = process.argv.slice(2);
const prefix = Prefix.parse(address);

const opened = open();
if (opened.hostSide !== undefined) console.log(opened.hostSide.description);
const stack = AsyncStack.open({ link: new TapLink(opened.queue), addresses: [address] });
const stop = new AbortController();

/** Attaches to the device, or makes it and gives the host an address on it. */
function open() {
  try {
    return openTap({ name, hostSide: { address: prefix.address.word3, prefixLength: prefix.length } });
  } catch (error) {
    if (!(error instanceof TapError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function echoConnections() {
  for await (const connection of stack.listen({ port: 7, signal: stop.signal })) {
    connection.readable.pipeTo(connection.writable).catch((error) => {
      console.error(`${connection.remoteAddress}: ${error.message}`);
    });
  }
}

async function echoDatagrams() {
  const socket = stack.udp({ port: 7, signal: stop.signal });
  for await (const datagram of socket) {
    // Never to another echo service: two of them would talk for ever.
    if (datagram.port !== 7) socket.send(datagram.octets, datagram.port, datagram.address);
  }
}

process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
console.log(`echo on ${prefix.address} port 7; stop with Ctrl-C`);
await Promise.all([echoConnections(), echoDatagrams()]);
await stack.close({ signal: AbortSignal.timeout(2000) });
