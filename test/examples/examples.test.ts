import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

// The examples run as a reader runs them: by node, on the packages as they were built.
const root = join(import.meta.dirname, '../..');

function run(example: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'examples', example), ...args], {
    encoding: 'utf8',
    timeout: 30_000,
    cwd: root,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

describe('examples', () => {
  it('two-stacks.js', () => {
    const printed = run('two-stacks.js');
    expect(printed).toContain('10.0.0.1 answers a ping');
    expect(printed).toContain('a connection from 10.0.0.2:');
    expect(printed).toContain('the echo: from wire to file');
    expect(printed).toContain('and port 8: ECONNREFUSED');
  });

  it('serve-a-folder.js', () => {
    const robots = readFileSync(join(root, 'examples/site/robots.txt')).length;
    const index = readFileSync(join(root, 'examples/site/index.html')).length;
    const printed = run('serve-a-folder.js', 'examples/site', '/', '/robots.txt', '/../../package.json');
    expect(printed).toContain(`/: 200 OK, ${index} octets\n`);
    expect(printed).toContain(`/robots.txt: 200 OK, ${robots} octets\n`);
    expect(printed).toContain('/../../package.json: 404 Not Found');
  });

  it('custom-link.js', () => {
    expect(run('custom-link.js')).toBe('hello through a tunnel\n');
  });
});

const noTap =
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : existsSync('/dev/net/tun')
        ? undefined
        : 'no /dev/net/tun';

describe.skipIf(noTap !== undefined)(`echo-on-a-tap.js${noTap === undefined ? '' : ` (skipped: ${noTap})`}`, () => {
  const namespace = `imm-ex-${process.pid}`;
  let echo: ChildProcess | undefined;

  const inside = (command: string, args: string[], input = ''): string => {
    const result = spawnSync('ip', ['netns', 'exec', namespace, command, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      input,
    });
    expect(result.stderr).toBe('');
    return result.stdout;
  };

  afterEach(() => {
    echo?.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', namespace]);
  });

  it('answers the kernel: ping, TCP, UDP', async () => {
    expect(spawnSync('ip', ['netns', 'add', namespace]).status).toBe(0);
    inside('ip', ['link', 'set', 'lo', 'up']);
    const example = join(root, 'examples/echo-on-a-tap.js');
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, example, 'tap0', '10.9.0.2/24'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: root,
    });
    echo = child;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`ended early: ${printed}`)));
      child.stdout.on('data', (chunk) => {
        printed += chunk;
        if (printed.includes('port 7')) resolve();
      });
    });
    expect(inside('ping', ['-c', '3', '-i', '0.1', '10.9.0.2'])).toContain('3 received');
    expect(inside('ping', ['-c', '1', '-s', '20000', '10.9.0.2'])).toContain('1 received');
    // The client of the test is the kernel's TCP and UDP, spoken to by a second node.
    const client = `
      const { createConnection } = require('node:net');
      const { createSocket } = require('node:dgram');
      const sent = Buffer.alloc(3_000_000, 'echo echo ');
      const socket = createConnection({ host: '10.9.0.2', port: 7, allowHalfOpen: true });
      socket.end(sent);
      const chunks = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('end', () => {
        console.log('tcp', Buffer.concat(chunks).equals(sent));
        const datagrams = createSocket('udp4');
        datagrams.on('message', (octets) => {
          console.log('udp', octets.length);
          datagrams.close();
        });
        datagrams.send(Buffer.alloc(5000), 7, '10.9.0.2');
      });`;
    expect(inside(process.execPath, ['-e', client])).toBe('tcp true\nudp 5000\n');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
