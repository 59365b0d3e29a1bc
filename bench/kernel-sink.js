/** Reads and discards what comes, with the kernel's stack. Usage: kernel-sink.js PORT */
import { createServer } from 'node:net';

createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.resume();
}).listen(Number(process.argv[2]), '0.0.0.0');
