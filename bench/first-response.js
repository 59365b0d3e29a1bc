/**
 * Starts a server and asks it until it answers. Prints the milliseconds from exec to the first octet of a response.
 * Usage: first-response.js HOST PORT PATH COMMAND…
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';

const [host, port, path, command, ...args] = process.argv.slice(2);
const started = performance.now();
const child = spawn(command, args, { stdio: 'ignore' });
child.on('exit', (status) => {
  console.error(`the server ended with status ${status}`);
  process.exit(1);
});

/** One attempt: resolves true when an octet came. */
function ask() {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (chunk) => {
      if (chunk.toString('latin1', 0, 12) === 'HTTP/1.1 200') resolve(performance.now());
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

for (;;) {
  const at = await ask();
  if (at !== undefined) {
    console.log((at - started).toFixed(1));
    break;
  }
  if (performance.now() - started > 10_000) {
    console.error('no answer within 10 s');
    process.exitCode = 1;
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 2));
}
child.removeAllListeners('exit');
const ended = new Promise((resolve) => child.once('exit', resolve));
child.kill('SIGTERM');
await ended;
