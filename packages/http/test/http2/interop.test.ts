import { execFile } from 'node:child_process';
import { connect as connectHttp2, constants } from 'node:http2';
import type { Server } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Http1Context } from '../../src/http1/index.ts';
import { Http2Context, Http2Server } from '../../src/http2/index.ts';
import { PlainServer } from '../../src/negotiation/index.ts';
import { DateClock, type HttpRequest, OctetsBody, ResponseHead } from '../../src/semantics/index.ts';
import { drive, listen, pair } from './loop.ts';
import { CLIENT, SizesService } from './peer.ts';

const run = promisify(execFile);

function contexts() {
  const service = new SizesService();
  service.reusable = true;
  const clock = new DateClock(1e12);
  return { service, http1: new Http1Context({ service, clock }), http2: new Http2Context({ service, clock }) };
}

/** Fetches one path with Node's client. */
function fetch(
  session: ReturnType<typeof connectHttp2>,
  path: string,
  headers: Record<string, string> = {},
  content?: string,
): Promise<{ status: number; fields: Record<string, unknown>; octets: number }> {
  return new Promise((done, fail) => {
    const stream = session.request({ ':path': path, ...headers }, { endStream: content === undefined });
    let fields: Record<string, unknown> = {};
    let octets = 0;
    stream.on('response', (each) => (fields = each));
    stream.on('data', (chunk: Buffer) => (octets += chunk.length));
    stream.on('error', fail);
    stream.on('end', () => done({ status: Number(fields[':status']), fields, octets }));
    if (content !== undefined) stream.end(content);
  });
}

describe('Node’s client', () => {
  function session() {
    const { http2 } = contexts();
    const [client, server] = pair();
    const machine = new Http2Server(http2, CLIENT, performance.now());
    drive(machine, server);
    return { machine, http2, session: connectHttp2('http://example.com', { createConnection: () => client }) };
  }

  it('fetches files small and large, one after the other and at once', async () => {
    const { session: each, machine } = session();
    const failed = new Promise<never>((_, fail) => each.on('error', fail));
    const all = async () => {
      for (const size of [1, 1000, 20_000, 3_000_000]) expect((await fetch(each, `/${size}`)).octets).toBe(size);
      const sizes = Array.from({ length: 100 }, (_, i) => 100 * i + 6);
      const fetched = await Promise.all(sizes.map((size) => fetch(each, `/${size}`)));
      expect(fetched.map((one) => one.octets)).toEqual(sizes);
      expect(fetched.every((one) => one.status === 200 && one.fields['content-type'] === 'text/plain')).toBe(true);
    };
    await Promise.race([all(), failed]);
    expect(await new Promise((done) => each.ping(done))).toBeNull();
    await new Promise<void>((done) => each.close(done));
    expect(machine.failure).toBeUndefined();
  });

  it('decodes what our encoder made of any fields, over many responses of one connection', async () => {
    // The decoder that judges our HPACK is nghttp2's, in Node.
    let seed = 7;
    const random = (limit: number) => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1) % limit;
    const service = {
      respond: (request: HttpRequest) => {
        const count = Number(request.target.slice(1));
        const fields = Array.from(
          { length: count % 20 },
          (_, i) =>
            [
              `x-${random(30)}-${i}`,
              Array.from({ length: random(60) }, () => String.fromCharCode(0x21 + random(94))).join(''),
            ] as const,
        );
        return { head: new ResponseHead(200, fields), body: new OctetsBody(new Uint8Array(3)), reusable: false };
      },
    };
    const sent: string[][] = [];
    const recording = {
      respond: (request: HttpRequest) => {
        const response = service.respond(request);
        sent.push(response.head.fields.map(([name, value]) => `${name}: ${value}`));
        return response;
      },
    };
    const http2 = new Http2Context({ service: recording, clock: new DateClock(1e12) });
    for (const tableSize of [4096, 0, 300]) {
      const [client, server] = pair();
      drive(new Http2Server(http2, CLIENT, performance.now()), server);
      const each = connectHttp2('http://example.com', {
        createConnection: () => client,
        settings: { headerTableSize: tableSize },
      });
      for (let i = 1; i < 60; i++) {
        const { fields } = await fetch(each, `/${i}`);
        const heard = Object.entries(fields)
          .filter(([name]) => name.startsWith('x-'))
          .map(([name, value]) => `${name}: ${value}`);
        expect(heard.sort()).toEqual(sent.at(-1)!.sort());
      }
      await new Promise<void>((done) => each.close(done));
    }
  });

  it('sends content, trailers and priorities, and cancels', async () => {
    const { session: each, machine } = session();
    expect((await fetch(each, '/77', { ':method': 'POST' }, 'x'.repeat(300_000))).octets).toBe(77);
    const withTrailers = each.request({ ':path': '/9', ':method': 'POST' }, { waitForTrailers: true });
    withTrailers.on('wantTrailers', () => withTrailers.sendTrailers({ 'x-checksum': 'abc' }));
    withTrailers.end('content');
    await new Promise<void>((done) => withTrailers.on('end', done).resume());
    const cancelled = each.request({ ':path': '/9000000', priority: 'u=1, i' });
    await new Promise<void>((done) => {
      cancelled.once('data', () => cancelled.close(constants.NGHTTP2_CANCEL));
      cancelled.on('close', done);
      cancelled.on('error', () => {});
    });
    expect((await fetch(each, '/5')).status).toBe(200);
    expect(machine.failure).toBeUndefined();
    each.destroy();
  });

  it('is told of a graceful stop, and what is open is finished', async () => {
    const { session: each, machine } = session();
    const goaways: number[] = [];
    each.on('goaway', (code) => goaways.push(code));
    const stream = each.request({ ':path': '/2000000' });
    let octets = 0;
    await new Promise<void>((done, fail) => {
      stream.once('data', () => machine.stop(performance.now()));
      stream.on('data', (chunk: Buffer) => (octets += chunk.length));
      stream.on('error', fail);
      stream.on('end', done);
    });
    expect(octets).toBe(2_000_000);
    if (!each.closed) await new Promise<void>((done) => each.on('close', done));
    expect([...new Set(goaways)]).toEqual([0]);
  });
});

describe('nghttp2’s tools and curl on the loopback interface', () => {
  const parts = contexts();
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    ({ server, port } = await listen(() => new PlainServer(parts.http1, parts.http2, CLIENT, performance.now())));
  });
  afterAll(() => new Promise<void>((done) => server.close(() => done())));

  it('nghttp', async () => {
    const { stdout } = await run('nghttp', ['-nv', `http://127.0.0.1:${port}/5000`]);
    expect(stdout).toContain(':status: 200');
    expect(stdout).toContain('DATA frame <length=5000');
    expect(stdout).toContain('SETTINGS_NO_RFC7540_PRIORITIES');
  });

  it('nghttp with trailers, padding, continuation and many requests', async () => {
    const { stdout } = await run('nghttp', [
      '-nv',
      '--continuation',
      '-b',
      '100',
      '-m',
      '20',
      '-d',
      '/etc/hostname',
      '--trailer',
      'x-t: v',
      `http://127.0.0.1:${port}/700`,
    ]);
    expect(stdout.match(/:status: 200/g)).toHaveLength(20);
    expect(stdout).not.toContain('RST_STREAM');
  });

  it('h2load', async () => {
    const { stdout } = await run('h2load', ['-n', '3000', '-c', '4', '-m', '16', `http://127.0.0.1:${port}/1000`]);
    expect(stdout).toMatch(/3000 total, 3000 started, 3000 done, 3000 succeeded, 0 failed, 0 errored, 0 timeout/);
  });

  it('h2load with windows of 256 octets', async () => {
    const { stdout } = await run('h2load', [
      '-n',
      '50',
      '-c',
      '2',
      '-m',
      '8',
      '-w',
      '8',
      '-W',
      '9',
      `http://127.0.0.1:${port}/20000`,
    ]);
    expect(stdout).toMatch(/50 succeeded, 0 failed, 0 errored/);
  });

  it.each([
    ['--http2-prior-knowledge', '2'],
    ['--http1.1', '1.1'],
  ])('curl %s', async (option, version) => {
    const { stdout } = await run('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_version} %{http_code} %{size_download}',
      option,
      `http://127.0.0.1:${port}/300000`,
    ]);
    expect(stdout).toBe(`${version} 200 300000`);
  });
});
