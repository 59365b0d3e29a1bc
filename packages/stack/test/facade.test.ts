import { MemoryWire } from '@immuable-net/ethernet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AsyncStack, type Connection, type Listener, NetworkError } from '../src/index.ts';

const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
const octets = (of: string): Uint8Array => new TextEncoder().encode(of);

async function readAll(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

describe('AsyncStack', () => {
  let server: AsyncStack;
  let client: AsyncStack;

  beforeEach(() => {
    const wire = new MemoryWire({ schedule: (task) => setImmediate(task) });
    server = AsyncStack.open({ link: wire.left, addresses: ['10.0.0.1/24'] });
    client = AsyncStack.open({ link: wire.right, addresses: ['10.0.0.2/24'] });
  });

  afterEach(async () => {
    const over = AbortSignal.abort(new Error('the test is over'));
    await client.close({ signal: over });
    await server.close({ signal: over });
  });

  /** A connection from the client, and its other end. */
  async function connected(port = 7): Promise<{ near: Connection; far: Connection; listener: Listener }> {
    const listener = server.listen({ port });
    const connecting = client.connect({ address: '10.0.0.1', port });
    const { value: far } = (await listener.next()) as IteratorResult<Connection, undefined>;
    return { near: await connecting, far: far!, listener };
  }

  it('echoes: for await, pipeTo, half-close', async () => {
    const listener = server.listen({ port: 7 });
    const serving = (async () => {
      for await (const connection of listener) await connection.readable.pipeTo(connection.writable);
    })();
    const connection = await client.connect({ address: '10.0.0.1', port: 7 });
    expect(connection).toMatchObject({ remoteAddress: '10.0.0.1', remotePort: 7, localAddress: '10.0.0.2' });
    const writer = connection.writable.getWriter();
    await writer.write(octets('from wire '));
    await writer.write(octets('to file'));
    await writer.close();
    expect(text(await readAll(connection.readable))).toBe('from wire to file');
    listener.close();
    await serving;
  });

  it('carries ten megabytes with back-pressure', async () => {
    const { near, far } = await connected();
    const chunk = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 31) & 255);
    const writing = (async () => {
      const writer = near.writable.getWriter();
      for (let i = 0; i < 200; i++) await writer.write(chunk);
      await writer.close();
    })();
    const all = await readAll(far.readable);
    await writing;
    expect(all.length).toBe(10_000_000);
    expect(all.findIndex((octet, i) => octet !== chunk[i % chunk.length])).toBe(-1);
  });

  it('stops the writer while nobody reads', async () => {
    const { near } = await connected();
    const writer = near.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (;;) {
        await writer.write(new Uint8Array(100_000));
        written++;
      }
    })();
    writing.catch(() => undefined);
    let before = -1;
    // Turns of the loop, not time: until a hundred of them bring nothing more.
    while (before !== written) {
      before = written;
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(1000);
    near.abort();
    await expect(writing).rejects.toThrow();
  });

  it('reads into buffers that the reader brings', async () => {
    const { near, far } = await connected();
    const writer = near.writable.getWriter();
    await writer.write(octets('abcdef'));
    const reader = far.readable.getReader({ mode: 'byob' });
    const first = await reader.read(new Uint8Array(4));
    expect(text(first.value!)).toBe('abcd');
    const second = await reader.read(new Uint8Array(first.value!.buffer));
    expect(text(second.value!)).toBe('ef');
    await writer.close();
    expect((await reader.read(new Uint8Array(4))).done).toBe(true);
  });

  it('rejects a refused connection with ECONNREFUSED', async () => {
    const error = await client.connect({ address: '10.0.0.1', port: 9 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '10.0.0.1', port: 9 });
    expect((error as Error).message).toContain('connect ECONNREFUSED 10.0.0.1:9');
  });

  it('rejects when no route leads there', async () => {
    await expect(client.connect({ address: '192.0.2.1', port: 9 })).rejects.toMatchObject({ code: 'ENETUNREACH' });
  });

  it('gives up connecting when the signal says so', async () => {
    const abort = new AbortController();
    // Nobody has this address: the neighbour is being looked up.
    const connecting = client.connect({ address: '10.0.0.77', port: 9, signal: abort.signal });
    setImmediate(() => abort.abort(new Error('changed my mind')));
    await expect(connecting).rejects.toThrow('changed my mind');
    await expect(
      client.connect({ address: '10.0.0.1', port: 9, signal: AbortSignal.abort(new Error('at once')) }),
    ).rejects.toThrow('at once');
    expect(client.core.tcp.connectionCount).toBe(0);
  });

  it('fails both streams with ECONNRESET when the peer resets', async () => {
    const { near, far } = await connected();
    const reading = far.readable.getReader().read();
    near.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(far.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(far.writable.getWriter().write(octets('x'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(near.closed).rejects.toMatchObject({ code: 'ECONNABORTED' });
  });

  it('goes on reading after its own end', async () => {
    const { near, far } = await connected();
    await near.writable.close();
    expect((await far.readable.getReader().read()).done).toBe(true);
    const writer = far.writable.getWriter();
    await writer.write(octets('still here'));
    await writer.close();
    expect(text(await readAll(near.readable))).toBe('still here');
  });

  it('discards what comes after its reader cancelled', async () => {
    const { near, far } = await connected();
    await near.readable.cancel();
    const writer = far.writable.getWriter();
    for (let i = 0; i < 50; i++) await writer.write(new Uint8Array(100_000));
    await writer.close();
    expect(far.tcp.failure).toBeUndefined();
  });

  it('listens until the signal, and refuses then', async () => {
    const abort = new AbortController();
    const listener = server.listen({ port: 7, signal: abort.signal });
    const next = listener.next();
    abort.abort();
    expect((await next).done).toBe(true);
    await expect(client.connect({ address: '10.0.0.1', port: 7 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(() => server.listen({ port: 7 })).not.toThrow();
    expect(() => server.listen({ port: 7 })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
  });

  it('sends and receives datagrams', async () => {
    const socket = server.udp({ port: 53 });
    const serving = (async () => {
      for await (const datagram of socket) socket.send(datagram.octets, datagram.port, datagram.address);
    })();
    const asker = client.udp();
    asker.send(octets('who?'), 53, '10.0.0.1');
    const { value } = await asker.next();
    expect(value).toMatchObject({ address: '10.0.0.1', port: 53, localAddress: '10.0.0.2' });
    expect(text(value!.octets)).toBe('who?');
    asker.connect('10.0.0.1', 54);
    asker.send(octets('anybody?'));
    await expect(asker.next()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    socket.close();
    await serving;
    asker.close();
    expect((await asker.next()).done).toBe(true);
  });

  it('pings', async () => {
    const reply = await client.ping('10.0.0.1', { octets: 3000 });
    expect(reply.octets).toBe(3000);
    expect(reply.roundTripMs).toBeGreaterThanOrEqual(0);
    await expect(client.ping('10.0.0.1', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });

  it('closes in order: what was written arrives, and nothing is left', async () => {
    const { near, far } = await connected();
    const writer = near.writable.getWriter();
    await writer.write(new Uint8Array(200_000).fill(9));
    const reading = readAll(far.readable);
    const closing = near.close();
    expect((await reading).length).toBe(200_000);
    await far.close();
    await closing;
    expect(() => client.listen({ port: 1 })).not.toThrow();
    await client.close();
    expect(() => client.listen({ port: 1 })).toThrow('the stack is closed');
  });
});
