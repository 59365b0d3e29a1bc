import { NetworkStack } from '@immuable-net/stack';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Answer, Random, type Request, SimulatedNetwork, SocketAgent } from '../src/index.ts';

const SOCK_STREAM = 1;
const NONBLOCK = 0x800;
const TCP = 6;

let network: SimulatedNetwork;
let here: SocketAgent;
let there: SocketAgent;

/** A call that blocks: what it answers in the end. */
function start(agent: SocketAgent, request: Request): { answer: Answer | undefined } {
  const outcome: { answer: Answer | undefined } = { answer: undefined };
  agent.call(request, (answer) => {
    outcome.answer = answer;
  });
  return outcome;
}

/** A call and its answer, which may take a second. */
function call(agent: SocketAgent, request: Request): Answer {
  const outcome = start(agent, request);
  network.run(() => outcome.answer !== undefined, 1000);
  if (outcome.answer === undefined) throw new Error(`${JSON.stringify(request)} is not answered`);
  return outcome.answer;
}

function socket(agent: SocketAgent, type = SOCK_STREAM): number {
  return call(agent, { op: 'socket', domain: 2, type, protocol: 0 }).ret;
}

function int32(value: number): string {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setInt32(0, value, true);
  return Buffer.from(octets).toString('hex');
}

/** A connection from here to there. */
function connected(): { client: number; server: number; listener: number } {
  const listener = socket(there);
  expect(call(there, { op: 'bind', fd: listener, ip: '0.0.0.0', port: 80 })).toEqual({ ret: 0 });
  expect(call(there, { op: 'listen', fd: listener, backlog: 5 })).toEqual({ ret: 0 });
  const accepting = start(there, { op: 'accept', fd: listener });
  const client = socket(here);
  expect(call(here, { op: 'connect', fd: client, ip: '10.0.0.2', port: 80 })).toEqual({ ret: 0 });
  network.run(() => accepting.answer !== undefined, 1000);
  expect(accepting.answer).toMatchObject({ ip: '10.0.0.1' });
  return { client, server: accepting.answer!.ret, listener };
}

beforeEach(() => {
  const random = new Random(1);
  network = new SimulatedNetwork(random);
  const wire = network.wire({ aToB: { delayMs: 1 } });
  const agents = [wire.a, wire.b].map((link, i) => {
    const stack = new NetworkStack({ link, addresses: [`10.0.0.${i + 1}/24`], random: random.fork(`${i}`).source() });
    network.drive(stack);
    return new SocketAgent(stack, () => network.now);
  });
  here = agents[0]!;
  there = agents[1]!;
  network.afterStep = () => {
    here.settle();
    there.settle();
  };
});

describe('SocketAgent', () => {
  it('speaks as its page says', () => {
    const { client, server } = connected();
    expect(call(here, { op: 'send', fd: client, flags: 0, data: '6869' })).toEqual({ ret: 2 });
    expect(call(there, { op: 'recv', fd: server, count: 100, flags: 0 })).toEqual({ ret: 2, data: '6869' });
    expect(call(here, { op: 'shutdown', fd: client, how: 1 })).toEqual({ ret: 0 });
    expect(call(there, { op: 'recv', fd: server, count: 100, flags: 0 })).toEqual({ ret: 0, data: '' });
    expect(call(there, { op: 'close', fd: server })).toEqual({ ret: 0 });
    expect(call(here, { op: 'recv', fd: client, count: 1, flags: 0 })).toEqual({ ret: 0, data: '' });
    expect(call(here, { op: 'send', fd: client, flags: 0, data: '00' })).toEqual({ ret: -1, errno: 32 });
    expect(call(here, { op: 'close', fd: client })).toEqual({ ret: 0 });
    expect(call(here, { op: 'close', fd: client })).toEqual({ ret: -1, errno: 9 });
    expect(call(here, { op: 'frobnicate', fd: 3 })).toEqual({ ret: -1, errno: 38 });
  });

  it('blocks, or says EAGAIN and EINPROGRESS', () => {
    const listener = socket(there, SOCK_STREAM | NONBLOCK);
    call(there, { op: 'bind', fd: listener, ip: '10.0.0.2', port: 81 });
    call(there, { op: 'listen', fd: listener, backlog: 5 });
    expect(call(there, { op: 'accept', fd: listener })).toEqual({ ret: -1, errno: 11 });
    const client = socket(here, SOCK_STREAM | NONBLOCK);
    expect(call(here, { op: 'fcntl', fd: client, cmd: 3, arg: 0 })).toEqual({ ret: 0x802 });
    expect(call(here, { op: 'connect', fd: client, ip: '10.0.0.2', port: 81 })).toEqual({ ret: -1, errno: 115 });
    expect(call(here, { op: 'poll', timeout: -1, fds: [[client, 4]] })).toEqual({ ret: 1, revents: '4' });
    expect(call(here, { op: 'getsockopt', fd: client, level: 1, opt: 4, len: 4 }).data).toBe(int32(0));
    expect(call(here, { op: 'recv', fd: client, count: 1, flags: 0 })).toEqual({ ret: -1, errno: 11 });
    const waiting = start(here, { op: 'poll', timeout: 50, fds: [[client, 1]] });
    expect(waiting.answer).toBeUndefined();
    network.at(network.now + 60, () => undefined);
    network.elapse(100);
    expect(waiting.answer).toEqual({ ret: 0, revents: '0' });
    expect(call(there, { op: 'poll', timeout: 0, fds: [[listener, 1]] })).toEqual({ ret: 1, revents: '1' });
  });

  it('tells errors as Linux does', () => {
    const client = socket(here);
    expect(call(here, { op: 'connect', fd: client, ip: '10.0.0.2', port: 9 })).toEqual({ ret: -1, errno: 111 });
    const { client: near, server } = connected();
    expect(call(there, { op: 'setsockopt', fd: server, level: 1, opt: 13, data: int32(1) + int32(0) }).ret).toBe(0);
    const reading = start(here, { op: 'recv', fd: near, count: 1, flags: 0 });
    call(there, { op: 'close', fd: server });
    network.elapse(50);
    expect(reading.answer).toEqual({ ret: -1, errno: 104 });
    const again = socket(there);
    call(there, { op: 'bind', fd: again, ip: '0.0.0.0', port: 80 });
    expect(call(there, { op: 'listen', fd: again, backlog: 5 })).toEqual({ ret: -1, errno: 98 });
  });

  it('has the options and queues', () => {
    const { client, server } = connected();
    expect(call(here, { op: 'setsockopt', fd: client, level: TCP, opt: 1, data: int32(1) })).toEqual({ ret: 0 });
    expect(call(here, { op: 'getsockopt', fd: client, level: TCP, opt: 1, len: 4 })).toEqual({
      ret: 0,
      data: int32(1),
    });
    expect(call(here, { op: 'setsockopt', fd: client, level: 99, opt: 99, data: '' })).toEqual({ ret: 0 });
    call(here, { op: 'send', fd: client, flags: 0, data: '00'.repeat(10) });
    network.elapse(50);
    expect(call(there, { op: 'ioctl', fd: server, req: 0x541b })).toEqual({ ret: 0, value: 10 });
    expect(call(here, { op: 'ioctl', fd: client, req: 0x5411 })).toEqual({ ret: 0, value: 0 });
    const info = call(here, { op: 'getsockopt', fd: client, level: TCP, opt: 11, len: 104 });
    const view = new DataView(Uint8Array.from(Buffer.from(info.data!, 'hex')).buffer);
    expect(view.byteLength).toBe(104);
    expect(view.getUint8(0)).toBe(1); // TCP_ESTABLISHED
    expect(view.getUint32(16, true)).toBe(1448); // tcpi_snd_mss
    expect(view.getUint32(80, true)).toBeGreaterThanOrEqual(10); // tcpi_snd_cwnd
  });

  it('holds back what comes with MSG_MORE', () => {
    const { client, server } = connected();
    call(here, { op: 'send', fd: client, flags: 0x8000, data: 'aa' });
    network.elapse(20);
    expect(call(there, { op: 'ioctl', fd: server, req: 0x541b }).value).toBe(0);
    call(here, { op: 'send', fd: client, flags: 0, data: 'bb' });
    network.elapse(20);
    expect(call(there, { op: 'recv', fd: server, count: 9, flags: 0 })).toEqual({ ret: 2, data: 'aabb' });
  });

  it('forgets everything on reset, and tells the peers', () => {
    const { client, server } = connected();
    const blocked = start(there, { op: 'recv', fd: server, count: 1, flags: 0 });
    expect(call(there, { op: 'reset' })).toEqual({ ret: 0 });
    expect(blocked.answer).toEqual({ ret: -1, errno: 9 });
    expect(call(here, { op: 'recv', fd: client, count: 1, flags: 0 })).toEqual({ ret: -1, errno: 104 });
    expect(socket(there)).toBe(3);
    const other = socket(here);
    expect(call(here, { op: 'connect', fd: other, ip: '10.0.0.2', port: 80 })).toEqual({ ret: -1, errno: 111 });
  });

  it('survives any line', () => {
    const lines: Request[] = [
      {},
      { op: 1 },
      { op: 'recv', fd: 'x' },
      { op: 'poll', fds: 7 },
      { op: 'poll', timeout: 0, fds: [null, [1], ['a', {}]] },
      { op: 'socket', domain: 99 },
      { op: '__proto__', fd: 3 },
      { op: 'send', fd: socket(here), data: 'zz' },
      { op: 'connect', fd: socket(here), ip: 'nowhere', port: -1 },
      { op: 'bind', fd: socket(here), ip: {}, port: [] },
    ];
    for (const line of lines) expect(typeof call(here, line).ret).toBe('number');
  });
});
