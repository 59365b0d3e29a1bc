/**
 * Opens many connections at the same moment and asks each for one file. Prints JSON: how many were accepted, how
 * many answered, how long it took. Usage: connects.js HOST PORT PATH COUNT
 */
import { connect } from 'node:net';

const [host, port, path, count] = process.argv.slice(2);
const started = performance.now();
const errors = {};
let accepted = 0;
let answered = 0;
let acceptedAt = 0;

function one() {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port: Number(port) }, () => {
      accepted++;
      acceptedAt = performance.now();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n`);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error('ETIMEDOUT')));
    socket.on('data', (chunk) => {
      if (text.length < 12) text += chunk.toString('latin1', 0, 12);
    });
    socket.on('error', (error) => {
      errors[error.code ?? error.message] = (errors[error.code ?? error.message] ?? 0) + 1;
    });
    socket.on('close', () => {
      if (text.startsWith('HTTP/1.1 200')) answered++;
      resolve();
    });
  });
}

await Promise.all(Array.from({ length: Number(count) }, one));
console.log(
  JSON.stringify({
    accepted,
    answered,
    errors,
    acceptedMs: acceptedAt - started,
    totalMs: performance.now() - started,
  }),
);
