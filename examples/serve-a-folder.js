// A folder over HTTP/1.1, by the synchronous core: no promise and no copy between a file's octets and the segments
// that carry them. The client is a second stack in the same process.
//
//   node examples/serve-a-folder.js examples/site / /robots.txt /nothing-here
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { MemoryWire } from '@immuable-net/ethernet';
import {
  DateClock,
  Http1Context,
  Http1Server,
  OctetsBody,
  ResponseHead,
  resolveTarget,
  statusResponse,
} from '@immuable-net/http';
import { AsyncStack, NetworkStack, platformRandom, StackDriver } from '@immuable-net/stack';

const [folder = 'examples/site', ...targets] = process.argv.slice(2);

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Every file of a folder as a response, made once. What was not read here is not served: no request reaches the disk.
 *
 * @param {string} at
 * @param {string} path
 * @param {Map<string, import('@immuable-net/http').HttpResponse>} responses
 */
function read(at, path, responses = new Map()) {
  for (const name of readdirSync(at)) {
    const file = join(at, name);
    const stat = lstatSync(file);
    if (stat.isDirectory()) read(file, `${path}${name}/`, responses);
    if (!stat.isFile()) continue;
    const octets = readFileSync(file);
    const head = new ResponseHead(200, [
      ['content-type', TYPES[extname(name)] ?? 'application/octet-stream'],
      ['content-length', String(octets.length)],
    ]);
    const response = { head, body: new OctetsBody(octets), reusable: true };
    responses.set(path + name, response);
    if (name === 'index.html') responses.set(path, response);
  }
  return responses;
}

const responses = read(folder, '/');
const http = new Http1Context({
  service: {
    respond(request) {
      if (request.method !== 'GET') return statusResponse(405, [['allow', 'GET']]);
      const target = resolveTarget(request.target);
      return (target && responses.get(target.path)) ?? statusResponse(404);
    },
  },
  clock: new DateClock(Date.now() - performance.now()),
});

const wire = new MemoryWire({ schedule: setImmediate });
const server = new NetworkStack({ link: wire.left, addresses: ['10.0.0.1/24'], random: platformRandom });
const service = server.serve({
  port: 80,
  accept(connection, _stream, now) {
    const client = { address: connection.remote.toString(), port: connection.remotePort, tls: undefined };
    return new Http1Server(http, client, now);
  },
});
const driver = new StackDriver(server);

const client = AsyncStack.open({ link: wire.right, addresses: ['10.0.0.2/24'] });
for (const target of targets.length > 0 ? targets : ['/']) {
  const connection = await client.connect({ address: '10.0.0.1', port: 80 });
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`GET ${target} HTTP/1.1\r\nhost: 10.0.0.1\r\nconnection: close\r\n\r\n`));
  const chunks = [];
  for await (const chunk of connection.readable) chunks.push(chunk);
  const answer = Buffer.concat(chunks).toString('latin1');
  const end = answer.indexOf('\r\n\r\n') + 4;
  console.log(`${target}: ${answer.slice(9, answer.indexOf('\r\n'))}, ${answer.length - end} octets`);
  await connection.close();
}

service.close();
await client.close();
server.close(driver.now());
driver.close();
