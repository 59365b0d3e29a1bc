import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Network, noTap, type RunningServer } from './network.ts';
import { filesOf, makeSite, urlPath } from './site.ts';

/** The whole path from wire to file: our program on a tap, the kernel's TCP and curl on the other side of it. */
describe.skipIf(noTap)(`an archive served on a tap${noTap ? ` (${noTap})` : ''}`, () => {
  let network: Network;
  let server: RunningServer;
  let site: string;
  const url = (path: string): string => `http://10.0.0.2/${path}`;
  const curl = (...args: string[]): Buffer => {
    const { status, stdout, stderr } = network.run('curl', ['-sS', '--max-time', '20', ...args]);
    expect(status, stderr).toBe(0);
    return stdout;
  };
  /** Status line and fields, names in lower case. */
  const head = (...args: string[]): { status: number; fields: Map<string, string> } => {
    const lines = curl('-o', '/dev/null', '-D', '-', ...args)
      .toString('latin1')
      .split('\r\n');
    const fields = new Map(
      lines.slice(1).flatMap((line) => {
        const colon = line.indexOf(':');
        return colon < 0 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const];
      }),
    );
    return { status: Number(lines[0]!.split(' ')[1]), fields };
  };

  beforeAll(async () => {
    network = new Network();
    site = join(network.folder, 'site');
    makeSite(site);
    network.make(site, join(network.folder, 'block.pack'));
    server = await network.serve([...['--tap', 'tap0', '--ipv4', '10.0.0.2/24', '--pack', 'block.pack']]);
  });

  afterAll(() => network?.close());

  it('says where it serves, and what it gave the host', () => {
    expect(server.errors()).toMatch(/http:\/\/10\.0\.0\.2\//);
    expect(server.errors()).toContain('10.0.0.1');
  });

  it('answers pings of every size', () => {
    for (const size of [0, 1, 8, 56, 1471, 1472, 1473, 4000, 20_000, 65_507]) {
      const { status, stdout } = network.run('ping', [
        '-c',
        '2',
        '-i',
        '0.05',
        '-W',
        '3',
        '-s',
        String(size),
        '10.0.0.2',
      ]);
      expect(status, `size ${size}: ${stdout}`).toBe(0);
    }
    const flood = network.run('ping', ['-q', '-f', '-c', '500', '-s', '1000', '10.0.0.2']);
    expect(flood.stdout.toString()).toContain(' 0% packet loss');
  });

  it('answers arping with one MAC address', () => {
    const { status, stdout } = network.run('arping', ['-I', 'tap0', '-c', '3', '-w', '5', '10.0.0.2']);
    expect(status, stdout.toString()).toBe(0);
    const macs = new Set(stdout.toString().match(/\[[0-9A-F:]{17}\]/gi));
    expect(macs.size).toBe(1);
  });

  it('serves every file octet for octet', () => {
    for (const path of filesOf(site)) {
      expect(curl(url(urlPath(path))).equals(readFileSync(join(site, path))), path).toBe(true);
    }
  });

  it('serves gzip and deflate that gunzip and zlib take', () => {
    for (const path of ['10k.html', 'page.css', 'blog/2026/two.html']) {
      const plain = readFileSync(join(site, path));
      const gzip = curl('-H', 'Accept-Encoding: gzip', url(path));
      expect(gunzipSync(gzip).equals(plain), path).toBe(true);
      expect(gzip.length).toBeLessThan(plain.length);
      expect(inflateSync(curl('-H', 'Accept-Encoding: deflate', url(path))).equals(plain), path).toBe(true);
      expect(curl('--compressed', url(path)).equals(plain)).toBe(true);
    }
  });

  it('answers HEAD as GET, without content', () => {
    const get = head(url('10k.html'));
    const { status, fields } = head('-I', url('10k.html'));
    expect(status).toBe(200);
    for (const name of ['content-length', 'content-type', 'etag', 'vary'])
      expect(fields.get(name)).toBe(get.fields.get(name));
  });

  it('answers ranges and conditions', () => {
    const big = readFileSync(join(site, 'big.bin'));
    expect(curl('-r', '1000000-1999999', url('big.bin')).equals(big.subarray(1_000_000, 2_000_000))).toBe(true);
    expect(curl('-r', '-500', url('big.bin')).equals(big.subarray(-500))).toBe(true);
    expect(head('-r', '99999999-', url('big.bin')).status).toBe(416);
    const { fields, status } = head('-r', '0-99', url('10k.html'));
    expect(status).toBe(206);
    expect(fields.get('content-range')).toBe('bytes 0-99/10240');
    const etag = fields.get('etag')!;
    expect(etag).toMatch(/^"[0-9a-f]{40}"$/);
    expect(head('-H', `If-None-Match: ${etag}`, url('10k.html')).status).toBe(304);
    expect(head('-H', 'If-None-Match: W/"x", "y"', url('10k.html')).status).toBe(200);
    expect(head('-H', 'If-Match: "x"', url('10k.html')).status).toBe(412);
    const parts = curl('-r', '0-9,20-29', url('10k.html')).toString('latin1');
    expect(parts.match(/content-range: bytes/gi)).toHaveLength(2);
  });

  it('redirects folders, serves their index, and answers for what is not there', () => {
    const { status, fields } = head(url('blog?x=1'));
    expect(status).toBe(301);
    expect(fields.get('location')).toBe('/blog/?x=1');
    expect(curl(url('blog/')).equals(readFileSync(join(site, 'blog/index.html')))).toBe(true);
    expect(head(url('nothing')).status).toBe(404);
    expect(curl(url('nothing')).equals(readFileSync(join(site, '404.html')))).toBe(true);
    expect(head('--path-as-is', url('../../etc/passwd')).status).toBe(404);
    expect(head('-X', 'DELETE', url('')).status).toBe(405);
  });

  it('serves 200 downloads at once, all intact', () => {
    const big = readFileSync(join(site, 'img/photo.raw'));
    const config = Array.from(
      { length: 200 },
      (_, i) => `url = "${url('img/photo.raw')}"\noutput = "copy-${i}"\n`,
    ).join('');
    const { status, stderr } = network.run(
      'curl',
      ['-sS', '--parallel', '--parallel-immediate', '--parallel-max', '200', '--max-time', '60', '-K', '-'],
      { input: config, timeoutMs: 90_000 },
    );
    expect(status, stderr).toBe(0);
    for (let i = 0; i < 200; i++)
      expect(readFileSync(join(network.folder, `copy-${i}`)).equals(big), `copy ${i}`).toBe(true);
  });

  it('refuses a port where nobody listens, at once', () => {
    const { status } = network.run('curl', ['-sS', '--max-time', '5', 'http://10.0.0.2:81/']);
    expect(status).toBe(7);
  });

  it('serves wrk without an error', () => {
    const { stdout, status } = network.run('wrk', ['-t1', '-c16', '-d10s', url('1k.html')], { timeoutMs: 40_000 });
    expect(status).toBe(0);
    const report = stdout.toString();
    expect(report).toMatch(/requests in/);
    expect(report).not.toMatch(/Socket errors|Non-2xx/);
  });

  it('ends in order on SIGTERM, and takes away the device that it made', async () => {
    expect(await server.stop()).toBe(0);
    expect(network.run('ip', ['link', 'show', 'tap0']).status).not.toBe(0);
  });

  for (const offload of ['on', 'off']) {
    it(`leaves a capture that tshark reads without a warning (offload ${offload})`, async () => {
      const capture = join(network.folder, `offload-${offload}.pcap`);
      const captured = await network.serve([
        ...['--tap', 'tap0', '--ipv4', '10.0.0.2/24', '--pack', 'block.pack'],
        ...['--pcap', capture, '--offload', offload],
      ]);
      network.run('ping', ['-c', '2', '-i', '0.1', '-s', '4000', '10.0.0.2']);
      for (const path of ['', '1k.html', 'page.css', 'img/photo.raw', 'nothing']) curl(url(path));
      expect(await captured.stop()).toBe(0);
      const read = (filter: string): string => {
        const options = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
        const result = network.run('tshark', ['-r', capture, ...options, '-Y', filter], { timeoutMs: 120_000 });
        expect(result.status, result.stderr).toBe(0);
        return result.stdout.toString();
      };
      expect(read('http.response.code == 200').split('\n').length).toBeGreaterThan(4);
      expect(read('arp')).toContain('Who has 10.0.0.2?');
      const wrong = [
        '_ws.malformed',
        'ip.checksum.status == "Bad"',
        'tcp.checksum.status == "Bad"',
        'tcp.analysis.flags',
      ];
      expect(read(`${wrong.join(' || ')} || _ws.expert.severity >= "Warning"`)).toBe('');
    });
  }
});
