import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// The program as it is built, on a tap in a namespace of this test's own, with the kernel's TCP as the other end.
const program = join(import.meta.dirname, '../../packages/harness/dist/programs/agent.js');
const noTap =
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : existsSync('/dev/net/tun')
        ? undefined
        : 'no /dev/net/tun';

describe.skipIf(noTap !== undefined)(
  `the socket agent on a tap${noTap === undefined ? '' : ` (skipped: ${noTap})`}`,
  () => {
    const namespace = `imm-agent-${process.pid}`;
    let folder: string;
    let path: string;
    let agent: ChildProcess;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'immuable-net-agent-'));
      path = join(folder, 'agent.sock');
      expect(spawnSync('ip', ['netns', 'add', namespace]).status).toBe(0);
      spawnSync('ip', ['netns', 'exec', namespace, 'ip', 'link', 'set', 'lo', 'up']);
      const options = ['--tap', 'tap0', '--ipv4', '10.8.0.2/24', '--socket', path];
      agent = spawn('ip', ['netns', 'exec', namespace, process.execPath, program, ...options], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise<void>((resolve, reject) => {
        agent.once('exit', () => reject(new Error('the agent ended')));
        agent.stdout!.once('data', () => resolve());
      });
    });

    afterEach(() => {
      agent.kill('SIGKILL');
      spawnSync('ip', ['netns', 'del', namespace]);
      rmSync(folder, { recursive: true, force: true });
    });

    /** One call: a line out, a line back, as any tool would. */
    function call(request: object): Promise<Record<string, unknown>> {
      return new Promise((resolve, reject) => {
        const socket = createConnection(path);
        let line = '';
        socket.on('error', reject);
        socket.on('data', (chunk) => {
          line += chunk.toString();
        });
        socket.on('close', () => resolve(JSON.parse(line) as Record<string, unknown>));
        socket.write(`${JSON.stringify(request)}\n`);
      });
    }

    it('listens, accepts from the kernel, receives and sends', async () => {
      expect(await call({ op: 'reset' })).toEqual({ ret: 0 });
      const { ret: fd } = await call({ op: 'socket', domain: 2, type: 1, protocol: 6 });
      expect(await call({ op: 'bind', fd, ip: '0.0.0.0', port: 8080 })).toEqual({ ret: 0 });
      expect(await call({ op: 'listen', fd, backlog: 1 })).toEqual({ ret: 0 });
      const accepting = call({ op: 'accept', fd });
      const script = `
      const socket = require('node:net').connect(8080, '10.8.0.2', () => socket.write('hi'));
      socket.on('data', (octets) => { console.log(octets.toString()); socket.end(); });`;
      const client = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      client.stdout.on('data', (chunk) => {
        printed += chunk;
      });
      const ended = new Promise((resolve) => client.once('exit', resolve));
      const accepted = await accepting;
      expect(accepted).toMatchObject({ ip: '10.8.0.1' });
      expect(await call({ op: 'recv', fd: accepted.ret, count: 100, flags: 0 })).toEqual({ ret: 2, data: '6869' });
      const data = Buffer.from('from wire to file').toString('hex');
      expect(await call({ op: 'send', fd: accepted.ret, flags: 0, data })).toEqual({ ret: 17 });
      expect(await call({ op: 'recv', fd: accepted.ret, count: 100, flags: 0 })).toEqual({ ret: 0, data: '' });
      expect(await call({ op: 'close', fd: accepted.ret })).toEqual({ ret: 0 });
      await ended;
      expect(printed).toBe('from wire to file\n');
      expect(await call({ op: 'reset' })).toEqual({ ret: 0 });
      expect(await call({ op: 'recv', fd: accepted.ret, count: 1, flags: 0 })).toEqual({ ret: -1, errno: 9 });
    });

    it('connects to the kernel, and tells a refused connection', async () => {
      const { ret: fd } = await call({ op: 'socket', domain: 2, type: 1, protocol: 0 });
      expect(await call({ op: 'connect', fd, ip: '10.8.0.1', port: 9 })).toEqual({ ret: -1, errno: 111 });
    });
  },
);
