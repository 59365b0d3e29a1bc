import { afterEach, describe, expect, it } from 'vitest';
import { ExitStatus } from '../../src/exit-status.ts';
import { parseServeOptions, type ServeOptions } from '../../src/immuable-net/options.ts';

function parse(...argv: string[]): { options?: ServeOptions; status?: number; said: string } {
  let said = '';
  const write = {
    out: (text: string) => {
      said += text;
    },
    error: (text: string) => {
      said += text;
    },
  };
  const invocation = parseServeOptions(argv, '1.2.3', write);
  return invocation.kind === 'serve' ? { options: invocation.options, said } : { status: invocation.status, said };
}

const TAP = ['--tap', 'tap0', '--ipv4', '10.0.0.2/24', '--pack', 'block.pack'];

describe('the argument table of immuable-net', () => {
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('IMMUABLE_')) delete process.env[name];
  });

  it('reads the command of the README', () => {
    const { options } = parse(...TAP);
    expect(options).toMatchObject({
      tap: 'tap0',
      ipv4: ['10.0.0.2/24'],
      pack: 'block.pack',
      port: 80,
      accessLog: 'off',
      verbosity: 'info',
      offload: true,
    });
  });

  it('takes several addresses, fields and verbosities', () => {
    const { options } = parse(
      ...TAP,
      '--ipv4',
      '10.1.0.2/16,10.2.0.2/16',
      '--header',
      'A: b',
      '--header',
      'C:  d ',
      '-vv',
    );
    expect(options?.ipv4).toEqual(['10.0.0.2/24', '10.1.0.2/16', '10.2.0.2/16']);
    expect(options?.headers).toEqual([
      ['A', 'b'],
      ['C', 'd'],
    ]);
    expect(options?.verbosity).toBe('debug');
    expect(parse(...TAP, '-q').options?.verbosity).toBe('error');
  });

  it('takes every flag from the environment, flags first', () => {
    process.env.IMMUABLE_TAP = 'tap9';
    process.env.IMMUABLE_IPV4 = '10.9.0.2/24';
    process.env.IMMUABLE_PACK = 'nine.pack';
    process.env.IMMUABLE_IPV4_GATEWAY = '10.9.0.1';
    process.env.IMMUABLE_PORT = '8080';
    expect(parse().options).toMatchObject({
      tap: 'tap9',
      ipv4: ['10.9.0.2/24'],
      pack: 'nine.pack',
      port: 8080,
      ipv4Gateway: '10.9.0.1',
    });
    expect(parse('--port', '81').options?.port).toBe(81);
  });

  it.each([
    [['--port', '0', ...TAP], '"0" is no port'],
    [['--port', 'http', ...TAP], '"http" is no port'],
    [['--tap', 'tap0', '--ipv4', '10.0.0.2', '--pack', 'x'], '"10.0.0.2" is no address with its prefix'],
    [['--tap', 'tap0', '--ipv4', '10.0.0.256/24', '--pack', 'x'], '"10.0.0.256" is no IPv4 address'],
    [['--mac', '01:00:00:00:00:01', ...TAP], 'group address'],
    [['--mac', 'x', ...TAP], '"x" is no MAC address'],
    [['--tap', 'tap0', '--pack', 'x'], '--tap needs --ipv4'],
    [['--pack', 'x'], 'nowhere to serve'],
    [['--tap', 'tap0', '--ipv4', '10.0.0.2/24'], '--pack is missing'],
    [['--forward', 'nonsense', '--pack', 'x'], '"nonsense" is no [HOST:]PORT'],
    [['--forward', '8080', ...TAP], 'exclude each other'],
    [['--header', 'no colon', ...TAP], '"no colon" is no field'],
    [['--header', 'ETag: "x"', ...TAP], '"ETag" is set by the server itself'],
    [['--tls-cert', 'a.pem', ...TAP], 'in pairs'],
    [['--mtu', '100', ...TAP], 'from 576 to 65535'],
    [['--nonsense', ...TAP], 'unknown option'],
    [['extra', ...TAP], 'too many arguments'],
  ])('refuses %j in one line', (argv, words) => {
    const { status, said } = parse(...argv);
    expect(status).toBe(ExitStatus.Usage);
    expect(said).toContain(words);
    expect(said).not.toContain('\n');
  });

  it('prints help and version', () => {
    expect(parse('--version')).toMatchObject({ status: ExitStatus.Done, said: '1.2.3\n' });
    const { said, status } = parse('--help');
    expect(status).toBe(ExitStatus.Done);
    for (const flag of ['--tap', '--host-ipv4', '--forward', '--access-log', '--check', '--signature'])
      expect(said).toContain(flag);
  });

  it('reads [HOST:]PORT', () => {
    expect(parse('--forward', '8080', '--pack', 'x').options?.forward).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(parse('--forward', '[::1]:80', '--pack', 'x').options?.forward).toEqual({ host: '::1', port: 80 });
  });
});
