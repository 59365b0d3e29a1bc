import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authorities } from '../src/certificates/index.ts';
import {
  chooseCredential,
  makeTlsResources,
  nodeCryptography,
  TlsClient,
  type TlsFacts,
  TlsServer,
  TlsServerSettings,
} from '../src/index.ts';
import { EchoProtocol } from './support/echo-protocol.ts';
import { PageProtocol } from './support/page-protocol.ts';
import { ecCredential, rsaCredential } from './support/pair.ts';
import { drive, listen } from './support/socket-driver.ts';

const EC = new URL('./fixtures/ec.pem', import.meta.url).pathname;
const RSA = new URL('./fixtures/rsa.pem', import.meta.url).pathname;
const RSA_KEY = new URL('./fixtures/rsa.key', import.meta.url).pathname;
const REQUEST = 'GET / HTTP/1.0\r\n\r\n';
const SIZE = 300_000;

let folder: string;
let server: Server;
let port: number;
const done: TlsFacts[] = [];
const failures: string[] = [];
const keyLog: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tls-interop-'));
  const epoch = Date.now() - performance.now();
  const settings = new TlsServerSettings({
    resources: makeTlsResources(nodeCryptography, epoch, (line) => keyLog.push(line)),
    chooseCredential: (offer) => chooseCredential([ecCredential, rsaCredential], offer),
    chooseProtocol(_alpn, facts) {
      done.push(facts);
      return new PageProtocol(SIZE);
    },
    protocols: ['http/1.1', 'http/1.0'],
    clientPolicy: (name) => ({ mode: name === 'rsa.test' ? 'required' : 'none', id: name ?? '', authorities: [] }),
    judgeClient: () => 'good',
  });
  const made = await listen((now) => {
    const machine = new TlsServer(settings, now);
    const abort = machine.abort.bind(machine);
    machine.abort = (at) => {
      if (machine.failure !== undefined) failures.push(machine.failure.code);
      abort(at);
    };
    return machine;
  });
  server = made.server;
  port = made.port;
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** Runs a command to its end. Its input stays open until its output ends: clients stop at the end of input. */
function run(command: string, args: string[], input = ''): Promise<{ out: string; status: number | null }> {
  return new Promise((resolve, reject) => {
    // A client that waits for ever is ended, and the test that ran it fails.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
    const out: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => out.push(data));
    child.on('error', reject);
    child.on('close', (status) => resolve({ out: Buffer.concat(out).toString('latin1'), status }));
    child.stdin.on('error', () => {});
    child.stdin.write(input);
  });
}

const sClient = (...args: string[]): Promise<{ out: string; status: number | null }> =>
  run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', ...args], REQUEST);

const pageOf = (out: string): number => out.match(/a{1000,}/)?.[0].length ?? 0;

describe('openssl s_client', () => {
  it('gets the page by every suite and group', async () => {
    for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']) {
      const { out } = await sClient('-ciphersuites', suite, '-servername', 'localhost', '-CAfile', EC);
      expect(out).toContain(`Cipher is ${suite}`);
      expect(out).toContain('Verification: OK');
      expect(pageOf(out)).toBe(SIZE);
    }
    for (const groups of ['X25519', 'P-256', 'P-384', 'X448:P-384', 'P-521:X25519']) {
      expect(pageOf((await sClient('-groups', groups)).out)).toBe(SIZE);
    }
  });

  it('resumes', async () => {
    const session = join(folder, 'session.pem');
    await sClient('-sess_out', session, '-servername', 'localhost');
    const { out } = await sClient('-sess_in', session, '-servername', 'localhost');
    expect(out).toContain('Reused, TLSv1.3');
    expect(pageOf(out)).toBe(SIZE);
    expect(done[done.length - 1]?.resumed).toBe(true);
    const other = await sClient('-sess_in', session, '-servername', 'other.test');
    expect(other.out).toContain('New, TLSv1.3');
  });

  it('shows its certificate', async () => {
    const { out } = await sClient('-servername', 'rsa.test', '-cert', RSA, '-key', RSA_KEY);
    expect(out).toContain('CN = rsa.test');
    expect(pageOf(out)).toBe(SIZE);
    expect(done[done.length - 1]?.peerCertificates.length).toBe(1);
    const without = await sClient('-servername', 'rsa.test');
    expect(without.out).toContain('alert number 116');
    expect(pageOf(without.out)).toBe(0);
  });

  it('is told that TLS 1.2 is not spoken', async () => {
    expect((await sClient('-tls1_2')).out).toContain('alert number 70');
  });

  it('keeps to a limit of record size', async () => {
    const { out } = await sClient('-max_send_frag', '512', '-servername', 'localhost');
    expect(pageOf(out)).toBe(SIZE);
  });
});

describe('other clients', () => {
  it('gnutls-cli', async () => {
    // It sends and expects record_size_limit (RFC 8449).
    const { out } = await run(
      'gnutls-cli',
      ['--insecure', '-p', String(port), '127.0.0.1', '--recordsize', '1000'],
      REQUEST,
    );
    expect(out).toMatch(/TLS1\.3/);
    expect(pageOf(out)).toBe(SIZE);
  });

  it('curl, twice on one connection', async () => {
    const url = `https://localhost:${port}/`;
    const format = '%{http_code} %{size_download} %{num_connects} ';
    const args = ['-s', '--http1.1', '--cacert', EC, '-o', '/dev/null', '-o', '/dev/null', '-w', format, url, url];
    expect((await run('curl', args)).out).toBe(`200 ${SIZE} 1 200 ${SIZE} 0 `);
    expect((await run('curl', ['-s', `http://localhost:${port}/`])).out).toContain('This port speaks HTTPS');
  });

  it('leave lines of RFC 9850 in the key log', () => {
    expect(keyLog.length).toBeGreaterThan(5);
    for (const line of keyLog) expect(line).toMatch(/^[A-Z_0-9]+ [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})$/);
  });
});

describe('our client', () => {
  /** A server of Node's own, and our client against it. */
  async function talk(
    options: object,
    tlsOptions: object,
  ): Promise<{ client: TlsClient; echo: EchoProtocol; shown: string | undefined }> {
    let shown: string | undefined;
    const theirs = createServer(
      { key: readFileSync(new URL('./fixtures/ec.key', import.meta.url)), cert: readFileSync(EC), ...tlsOptions },
      (socket) => {
        // Asked while the connection lives: afterwards nothing is known of the peer.
        const name: string | string[] | undefined = String(socket.getPeerCertificate().subject?.CN);
        shown = Array.isArray(name) ? name[0] : name;
        socket.on('error', () => {});
        socket.resume();
        socket.end('hello');
      },
    );
    await new Promise<void>((resolve) => theirs.listen(0, '127.0.0.1', resolve));
    const roots = new Authorities(readFileSync(EC, 'utf8'));
    const said = new EchoProtocol();
    const now = Date.UTC(2026, 11, 1);
    const client = new TlsClient(
      {
        resources: makeTlsResources(nodeCryptography, Date.now() - performance.now()),
        judgeServer: (chain, name) => roots.judgeServer(chain, name, now),
        chooseProtocol: () => said,
        serverName: 'localhost',
        ...options,
      },
      performance.now(),
    );
    const socket = connect({
      port: (theirs.address() as { port: number }).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    await new Promise<void>((resolve) => {
      socket.on('connect', () => drive(socket, client));
      socket.on('close', () => resolve());
    });
    await new Promise((resolve) => theirs.close(resolve));
    return { client, echo: said, shown };
  }

  it('reads from a server of Node, and is given sessions', async () => {
    const { client, echo } = await talk({ protocols: ['h2'] }, { ALPNProtocols: ['h2'] });
    // Node ends a stream without close_notify (`openssl s_client -msg` shows none either): that is truncation.
    expect(client.failure?.code).toBe('truncated');
    expect(echo.received).toBe('hello');
    expect(client.facts).toMatchObject({ alpn: 'h2', resumed: false });
    expect(client.takeSessions().length).toBeGreaterThan(0);
  });

  it('follows a HelloRetryRequest', async () => {
    const { client, echo } = await talk({}, { ecdhCurve: 'P-384' });
    expect(echo.received).toBe('hello');
    expect(client.facts?.group).toBe('P-384');
  });

  it('shows its certificate', async () => {
    const ask = { requestCert: true, ca: readFileSync(RSA) };
    const { echo, shown } = await talk({ credential: rsaCredential }, ask);
    expect(echo.received).toBe('hello');
    expect(shown).toBe('rsa.test');
  });

  it('refuses another name, and TLS 1.2', async () => {
    const wrong = await talk({ serverName: 'else.test' }, {});
    expect(wrong.client.failure?.code).toBe('certificate_name_mismatch');
    const old = await talk({}, { maxVersion: 'TLSv1.2' });
    expect(old.client.failure?.code).toBe('peer_alert');
  });
});
