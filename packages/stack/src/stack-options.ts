import type { Link, MacAddress } from '@immuable-net/ethernet';
import type { IpAddress } from '@immuable-net/ip';
import type { RandomSource } from '@immuable-net/octets';
import type { TcpConnectionOptions, TcpParameters } from '@immuable-net/tcp';
import type { UdpBindOptions } from '@immuable-net/udp';
import type { ConnectionApplication } from './application.ts';
import type { Ping } from './ping.ts';
import type { StreamServiceOptions } from './stream-service.ts';

/** What a {@link NetworkStack} is made of. */
export interface NetworkStackOptions {
  /** Where frames come from and go to. The stack takes its `wake` and closes it in the end. */
  readonly link: Link;
  /** Our addresses, each with the length of its prefix: `['10.0.0.2/24']`. */
  readonly addresses: readonly string[];
  /** Where packets for other networks go. */
  readonly gateway?: string | undefined;
  /** Our MAC address; else the link's; else a random one, locally administered. */
  readonly mac?: string | MacAddress | undefined;
  /** Secrets and identifications come from it: the operating system's, or a seeded one in a simulation. */
  readonly random: RandomSource;
  /**
   * How an address is claimed (RFC 5227): announced and used at once while probes go out (the default), or probed
   * for first, for about seven seconds.
   */
  readonly claim?: 'announce' | 'probe' | undefined;
  readonly tcp?: Partial<TcpParameters> | undefined;
  /** Frames taken from the link in one poll. */
  readonly framesPerPoll?: number | undefined;
}

/** What a listener is made of. */
export interface ListenOptions {
  /** 1 to 65535. */
  readonly port: number;
  /** One of ours; all of them when not given. */
  readonly address?: string | IpAddress | undefined;
  /** Connections that may wait to be accepted. */
  readonly backlog?: number | undefined;
  /** For every connection accepted. */
  readonly connectionOptions?: TcpConnectionOptions | undefined;
}

/** What a connection is made of. */
export interface ConnectOptions extends TcpConnectionOptions {
  /** Whom to connect to. */
  readonly address: string | IpAddress;
  readonly port: number;
  /** One of ours, when the route should not choose. */
  readonly localAddress?: string | IpAddress | undefined;
  /** Else a random one is picked (RFC 6056). */
  readonly localPort?: number | undefined;
  /** Told of what happens; without one ask {@link NetworkStack.takeReady}. */
  readonly application?: ConnectionApplication | undefined;
}

/** A listener and the protocol machines on its connections. */
export interface ServeOptions extends ListenOptions, StreamServiceOptions {}

/** What a UDP socket is made of. */
export interface UdpOptions extends Omit<UdpBindOptions, 'address'> {
  /** One of ours; all of them when not given. */
  readonly address?: string | IpAddress | undefined;
}

/** What an echo request is made of. */
export interface PingOptions {
  readonly address: string | IpAddress;
  /** Octets of payload, 0 to 65,507; 56 when not given. */
  readonly octets?: number | undefined;
  /** How long the reply is waited for, milliseconds; 5,000 when not given. */
  readonly timeoutMs?: number | undefined;
  /** Called once, from a poll: the reply came or will not. */
  readonly over?: ((ping: Ping) => void) | undefined;
}
