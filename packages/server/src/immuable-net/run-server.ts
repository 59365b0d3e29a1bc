import { ConflictOutcome, type Link, PcapLink, PcapngWriter, PcapWriter, TraceLink } from '@immuable-net/ethernet';
import { IpAddress, Prefix } from '@immuable-net/ip';
import { NetworkStack, platformRandom, StackDriver, StackEvent } from '@immuable-net/stack';
import { type HostSideOptions, TapLink, type TapOptions } from '@immuable-net/tap';
import { ExitStatus } from '../exit-status.ts';
import { HostForward } from '../forward/host-forward.ts';
import type { Log } from '../logs/log.ts';
import { failureOf } from '../program-failure.ts';
import type { Output } from '../resources/output.ts';
import type { Resources } from '../resources/resources.ts';
import type { ServeOptions } from './options.ts';
import { openSite, type ServedSite } from './served-site.ts';
import { SiteService } from './site-service.ts';
import { StopSignals } from './stop-signals.ts';
import { TapKeeper } from './tap-keeper.ts';
import { WatchedStack } from './watched-stack.ts';

/** How long connections may finish what is in flight after a signal, milliseconds. nginx: as long as they like; Docker kills after 10 s. */
const STOP_MS = 8_000;

/** Where frames go, and how that is given back. */
interface Medium {
  readonly link: Link;
  readonly addresses: readonly string[];
  readonly forward: HostForward | undefined;
  readonly keeper: TapKeeper | undefined;
}

/** Serves until a signal or a conflict ends it; resolves with the status to end with. Rejects with a `ProgramFailure`. */
export async function runServer(options: ServeOptions, resources: Resources, log: Log): Promise<ExitStatus> {
  const site = await openSite(options, resources);
  for (const warning of site.warnings) log.warning(warning);
  if (options.check) {
    log.info(`${options.pack} and the options are fine: ${site.summary}`);
    site.close();
    return ExitStatus.Done;
  }
  const medium = await openMedium(options, resources, log);
  const capture = options.pcap === undefined ? undefined : await resources.openCapture(options.pcap);
  return new RunningServer(options, resources, log, site, medium, capture).run();
}

async function openMedium(options: ServeOptions, resources: Resources, log: Log): Promise<Medium> {
  if (options.tap === undefined) {
    const forward = new HostForward();
    return { link: forward.link, addresses: [forward.address], forward, keeper: undefined };
  }
  const tapOptions: TapOptions = {
    name: options.tap,
    offload: options.offload,
    ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
    hostSide: hostSideOf(options),
  };
  const { queue, hostSide } = await resources.openTap(tapOptions);
  if (hostSide !== undefined) log.info(hostSide.description);
  const link = new TapLink(queue);
  const keeper = new TapKeeper(resources, { ...tapOptions, create: queue.created }, link, log);
  return { link, addresses: options.ipv4, forward: undefined, keeper };
}

/** What the host's end of a tap that we create gets. */
function hostSideOf(options: ServeOptions): HostSideOptions {
  const { address, length } = Prefix.parse(options.ipv4[0]!);
  const word = (text: string): number => IpAddress.parse(text).word3;
  return {
    address: address.word3,
    prefixLength: length,
    gateway: options.ipv4Gateway === undefined ? undefined : word(options.ipv4Gateway),
    host:
      options.hostIpv4 === undefined
        ? undefined
        : options.hostIpv4 === 'none'
          ? 'none'
          : word(options.hostIpv4.split('/')[0]!),
  };
}

/** Everything that runs between start and end. */
class RunningServer {
  readonly #options: ServeOptions;
  readonly #resources: Resources;
  readonly #log: Log;
  readonly #site: ServedSite;
  readonly #medium: Medium;
  readonly #capture: Output | undefined;
  readonly #stack: NetworkStack;
  readonly #driver: StackDriver;
  readonly #service: SiteService;
  #captureWriter: PcapWriter | PcapngWriter | undefined;
  #end: ((status: ExitStatus) => void) | undefined;
  #stopping: boolean;

  constructor(
    options: ServeOptions,
    resources: Resources,
    log: Log,
    site: ServedSite,
    medium: Medium,
    capture: Output | undefined,
  ) {
    this.#options = options;
    this.#resources = resources;
    this.#log = log;
    this.#site = site;
    this.#medium = medium;
    this.#capture = capture;
    this.#captureWriter = undefined;
    this.#end = undefined;
    this.#stopping = false;
    const epochMs = Date.now() - performance.now();
    let link = medium.link;
    if (capture !== undefined) {
      const sink = (octets: Uint8Array): void => capture.write(octets);
      const Writer = options.pcap?.endsWith('.pcapng') ? PcapngWriter : PcapWriter;
      this.#captureWriter = new Writer(link.medium, sink);
      link = new PcapLink(link, this.#captureWriter, () => epochMs + performance.now());
    }
    if (options.trace)
      link = new TraceLink(
        link,
        (line) => process.stderr.write(`${line}\n`),
        () => performance.now(),
      );
    this.#stack = new NetworkStack({
      link,
      addresses: medium.addresses,
      gateway: options.ipv4Gateway,
      mac: options.mac,
      random: platformRandom,
      claim: options.probe ? 'probe' : 'announce',
      tcp: {
        ...(options.maxConnections === undefined ? {} : { maximumConnections: options.maxConnections }),
        ...(options.maxPerAddress === undefined ? {} : { maximumPerAddress: options.maxPerAddress }),
      },
    });
    this.#driver = new StackDriver(new WatchedStack(this.#stack, (events) => this.#told(events)));
    this.#service = new SiteService(options, resources, site, this.#stack, this.#driver, log);
  }

  async run(): Promise<ExitStatus> {
    const { forward } = this.#medium;
    const reload = (): void => void this.#reload();
    process.on('SIGHUP', reload);
    const signals = new StopSignals((again) => this.#stop(again));
    const ended = new Promise<ExitStatus>((resolve) => {
      this.#end = resolve;
    });
    try {
      const capture = this.#captureWriter;
      const secrets =
        capture instanceof PcapngWriter ? (line: string) => capture.secrets(Buffer.from(line, 'latin1')) : undefined;
      await this.#service.start(secrets);
      if (forward !== undefined) {
        const { host, port } = this.#options.forward!;
        forward.join(await this.#resources.listenOnHost(host, port), this.#options.port);
        this.#log.info(`serving ${this.#site.summary} on ${hostUrl(host, port)}`);
      } else {
        this.#log.info(`serving ${this.#site.summary} on ${this.#service.urls().join(' and ')}`);
      }
      return await ended;
    } finally {
      signals.close();
      process.off('SIGHUP', reload);
      this.#medium.keeper?.close();
      this.#stack.close(this.#driver.now());
      this.#driver.close();
      forward?.close();
      this.#service.close();
      this.#site.close();
      await this.#capture?.close();
    }
  }

  /** First signal: finish what is in flight. Second: at once. */
  #stop(again: boolean): void {
    if (again) {
      this.#end?.(ExitStatus.Interrupted);
      return;
    }
    if (this.#stopping) return;
    this.#stopping = true;
    this.#log.info('stopping: finishing what is in flight');
    this.#medium.forward?.refuse();
    this.#service.stop(STOP_MS, () => this.#end?.(ExitStatus.Done));
  }

  async #reload(): Promise<void> {
    try {
      await this.#service.reload();
      this.#log.info('certificates reloaded');
    } catch (error) {
      this.#log.error(`certificates are kept as they were: ${failureOf(error).line}`);
    }
  }

  #told(events: number): void {
    if ((events & StackEvent.Gone) !== 0) this.#medium.keeper?.lost();
    if ((events & StackEvent.Offline) !== 0) this.#log.warning('the link is down');
    if ((events & StackEvent.Online) !== 0) this.#log.info('the link is up');
    if ((events & StackEvent.Conflict) !== 0) {
      for (;;) {
        const conflict = this.#stack.takeConflict();
        if (conflict === undefined) return;
        if (conflict.outcome !== ConflictOutcome.Taken) {
          this.#log.warning(conflict.message);
          continue;
        }
        this.#log.error(`${conflict.message} (--ipv4), or take it from that host.`);
        this.#end?.(ExitStatus.AddressConflict);
      }
    }
  }
}

function hostUrl(host: string, port: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${name}${port === 80 ? '' : `:${port}`}/`;
}
