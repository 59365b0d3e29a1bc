import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, Network, noTap, program } from './network.ts';
import { makeSite } from './site.ts';

/** What docs/EXIT-STATUS.md promises. */
const Status = { Usage: 2, Archive: 3, Link: 4, AddressConflict: 5, Host: 6 } as const;

/** Failures that a user will meet: one clear line each, a status of its own, nothing lost. */
describe.skipIf(noTap)(`what goes wrong on a tap${noTap ? ` (${noTap})` : ''}`, () => {
  let network: Network;
  const onTap = (...more: string[]): string[] => [
    '--tap',
    'tap0',
    '--ipv4',
    '10.0.0.2/24',
    '--pack',
    'block.pack',
    ...more,
  ];
  const serve = (...args: string[]): CommandResult =>
    network.run(process.execPath, [program.serve, ...args], { timeoutMs: 20_000 });
  /** Ended with this status, and said one line that has these words. */
  const expectLine = (result: CommandResult, status: number, words: RegExp): void => {
    expect(result.status, result.stderr).toBe(status);
    const lines = result.stderr.trim().split('\n');
    expect(lines.at(-1)).toMatch(words);
    expect(lines.filter((line) => /error/.test(line)).length, result.stderr).toBeLessThanOrEqual(1);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  };

  beforeAll(() => {
    network = new Network();
    makeSite(join(network.folder, 'site'));
    network.make(join(network.folder, 'site'), join(network.folder, 'block.pack'));
  });

  afterAll(() => network?.close());

  it('an archive that is missing, truncated, altered, of another hash, or none', () => {
    const file = (name: string): string => join(network.folder, name);
    const good = readFileSync(file('block.pack'));
    writeFileSync(file('short.pack'), good.subarray(0, good.length - 5000));
    const altered = Buffer.from(good);
    altered[altered.length >> 1]! ^= 1;
    writeFileSync(file('altered.pack'), altered);
    copyFileSync(program.serve, file('none.pack'));
    writeFileSync(file('empty.pack'), '');
    const check = (name: string, ...more: string[]): CommandResult => serve('--check', '--pack', name, ...more);
    expect(check('block.pack').status).toBe(0);
    expectLine(check('missing.pack'), Status.Archive, /missing\.pack.*no such file/);
    expectLine(check('short.pack'), Status.Archive, /short\.pack/);
    expectLine(check('altered.pack'), Status.Archive, /altered\.pack/);
    expectLine(check('none.pack'), Status.Archive, /none\.pack.*no archive/);
    expectLine(check('empty.pack'), Status.Archive, /empty\.pack/);
    expectLine(check('block.pack', '-a', 'sha256'), Status.Archive, /block\.pack.*sha256/);
  });

  it('a port or an address that is malformed', () => {
    expectLine(serve(...onTap('--port', '99999')), Status.Usage, /99999/);
    expectLine(
      serve('--tap', 'tap0', '--ipv4', '10.0.0.300/24', '--pack', 'block.pack'),
      Status.Usage,
      /10\.0\.0\.300/,
    );
  });

  it('no root', () => {
    const result = network.run('setpriv', [
      '--reuid=65534',
      '--clear-groups',
      process.execPath,
      program.serve,
      ...onTap(),
    ]);
    expectLine(result, Status.Link, /sudo .*immuable-net\.js --tap tap0/);
  });

  it('a device of another kind', () => {
    network.run('ip', ['link', 'add', 'wire0', 'type', 'veth', 'peer', 'name', 'wire1']);
    expectLine(
      serve('--tap', 'wire0', '--ipv4', '10.0.0.2/24', '--pack', 'block.pack'),
      Status.Link,
      /wire0 is no tap/,
    );
    network.run('ip', ['link', 'del', 'wire0']);
  });

  it('a route of the host that overlaps', () => {
    network.run('ip', ['link', 'add', 'wire0', 'type', 'veth', 'peer', 'name', 'wire1']);
    network.run('ip', ['addr', 'add', '10.0.0.9/16', 'dev', 'wire0']);
    network.run('ip', ['link', 'set', 'wire0', 'up']);
    expectLine(serve(...onTap()), Status.Link, /10\.0\.0\.0\/16 dev wire0/);
    expect(network.run('ip', ['link', 'show', 'tap0']).status).not.toBe(0);
    network.run('ip', ['link', 'del', 'wire0']);
  });

  it('a device that is busy', async () => {
    const first = await network.serve(onTap());
    expectLine(serve(...onTap()), Status.Link, /tap0 is driven by another process/);
    expect(await first.stop()).toBe(0);
  });

  it('an address that is used already', () => {
    network.run('ip', ['tuntap', 'add', 'tap0', 'mode', 'tap']);
    network.run('ip', ['addr', 'add', '10.0.0.2/24', 'dev', 'tap0']);
    network.run('ip', ['link', 'set', 'tap0', 'up']);
    expectLine(serve(...onTap()), Status.AddressConflict, /10\.0\.0\.2 is already used/);
    expectLine(serve(...onTap('--probe')), Status.AddressConflict, /10\.0\.0\.2 is already used/);
    network.run('ip', ['tuntap', 'del', 'tap0', 'mode', 'tap']);
  });

  it('a tap that is taken away while running: reported, and served again once it is back', async () => {
    const make = (): void => {
      network.run('ip', ['tuntap', 'add', 'tap0', 'mode', 'tap']);
      network.run('ip', ['addr', 'add', '10.0.0.1/24', 'dev', 'tap0']);
      network.run('ip', ['link', 'set', 'tap0', 'up']);
    };
    make();
    const server = await network.serve(onTap());
    network.run('ip', ['link', 'del', 'tap0']);
    await server.said(/tap0 was taken away/);
    make();
    await server.said(/tap0 is back/);
    expect(
      network.run('curl', ['-sS', '--retry', '5', '--retry-connrefused', '--max-time', '20', 'http://10.0.0.2/'])
        .status,
    ).toBe(0);
    expect(await server.stop()).toBe(0);
    network.run('ip', ['tuntap', 'del', 'tap0', 'mode', 'tap']);
  });

  it('a second signal ends at once', async () => {
    const server = await network.serve(onTap());
    const slow = network.start('curl', ['-sS', '--limit-rate', '10k', '-o', '/dev/null', 'http://10.0.0.2/big.bin']);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (/ESTAB/.test(network.run('ss', ['-tnH']).stdout.toString())) resolve();
        else setImmediate(look);
      };
      look();
    });
    server.process.kill('SIGTERM');
    await server.said(/stopping/);
    expect(await server.stop()).toBe(130);
    await slow.stop('SIGKILL');
  });
});
