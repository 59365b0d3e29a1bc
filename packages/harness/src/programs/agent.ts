import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { Prefix } from '@immuable-net/ip';
import { NetworkStack, platformRandom, StackDriver } from '@immuable-net/stack';
import { openTap, TapError, TapLink } from '@immuable-net/tap';
import { type Request, SocketAgent } from '../agent/socket-agent.ts';

const USAGE = `npm run agent -- --tap NAME --ipv4 ADDRESS/PREFIX --socket PATH [--ipv4-gateway ADDRESS] [--mac ADDRESS]

  Runs a stack of ours on a tap, without offload, and offers its sockets over a UNIX stream socket: one line of JSON
  a call, one connection each.`;

/** The longest line that a tool may send: a megabyte of data in hexadecimal. */
const LONGEST_LINE = (2 << 20) + 4096;
/** Calls that may be open at once. */
const MOST_CALLS = 1024;

const { values } = parseArgs({
  options: {
    tap: { type: 'string' },
    ipv4: { type: 'string' },
    'ipv4-gateway': { type: 'string' },
    mac: { type: 'string' },
    mtu: { type: 'string' },
    socket: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.tap === undefined || values.ipv4 === undefined || values.socket === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else run(values.tap, values.ipv4, values.socket);

function run(name: string, ipv4: string, path: string): void {
  const prefix = Prefix.parse(ipv4);
  const stack = new NetworkStack({
    link: new TapLink(open(name, prefix)),
    addresses: [ipv4],
    gateway: values['ipv4-gateway'],
    mac: values.mac,
    random: platformRandom,
  });
  const driver = new StackDriver(stack);
  const agent = new SocketAgent(stack, () => driver.now());
  let timer: NodeJS.Timeout | undefined;
  const settle = (): void => {
    agent.settle();
    clearTimeout(timer);
    const at = agent.nextTimeout();
    if (at !== Number.POSITIVE_INFINITY) timer = setTimeout(settle, Math.max(1, Math.ceil(at - driver.now())));
  };
  driver.onpoll = settle;

  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, agent, settle));
  server.maxConnections = MOST_CALLS;
  rmSync(path, { force: true });
  server.listen(path, () => console.log(`sockets of ${prefix.address} on ${name}: ${path}`));
  const stop = (): void => {
    server.close();
    clearTimeout(timer);
    stack.close(driver.now());
    driver.close();
    rmSync(path, { force: true });
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function open(name: string, prefix: Prefix): ReturnType<typeof openTap>['queue'] {
  try {
    const mtu = values.mtu === undefined ? {} : { mtu: Number(values.mtu) };
    const hostSide = { address: prefix.address.word3, prefixLength: prefix.length };
    return openTap({ name, offload: false, hostSide, ...mtu }).queue;
  } catch (error) {
    if (!(error instanceof TapError)) throw error;
    console.error(`agent: ${error.message}`);
    process.exit(1);
  }
}

/** One call: a line in, a line out. */
function serve(socket: Socket, agent: SocketAgent, settle: () => void): void {
  let line = '';
  let forget: (() => void) | undefined;
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('close', () => forget?.());
  socket.on('data', (chunk: string) => {
    if (forget !== undefined) return;
    line += chunk;
    const end = line.indexOf('\n');
    if (end < 0) {
      if (line.length > LONGEST_LINE) socket.destroy();
      return;
    }
    let request: Request;
    try {
      request = JSON.parse(line.slice(0, end)) as Request;
      if (typeof request !== 'object' || request === null) throw new SyntaxError('not an object');
    } catch {
      socket.end('{"ret":-1,"errno":22}\n');
      return;
    }
    forget = agent.call(request, (answer) => socket.end(`${JSON.stringify(answer)}\n`));
    settle();
  });
}
