import { Command, InvalidArgumentError, Option } from 'commander';
import { ExitStatus } from '../exit-status.ts';
import type { LogLevel } from '../logs/log.ts';

/** What `immuable-net` was told, by flags and by the environment, each value checked for its own form. */
export interface ServeOptions {
  readonly tap: string | undefined;
  readonly hostIpv4: string | undefined;
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
  readonly ipv4: readonly string[];
  readonly ipv4Gateway: string | undefined;
  readonly pack: string;
  readonly port: number;
  readonly forward: HostPort | undefined;
  readonly algorithm: string | undefined;
  readonly signature: string | undefined;
  readonly verify: boolean;
  /** Octets of inflated small files kept. */
  readonly cacheSize: number;
  readonly pcap: string | undefined;
  readonly trace: boolean;
  readonly offload: boolean;
  readonly probe: boolean;
  readonly accessLog: 'combined' | 'json' | 'off';
  readonly cacheControl: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly cleanUrls: boolean;
  readonly spa: boolean;
  readonly maxConnections: number | undefined;
  readonly maxPerAddress: number | undefined;
  readonly tlsCert: readonly string[];
  readonly tlsKey: readonly string[];
  readonly tlsPort: number;
  readonly tlsSelfSigned: readonly string[];
  readonly httpsRedirect: boolean;
  readonly hsts: number | undefined;
  readonly clientAuth: 'none' | 'optional' | 'required';
  readonly clientCa: string | undefined;
  readonly ticketKeys: string | undefined;
  readonly keyLog: string | undefined;
  readonly ocsp: readonly string[];
  readonly color: 'auto' | 'always' | 'never';
  readonly verbosity: LogLevel;
  readonly check: boolean;
}

/** A host and a port of the machine that runs us. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Whether HTTPS is to be served. */
export function wantsTls(options: Pick<ServeOptions, 'tlsCert' | 'tlsSelfSigned'>): boolean {
  return options.tlsCert.length > 0 || options.tlsSelfSigned.length > 0;
}

/** What the command line asks for. */
export type ServeInvocation =
  | { readonly kind: 'serve'; readonly options: ServeOptions }
  /** Help, a version or a complaint was printed: end with this status. */
  | { readonly kind: 'ended'; readonly status: ExitStatus };

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65535) {
    throw new InvalidArgumentError(`"${text}" is no port: give a number from 1 to 65535.`);
  }
  return value;
}

function ipv4(text: string): string {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)) {
    throw new InvalidArgumentError(`"${text}" is no IPv4 address: write it as 10.0.0.2.`);
  }
  return text;
}

function prefixes(text: string, before: readonly string[] | undefined): readonly string[] {
  const found = [...(before ?? [])];
  for (const part of text.split(',')) {
    const [address = '', length, ...rest] = part.trim().split('/');
    const bits = Number(length);
    if (length === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || bits > 32 || bits < 1) {
      throw new InvalidArgumentError(`"${part.trim()}" is no address with its prefix: write it as 10.0.0.2/24.`);
    }
    ipv4(address);
    found.push(`${address}/${bits}`);
  }
  return found;
}

function hostIpv4(text: string): string {
  if (text !== 'none') prefixes(text.includes('/') ? text : `${text}/32`, undefined);
  return text;
}

function hostPort(text: string): HostPort {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d+)$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError(`"${text}" is no [HOST:]PORT: write it as 127.0.0.1:8080 or 8080.`);
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: port(match[2]!) };
}

function mac(text: string): string {
  if (!/^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/.test(text)) {
    throw new InvalidArgumentError(`"${text}" is no MAC address: write it as 02:00:00:00:00:02.`);
  }
  if ((Number.parseInt(text.slice(0, 2), 16) & 1) === 1) {
    throw new InvalidArgumentError(`"${text}" is a group address: the first octet of a host's is even.`);
  }
  return text.replaceAll('-', ':').toLowerCase();
}

function whole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`"${text}" is not a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

function size(text: string): number {
  const match = /^(\d+)([KMG]?)i?B?$/i.exec(text);
  if (match === null) throw new InvalidArgumentError(`"${text}" is no size: write it as 16M.`);
  const factor = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2]!.toUpperCase()] ?? 1;
  return Number(match[1]) * factor;
}

function header(
  text: string,
  before: readonly (readonly [string, string])[] | undefined,
): readonly (readonly [string, string])[] {
  const found = [...(before ?? [])];
  for (const line of text.split('\n')) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line);
    if (match === null) throw new InvalidArgumentError(`"${line}" is no field: write it as 'Name: value'.`);
    if (
      /^(content-length|transfer-encoding|connection|date|etag|vary|content-encoding|content-range)$/i.test(match[1]!)
    ) {
      throw new InvalidArgumentError(`"${match[1]}" is set by the server itself.`);
    }
    found.push([match[1]!, match[2]!]);
  }
  return found;
}

function list(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(',').map((part) => part.trim())];
}

function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(`IMMUABLE_${made.name().replaceAll('-', '_').toUpperCase()}`);
}

const VERBOSITY: readonly LogLevel[] = ['quiet', 'error', 'warning', 'info', 'debug'];

/** The argument table of `immuable-net`. */
export function serveCommand(version: string): Command {
  return new Command('immuable-net')
    .description('Serves one immutable archive over HTTP, with a TCP/IP stack of its own, on a Linux tap device.')
    .usage('--pack FILE (--tap NAME --ipv4 ADDRESS/PREFIX | --forward [HOST:]PORT) [options]')
    .version(version, '--version', 'print the version and end')
    .helpOption('-h, --help', 'print this and end')
    .addOption(option('--pack <file>', 'the archive to serve (immuable make -o FILE FOLDER makes one)'))
    .addOption(option('--tap <name>', 'the tap device to drive; created when it is not there'))
    .addOption(option('--ipv4 <address/prefix>', 'our address; repeat it for several').argParser(prefixes))
    .addOption(option('--ipv4-gateway <address>', 'the router for everything else').argParser(ipv4))
    .addOption(
      option('--host-ipv4 <address>', "the host's address on a tap that we create: an address, or none").argParser(
        hostIpv4,
      ),
    )
    .addOption(option('--mac <address>', 'our MAC address (default: random, locally administered)').argParser(mac))
    .addOption(option('--mtu <octets>', "the largest IP packet (default: the device's)").argParser(whole(576, 65535)))
    .addOption(
      option('--offload <choice>', 'leave checksums and cutting to the kernel').choices(['on', 'off']).default('on'),
    )
    .addOption(option('--probe', 'look for another user of our address before serving (RFC 5227 §2.1: 4 to 7 s)'))
    .addOption(
      option(
        '--forward <[host:]port>',
        'serve on a socket of this host instead, through both of our stacks on a wire in memory',
      ).argParser(hostPort),
    )
    .addOption(option('-p, --port <port>', 'the TCP port to serve HTTP on').argParser(port).default(80))
    .addOption(
      option('-a, --algorithm <hash>', "the archive's hash (default: found by its trailer)").choices([
        'sha1',
        'sha256',
        'sha512',
        'sha3-256',
        'sha3-512',
        'blake2b',
      ]),
    )
    .addOption(
      option('--signature <hash>', "the hash of the archive's trailer, where it differs").choices([
        'sha1',
        'sha256',
        'sha512',
        'sha3-256',
        'sha3-512',
        'blake2b',
      ]),
    )
    .addOption(option('--verify', 'hash the whole archive at start, however large'))
    .addOption(
      option('--cachesize <octets>', 'memory for files inflated for clients that take no compression')
        .argParser(size)
        .default(16 * 1024 ** 2, '16M'),
    )
    .addOption(option('--cache-control <value>', 'the Cache-Control field of every file'))
    .addOption(option("--header <'Name: value'>", 'a field for every response; repeatable').argParser(header))
    .addOption(option('--clean-urls', '/page serves page.html'))
    .addOption(option('--spa', 'serve /index.html for what is not in the archive'))
    .addOption(option('--max-connections <count>', 'connections at once').argParser(whole(1, 4_000_000)))
    .addOption(option('--max-per-address <count>', 'connections at once of one address').argParser(whole(1, 4_000_000)))
    .addOption(
      option('--tls-cert <file>', 'certificate chain (PEM); repeat it in pairs with --tls-key').argParser(list),
    )
    .addOption(option('--tls-key <file>', 'its private key (PEM)').argParser(list))
    .addOption(option('--tls-port <port>', 'the TCP port to serve HTTPS on').argParser(port).default(443))
    .addOption(
      option(
        '--tls-self-signed <names>',
        'make a local authority and a certificate for these names and addresses',
      ).argParser(list),
    )
    .addOption(option('--https-redirect', 'answer HTTP by a redirect to HTTPS'))
    .addOption(
      option('--hsts [seconds]', 'send Strict-Transport-Security over HTTPS')
        .argParser(whole(0, 10 ** 9))
        .preset('31536000'),
    )
    .addOption(
      option('--client-auth <policy>', 'ask clients for a certificate')
        .choices(['none', 'optional', 'required'])
        .default('none'),
    )
    .addOption(option('--client-ca <file>', 'the authorities that client certificates must come from (PEM)'))
    .addOption(option('--ticket-keys <file>', 'keys for session tickets, shared by instances'))
    .addOption(option('--ocsp <file>', 'an OCSP response to staple, in the order of --tls-cert').argParser(list))
    .addOption(option('--key-log <file>', 'write TLS secrets in the SSLKEYLOGFILE format: for debugging only'))
    .addOption(
      option('--access-log <format>', 'one line a response on standard output')
        .choices(['combined', 'json', 'off'])
        .default('off'),
    )
    .addOption(option('--pcap <file>', 'write every frame to a capture file'))
    .addOption(option('--trace', 'print one line a frame on standard error'))
    .addOption(option('--color <when>', 'colour messages').choices(['auto', 'always', 'never']).default('auto'))
    .addOption(new Option('-v, --verbose', 'say more; twice for everything'))
    .addOption(new Option('-q, --quiet', 'say nothing but failures'))
    .addOption(option('--verbosity <level>', 'how much to say').choices(VERBOSITY).default('info'))
    .addOption(option('--check', 'check the options and the archive, and end'));
}

/** Reads the command line and the environment. Whatever has to be said about them is written by `write`. */
export function parseServeOptions(
  argv: readonly string[],
  version: string,
  write: { out(text: string): void; error(text: string): void },
): ServeInvocation {
  const command = serveCommand(version)
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => write.out(text),
      writeErr: () => {},
    });
  try {
    command.parse([...argv], { from: 'user' });
    return { kind: 'serve', options: checked(command.opts(), argv) };
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error && 'code' in error) {
      if (error.exitCode === 0) return { kind: 'ended', status: ExitStatus.Done };
      write.error(
        `${error.message.replace(/^error: /, '').replace(/\n+/g, ' ')} (immuable-net --help lists the flags)`,
      );
      return { kind: 'ended', status: ExitStatus.Usage };
    }
    throw error;
  }
}

function checked(given: Record<string, unknown>, argv: readonly string[]): ServeOptions {
  const complain = (message: string): never => {
    throw new InvalidArgumentError(message);
  };
  const text = (name: string): string | undefined => given[name] as string | undefined;
  const strings = (name: string): readonly string[] => (given[name] as readonly string[] | undefined) ?? [];
  const pack = text('pack') ?? complain('--pack is missing: name the archive to serve.');
  const tap = text('tap');
  const forward = given.forward as HostPort | undefined;
  const addresses = strings('ipv4');
  if (tap === undefined && forward === undefined && given.check !== true) {
    complain('nowhere to serve: give --tap NAME with --ipv4 ADDRESS/PREFIX, or --forward PORT.');
  }
  if (tap !== undefined && addresses.length === 0) complain('--tap needs --ipv4 ADDRESS/PREFIX.');
  if (tap !== undefined && !/^[^/\s:]{1,15}$/.test(tap))
    complain(`"${tap}" is no name of a device: 1 to 15 characters.`);
  if (forward !== undefined && tap !== undefined) complain('--forward and --tap exclude each other.');
  const certificates = strings('tlsCert');
  const keys = strings('tlsKey');
  if (certificates.length !== keys.length) {
    complain(`${certificates.length} --tls-cert and ${keys.length} --tls-key: give them in pairs.`);
  }
  const tls = certificates.length > 0 || strings('tlsSelfSigned').length > 0;
  if (given.httpsRedirect === true && !tls) complain('--https-redirect needs --tls-cert and --tls-key.');
  if (given.clientAuth !== 'none' && given.clientCa === undefined) complain('--client-auth needs --client-ca FILE.');
  return {
    tap,
    hostIpv4: text('hostIpv4'),
    mac: text('mac'),
    mtu: given.mtu as number | undefined,
    ipv4: addresses,
    ipv4Gateway: text('ipv4Gateway'),
    pack,
    port: given.port as number,
    forward,
    algorithm: text('algorithm'),
    signature: text('signature'),
    verify: given.verify === true,
    cacheSize: given.cachesize as number,
    pcap: text('pcap'),
    trace: given.trace === true,
    offload: given.offload === 'on',
    probe: given.probe === true,
    accessLog: given.accessLog as ServeOptions['accessLog'],
    cacheControl: text('cacheControl'),
    headers: (given.header as ServeOptions['headers'] | undefined) ?? [],
    cleanUrls: given.cleanUrls === true,
    spa: given.spa === true,
    maxConnections: given.maxConnections as number | undefined,
    maxPerAddress: given.maxPerAddress as number | undefined,
    tlsCert: certificates,
    tlsKey: keys,
    tlsPort: given.tlsPort as number,
    tlsSelfSigned: strings('tlsSelfSigned'),
    httpsRedirect: given.httpsRedirect === true,
    hsts: given.hsts as number | undefined,
    clientAuth: given.clientAuth as ServeOptions['clientAuth'],
    clientCa: text('clientCa'),
    ticketKeys: text('ticketKeys'),
    keyLog: text('keyLog'),
    ocsp: strings('ocsp'),
    color: given.color as ServeOptions['color'],
    verbosity: verbosity(given, argv),
    check: given.check === true,
  };
}

/** `-v` and `-q` count from `--verbosity`: each -v one step more, -q failures alone. */
function verbosity(given: Record<string, unknown>, argv: readonly string[]): LogLevel {
  if (given.quiet === true) return 'error';
  const more = argv.reduce(
    (count, word) => count + (word === '--verbose' ? 1 : /^-v+$/.test(word) ? word.length - 1 : 0),
    0,
  );
  const base = VERBOSITY.indexOf(given.verbosity as LogLevel);
  return VERBOSITY[Math.min(base + more, VERBOSITY.length - 1)]!;
}
