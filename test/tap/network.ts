import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The programs as they are installed: built by `npm test` before the tests run. */
export const program = {
  serve: join(root, 'packages/server/bin/immuable-net.js'),
  make: join(root, 'packages/server/bin/immuable.js'),
};

/** Why tests on a tap cannot run here; undefined where they can. In CI they always can, and a skipped test fails it. */
export const noTap: string | undefined =
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : !existsSync('/dev/net/tun')
        ? 'no /dev/net/tun'
        : undefined;

let namespaces = 0;

/** What a command in a namespace did. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A server that runs in a namespace. */
export interface RunningServer {
  readonly process: ChildProcess;
  /** Everything it wrote to standard error so far. */
  readonly errors: () => string;
  readonly output: () => string;
  /** Resolves with its exit status. */
  readonly ended: Promise<number | null>;
  /** Resolves once standard error matches; rejects when the process ends before. */
  said(pattern: RegExp): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * A network namespace of one test file's own, with nothing in it but loopback: every octet of a test stays inside.
 */
export class Network {
  readonly name: string;
  /** A folder that goes with the namespace. */
  readonly folder: string;
  #servers: RunningServer[];

  constructor() {
    this.name = `imm-${process.pid}-${namespaces++}`;
    this.folder = mkdtempSync(join(tmpdir(), 'immuable-net-tap-'));
    // Tests of users without root read it too.
    chmodSync(this.folder, 0o755);
    this.#servers = [];
    const made = spawnSync('ip', ['netns', 'add', this.name], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`ip netns add ${this.name}: ${made.stderr}`);
    this.run('ip', ['link', 'set', 'lo', 'up']);
  }

  /** Runs a command to its end, at most `timeoutMs`. */
  run(command: string, args: readonly string[], options: { timeoutMs?: number; input?: string } = {}): CommandResult {
    const result = spawnSync('ip', ['netns', 'exec', this.name, command, ...args], {
      timeout: options.timeoutMs ?? 30_000,
      maxBuffer: 1 << 30,
      input: options.input ?? '',
      cwd: this.folder,
    });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
  }

  /** Starts a command. It is ended with the network at the latest. */
  start(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningServer {
    const child = spawn('ip', ['netns', 'exec', this.name, command, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    let output = '';
    const listeners = new Set<() => void>();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
      for (const listener of listeners) listener();
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    let status: number | null | undefined;
    const ended = new Promise<number | null>((resolve) => {
      child.on('close', (code) => {
        status = code;
        resolve(code);
        for (const listener of listeners) listener();
      });
    });
    const server: RunningServer = {
      process: child,
      errors: () => errors,
      output: () => output,
      ended,
      said: (pattern) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const match = pattern.exec(errors);
            if (match !== null) resolve(match[0]);
            else if (status !== undefined) reject(new Error(`${command} ended with ${status}: ${errors}`));
            else return;
            listeners.delete(look);
          };
          listeners.add(look);
          look();
        }),
      stop: (signal = 'SIGTERM') => {
        if (status === undefined) child.kill(signal);
        return ended;
      },
    };
    this.#servers.push(server);
    return server;
  }

  /** Starts `immuable-net` and waits until it serves. */
  async serve(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<RunningServer> {
    const server = this.start(process.execPath, [program.serve, ...args], environment);
    await server.said(/serving .*http/);
    return server;
  }

  /** Makes an archive of a folder. */
  make(folder: string, pack: string, args: readonly string[] = []): void {
    const made = spawnSync(process.execPath, [program.make, 'make', '--quiet', '-o', pack, ...args, folder], {
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`immuable make ended with ${made.status}: ${made.stderr}`);
  }

  /** Ends every server and takes the namespace away. */
  async close(): Promise<void> {
    for (const server of this.#servers) await server.stop('SIGKILL');
    spawnSync('ip', ['netns', 'del', this.name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
