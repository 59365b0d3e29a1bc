import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, Network, noTap, program, type RunningServer } from './network.ts';
import { filesOf, makeSite, urlPath } from './site.ts';

/** The same site over TLS 1.3 and HTTP/2, to clients that we did not write. */
describe.skipIf(noTap)(`an archive served over TLS on a tap${noTap ? ` (${noTap})` : ''}`, () => {
  let network: Network;
  let server: RunningServer;
  let site: string;
  const onTap = ['--tap', 'tap0', '--ipv4', '10.0.0.2/24', '--pack', 'block.pack'];
  const pairs = ['--tls-cert', 'ec.pem', '--tls-key', 'ec.key', '--tls-cert', 'rsa.pem', '--tls-key', 'rsa.key'];
  const url = (path: string): string => `https://10.0.0.2/${path}`;
  const run = (command: string, ...args: string[]): CommandResult => network.run(command, args, { timeoutMs: 20_000 });
  const openssl = (...args: string[]): string => {
    const { status, stdout, stderr } = run('openssl', ...args);
    expect(status, stderr).toBe(0);
    return stdout.toString();
  };
  const curl = (...args: string[]): Buffer => {
    const { status, stdout, stderr } = run('curl', '-sS', '--max-time', '15', '--cacert', 'all.pem', ...args);
    expect(status, stderr).toBe(0);
    return stdout;
  };
  const certificate = (name: string, key: string[], subject: string, days = '30'): void => {
    openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      days,
      '-subj',
      `/CN=${subject}`,
      '-addext',
      'subjectAltName=DNS:example.org,IP:10.0.0.2',
    );
  };

  beforeAll(async () => {
    network = new Network();
    site = join(network.folder, 'site');
    makeSite(site);
    network.make(site, join(network.folder, 'block.pack'));
    const ec = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    certificate('ec', ec, 'example.org');
    certificate('rsa', ['rsa:2048'], 'example.org');
    certificate('client', ec, 'a client');
    expect(run('sh', '-c', 'cat ec.pem rsa.pem > all.pem').status).toBe(0);
    server = await network.serve([...onTap, ...pairs, '--hsts', '--https-redirect']);
  });

  afterAll(() => network?.close());

  it('serves every file octet for octet over HTTP/2 and HTTP/1.1', () => {
    for (const version of ['--http2', '--http1.1', '--http1.0']) {
      for (const path of filesOf(site)) {
        expect(curl(version, url(urlPath(path))).equals(readFileSync(join(site, path))), `${version} ${path}`).toBe(
          true,
        );
      }
      const told = curl(version, '-o', '/dev/null', '-w', '%{http_version}', url('')).toString();
      expect(told).toBe(version === '--http2' ? '2' : '1.1');
    }
  });

  it('sends HTTP to HTTPS, and HSTS there alone', () => {
    const plain = curl('-D', '-', '-o', '/dev/null', 'http://10.0.0.2/blog/?x=1').toString();
    expect(plain).toMatch(/^HTTP\/1\.1 308 /);
    expect(plain).toMatch(/location: https:\/\/10\.0\.0\.2\/blog\/\?x=1\r\n/i);
    expect(plain).not.toMatch(/strict-transport-security/i);
    expect(curl('-D', '-', '-o', '/dev/null', url('')).toString()).toMatch(
      /strict-transport-security: max-age=31536000/i,
    );
  });

  it('speaks to openssl with both kinds of certificate, and resumes', () => {
    const connect = (...args: string[]): string =>
      network
        .run('openssl', ['s_client', '-connect', '10.0.0.2:443', '-servername', 'example.org', ...args], {
          input: 'GET / HTTP/1.0\r\nHost: example.org\r\n\r\n',
          timeoutMs: 20_000,
        })
        .stdout.toString();
    expect(connect('-sigalgs', 'ecdsa_secp256r1_sha256', '-ign_eof')).toMatch(/Peer signature type: ECDSA/);
    expect(connect('-sigalgs', 'rsa_pss_rsae_sha256', '-ign_eof')).toMatch(/Peer signature type: RSA-PSS/);
    expect(connect('-sess_out', 'session.pem', '-ign_eof')).toMatch(/New, TLSv1\.3, Cipher is/);
    expect(connect('-sess_in', 'session.pem', '-ign_eof')).toMatch(/Reused, TLSv1\.3, Cipher is/);
  });

  it('refuses TLS 1.2 by protocol_version, and answers plain HTTP on its port', () => {
    const { stderr } = run('openssl', 's_client', '-connect', '10.0.0.2:443', '-tls1_2');
    expect(stderr).toMatch(/protocol version/);
    expect(curl('-o', '/dev/null', '-w', '%{http_code}', 'http://10.0.0.2:443/').toString()).toBe('400');
  });

  it('speaks to gnutls, nghttp and h2load', () => {
    const gnutls = run('gnutls-cli', '--x509cafile', 'all.pem', '--verify-hostname', 'example.org', '10.0.0.2');
    expect(gnutls.stdout.toString()).toMatch(/Handshake was completed/);
    const nghttp = run('nghttp', '-nv', '--no-verify-peer', url('page.css'), url('10k.html'));
    expect(nghttp.stdout.toString().match(/:status: 200/g)).toHaveLength(2);
    const load = run('h2load', '-n', '5000', '-c', '8', '-m', '16', url('1k.html'));
    expect(load.stdout.toString()).toMatch(/5000 succeeded, 0 failed/);
  });

  it('takes another certificate on SIGHUP', async () => {
    certificate('ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], 'renewed.example.org');
    server.process.kill('SIGHUP');
    // `ip netns exec` becomes the program: the signal reaches it.
    await server.said(/certificates reloaded/);
    const { stdout } = run('openssl', 's_client', '-connect', '10.0.0.2:443', '-sigalgs', 'ecdsa_secp256r1_sha256');
    expect(stdout.toString()).toMatch(/subject=CN = renewed\.example\.org/);
    expect(await server.stop()).toBe(0);
  });

  it('asks for client certificates, and writes a capture that tshark decrypts', async () => {
    const asking = await network.serve([
      ...[...onTap, ...pairs, '--client-auth', 'required', '--client-ca', 'client.pem'],
      ...['--key-log', 'keys.log', '--pcap', 'all.pcapng'],
    ]);
    const without = run('curl', '-sS', '--max-time', '15', '-k', url(''));
    expect(without.status).not.toBe(0);
    expect(without.stderr).toMatch(/certificate required|alert/i);
    expect(curl('-k', '--cert', 'client.pem', '--key', 'client.key', url('')).toString()).toContain('Hello');
    expect(await asking.stop()).toBe(0);
    const decrypted = run('tshark', '-r', 'all.pcapng', '-Y', 'http2.headers');
    expect(decrypted.stdout.toString()).toMatch(/HEADERS.*: 200 OK/);
  });

  it('makes a local authority that curl trusts, in a folder of its own', async () => {
    const state = join(network.folder, 'state');
    const local = await network.serve([...onTap, '--tls-self-signed', '10.0.0.2,example.org'], {
      XDG_STATE_HOME: state,
    });
    const path = /curl --cacert (\S+)/.exec(local.errors())?.[1];
    expect(path).toBeDefined();
    expect(run('curl', '-sS', '--max-time', '15', '--cacert', path!, url('')).stdout.toString()).toContain('Hello');
    expect(statSync(join(state, 'immuable-net')).mode & 0o777).toBe(0o700);
    expect(statSync(path!).mode & 0o777).toBe(0o600);
    expect(await local.stop()).toBe(0);
  });

  it('says in one line what is wrong with a certificate or a key', () => {
    openssl('genpkey', '-algorithm', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', 'other.key');
    openssl('pkey', '-in', 'other.key', '-aes256', '-passout', 'pass:secret', '-out', 'locked.key');
    const refused = (cert: string, key: string): string => {
      const { status, stderr } = network.run(
        process.execPath,
        [program.serve, ...onTap, '--tls-cert', cert, '--tls-key', key],
        { timeoutMs: 20_000 },
      );
      expect(status, stderr).toBe(7);
      const lines = stderr
        .trim()
        .split('\n')
        .filter((line) => line.includes('error'));
      expect(lines).toHaveLength(1);
      return lines[0]!;
    };
    expect(refused('ec.pem', 'other.key')).toMatch(/other\.key is not the key of ec\.pem/);
    expect(refused('ec.pem', 'locked.key')).toMatch(/locked\.key.*(encrypted|passphrase)/);
    expect(refused('ec.key', 'ec.key')).toMatch(/ec\.key/);
  });
});
