import { readFileSync } from 'node:fs';
import { SliceQueue } from '@immuable-net/octets';
import {
  type Credential,
  makeTlsResources,
  nodeCryptography,
  nodeSigner,
  pemCertificates,
  TlsClient,
  type TlsClientOptions,
  type TlsConnection,
  TlsServer,
  type TlsServerOptions,
  TlsServerSettings,
} from '../../src/index.ts';
import { EchoProtocol } from './echo-protocol.ts';

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

export const ecCredential: Credential = {
  chain: pemCertificates(fixture('ec.pem')),
  signer: nodeSigner(fixture('ec.key')),
  names: ['localhost'],
};

export const rsaCredential: Credential = {
  chain: pemCertificates(fixture('rsa.pem')),
  signer: nodeSigner(fixture('rsa.key')),
  names: ['rsa.test'],
};

export const EPOCH = 1_700_000_000_000;

export function serverSettings(options: Partial<TlsServerOptions> = {}): TlsServerSettings {
  return new TlsServerSettings({
    resources: makeTlsResources(nodeCryptography, EPOCH),
    chooseCredential: () => ecCredential,
    chooseProtocol: () => new EchoProtocol(),
    ...options,
  });
}

export function clientOptions(options: Partial<TlsClientOptions> = {}): TlsClientOptions {
  return {
    resources: makeTlsResources(nodeCryptography, EPOCH),
    judgeServer: () => 'good',
    chooseProtocol: () => new EchoProtocol(),
    serverName: 'localhost',
    ...options,
  };
}

/** Takes all that a machine has to say. */
export function drain(machine: TlsConnection, now = 0, room = 65536): Uint8Array {
  const queue = new SliceQueue();
  while (machine.emit(queue, room, now) > 0);
  const octets = new Uint8Array(queue.length);
  queue.copy(0, queue.length, octets, 0);
  queue.clear();
  return octets;
}

/** Client and server joined by memory. */
export class Pair {
  readonly client: TlsClient;
  readonly server: TlsServer;
  /** What went over, for tests that look. */
  readonly toServer: Uint8Array[] = [];
  readonly toClient: Uint8Array[] = [];
  now = 0;

  constructor(settings: TlsServerSettings, options: TlsClientOptions) {
    this.client = new TlsClient(options, 0);
    this.server = new TlsServer(settings, 0);
  }

  /** Carries octets both ways, `cut` at a time, until nothing moves. */
  run(cut = 1 << 20): this {
    for (let round = 0; round < 50; round++) {
      const up = drain(this.client, this.now);
      this.toServer.push(up);
      feed(this.server, up, cut, this.now);
      const down = drain(this.server, this.now);
      this.toClient.push(down);
      feed(this.client, down, cut, this.now);
      if (up.length === 0 && down.length === 0) return this;
    }
    throw new Error('the pair talks for ever');
  }
}

/** Gives octets in runs of at most `cut`; throws if the machine refuses them. */
export function feed(machine: TlsConnection, octets: Uint8Array, cut: number, now = 0): void {
  for (let at = 0; at < octets.length; at += cut) {
    const end = Math.min(octets.length, at + cut);
    if (machine.arrive(octets, at, end, now) !== end - at) throw new Error('octets were refused');
  }
}
