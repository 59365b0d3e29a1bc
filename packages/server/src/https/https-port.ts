import { type DateClock, Http1Context, Http2Context, type HttpService, type ResponseLog } from '@immuable-net/http';
import type { TcpConnection } from '@immuable-net/tcp';
import {
  type Credential,
  chooseCredential,
  makeTlsResources,
  NO_CLIENT_CERTIFICATE,
  nodeCryptography,
  TICKET_KEY_OCTETS,
  TicketKeys,
  type TlsCounters,
  TlsServerSettings,
} from '@immuable-net/tls';
import { Authorities } from '@immuable-net/tls/certificates';
import { ExitStatus } from '../exit-status.ts';
import { ConnectionClient } from '../immuable-net/connection-client.ts';
import type { ServeOptions } from '../immuable-net/options.ts';
import type { Log } from '../logs/log.ts';
import { ProgramFailure } from '../program-failure.ts';
import type { Output } from '../resources/output.ts';
import type { Resources } from '../resources/resources.ts';
import { HttpsConnection } from './https-connection.ts';
import { loadCredentials, orFailure, readText } from './load-credentials.ts';

/** What the plain port and this one have in common. */
export interface SharedHttp {
  readonly clock: DateClock;
  readonly log: ResponseLog | undefined;
  /** Takes the lines of the key log too: a capture that holds the secrets of its own frames. */
  readonly secrets: ((line: string) => void) | undefined;
}

/** What is read at start and again at a reload. */
interface Trust {
  readonly credentials: readonly Credential[];
  readonly clientAuthorities: Authorities | undefined;
}

/** The site over TLS: credentials that can be replaced, and the machines for each connection. */
export class HttpsPort {
  readonly #options: ServeOptions;
  readonly #resources: Resources;
  readonly #log: Log;
  readonly #settings: TlsServerSettings;
  readonly #keyLog: Output | undefined;
  #trust: Trust;

  private constructor(
    options: ServeOptions,
    resources: Resources,
    log: Log,
    opened: Opened,
    service: HttpService,
    shared: SharedHttp,
  ) {
    this.#options = options;
    this.#resources = resources;
    this.#log = log;
    this.#trust = opened.trust;
    this.#keyLog = opened.keyLog;
    const { keyLog, ticketKeys } = opened;
    const { clock, log: records, secrets } = shared;
    const http1 = new Http1Context({ service, scheme: 'https', clock, log: records });
    const http2 = new Http2Context({ service, scheme: 'https', clock, log: records });
    const { epochMs } = clock;
    const mode = options.clientAuth;
    this.#settings = new TlsServerSettings({
      resources: makeTlsResources(
        nodeCryptography,
        epochMs,
        keyLog === undefined
          ? undefined
          : (line) => {
              keyLog.write(`${line}\n`);
              secrets?.(`${line}\n`);
            },
      ),
      chooseCredential: (offer) => chooseCredential(this.#trust.credentials, offer),
      chooseProtocol: (alpn, facts, connection) => (connection as HttpsConnection).begin(alpn, facts, http1, http2),
      clientPolicy: () => (mode === 'none' ? NO_CLIENT_CERTIFICATE : this.#trust.clientAuthorities!.policy(mode)),
      judgeClient: (chain) => this.#trust.clientAuthorities!.judgeClient(chain, Date.now()),
      ...(ticketKeys === undefined ? {} : { ticketKeys: new TicketKeys(nodeCryptography, ticketKeys) }),
    });
  }

  /** Reads certificates and keys. Rejects with a `ProgramFailure` where one cannot be used. */
  static async open(
    options: ServeOptions,
    resources: Resources,
    service: HttpService,
    shared: SharedHttp,
    log: Log,
  ): Promise<HttpsPort> {
    const opened: Opened = {
      trust: await loadTrust(options, resources, log),
      keyLog: options.keyLog === undefined ? undefined : await resources.openKeyLog(options.keyLog),
      ticketKeys: options.ticketKeys === undefined ? undefined : await readTicketKeys(options.ticketKeys, resources),
    };
    return new HttpsPort(options, resources, log, opened, service, shared);
  }

  /** Handshakes, resumptions, failures and alerts so far. */
  get counters(): TlsCounters {
    return this.#settings.counters;
  }

  /** The machine for a connection that was accepted. */
  accept(connection: TcpConnection, now: number): HttpsConnection {
    return new HttpsConnection(this.#settings, new ConnectionClient(connection), now);
  }

  /** Reads certificates and keys anew: handshakes from now on use them. Rejects, and keeps the old, where one cannot be used. */
  async reload(): Promise<void> {
    this.#trust = await loadTrust(this.#options, this.#resources, this.#log);
  }

  /** Gives the key log back. */
  close(): void {
    void this.#keyLog?.close();
  }
}

/** What had to be opened before the port could be made. */
interface Opened {
  readonly trust: Trust;
  readonly keyLog: Output | undefined;
  readonly ticketKeys: Uint8Array | undefined;
}

async function loadTrust(options: ServeOptions, resources: Resources, log: Log): Promise<Trust> {
  const { clientCa } = options;
  const credentials = await loadCredentials(options, resources, log);
  if (clientCa === undefined) return { credentials, clientAuthorities: undefined };
  const pem = await readText(resources, clientCa, 'the authorities');
  return { credentials, clientAuthorities: orFailure(() => new Authorities(pem, clientCa)) };
}

async function readTicketKeys(path: string, resources: Resources): Promise<Uint8Array> {
  const secrets = await resources.readWhole(path, 'the ticket keys');
  if (secrets.length > 0 && secrets.length % TICKET_KEY_OCTETS === 0) return secrets;
  throw new ProgramFailure(
    ExitStatus.Certificate,
    `${path} has ${secrets.length} octets: ticket keys are runs of ${TICKET_KEY_OCTETS} (head -c ${TICKET_KEY_OCTETS} /dev/urandom > FILE).`,
  );
}
