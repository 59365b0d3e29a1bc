/**
 * node:http as one would write it for a folder that does not change: small files in memory with their gzip beside
 * them, large ones streamed. Usage: node-http-server.js FOLDER PORT
 */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [folder, port] = process.argv.slice(2);
const files = new Map();
for (const name of readdirSync(folder)) {
  const path = join(folder, name);
  const { size } = statSync(path);
  const type = name.endsWith('.html') ? 'text/html; charset=utf-8' : 'application/octet-stream';
  files.set(`/${name}`, { path, size, type, content: size <= 1 << 20 ? readFileSync(path) : undefined });
}
if (files.has('/index.html')) files.set('/', files.get('/index.html'));

const server = createServer((request, response) => {
  const file = files.get(request.url);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const packed = files.get(`${request.url}.gz`);
  if (packed?.content !== undefined && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    response.writeHead(200, {
      'Content-Type': file.type,
      'Content-Encoding': 'gzip',
      'Content-Length': packed.size,
      Vary: 'Accept-Encoding',
    });
    response.end(packed.content);
    return;
  }
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.size });
  if (file.content !== undefined) response.end(file.content);
  else createReadStream(file.path, { highWaterMark: 1 << 18 }).pipe(response);
});
server.keepAliveTimeout = 60_000;
server.listen({ port: Number(port), host: '0.0.0.0', backlog: 8192 });
