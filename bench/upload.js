/**
 * Sends octets by the kernel's stack and waits until the peer has read them all and ended. Prints the seconds from
 * the connection's start. Usage: upload.js HOST PORT OCTETS
 */
import { connect } from 'node:net';

const [host, port, octets] = process.argv.slice(2);
const block = Buffer.alloc(1 << 18, 'from wire to file ');
let started = 0;

/** One attempt; false when nobody listens yet. */
function attempt() {
  return new Promise((resolve, reject) => {
    let left = Number(octets);
    const socket = connect({ host, port: Number(port) }, () => {
      started = performance.now();
      const write = () => {
        while (left > 0) {
          const count = Math.min(left, block.length);
          left -= count;
          if (!socket.write(count === block.length ? block : block.subarray(0, count))) {
            socket.once('drain', write);
            return;
          }
        }
        socket.end();
      };
      write();
    });
    socket.resume();
    socket.setTimeout(120_000, () => socket.destroy(new Error('no progress for two minutes')));
    socket.on('error', (error) => (started === 0 ? resolve(false) : reject(error)));
    socket.on('end', () => resolve(true));
  });
}

for (let tries = 0; tries < 200 && !(await attempt()); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
if (started === 0) throw new Error(`nobody listens on ${host}:${port}`);
console.log(((performance.now() - started) / 1000).toFixed(6));
process.exit(0);
