import { findOverlap, readHostRoutes, routeText } from './host-routes.ts';
import { ipv4Text, netmask } from './ipv4-text.ts';
import { Errno, errnoName } from './libc.ts';
import { raiseInterface, setIpv4 } from './network-interface.ts';
import { TapError } from './tap-error.ts';

/** What the host's end of a tap is to be. Addresses are int32, as `IpAddress.word3`. */
export interface HostSideOptions {
  /** Our own address and its prefix length. */
  readonly address: number;
  readonly prefixLength: number;
  /** Our gateway: the host's address unless {@link host} says otherwise, where it lies in the prefix. */
  readonly gateway?: number | undefined;
  /** The host's address; `none` leaves the host's end as it is. */
  readonly host?: number | 'none' | undefined;
}

/** What was done to the host's end. */
export interface HostSide {
  /** The address that the host got; undefined where none was given. */
  readonly address: number | undefined;
  /** One line that says what was done, with the `ip …` words for it. */
  readonly description: string;
}

/**
 * Which address the host's end gets: the one asked for, else the gateway's, else the first other address of the
 * prefix; undefined where there is none to give (`none`, a /32).
 */
export function chooseHostAddress(options: HostSideOptions): number | undefined {
  const { address, prefixLength, gateway, host } = options;
  if (host === 'none') return undefined;
  if (host !== undefined) return host;
  const mask = netmask(prefixLength);
  const network = address & mask;
  if (gateway !== undefined && gateway !== address && (gateway & mask) === network) return gateway;
  if (prefixLength === 32) return undefined;
  // RFC 3021: of a /31 both addresses are hosts'.
  if (prefixLength === 31) return address ^ 1;
  return ((network + 1) | 0) === address ? (network + 2) | 0 : (network + 1) | 0;
}

/**
 * Throws a {@link TapError} `route-overlap` where the host has another way to some address of our prefix: what is
 * sent to us would take it. To be called before a device is created.
 */
export function checkHostRoutes(device: string, options: HostSideOptions): void {
  if (options.host === 'none') return;
  const { address, prefixLength } = options;
  const overlap = findOverlap(readHostRoutes(), device, address, prefixLength);
  if (overlap === undefined) return;
  const network = `${ipv4Text(address & netmask(prefixLength))}/${prefixLength}`;
  throw new TapError(
    'route-overlap',
    `the host's route ${routeText(overlap)} overlaps ${network}: choose another prefix, or give the host's side no address (--host-ipv4 none).`,
    [`ip route show match ${ipv4Text(address)}`],
  );
}

/** Gives the host's end of a tap that we created its address, and raises it. Needs what creating it needed. */
export function setUpHostSide(device: string, options: HostSideOptions): HostSide {
  if (options.host === 'none') {
    return { address: undefined, description: `${device} was created; its host's side is left alone.` };
  }
  const address = chooseHostAddress(options);
  const lines = [`ip link set dev ${device} up`];
  if (address !== undefined) {
    lines.unshift(`ip addr add ${ipv4Text(address)}/${options.prefixLength} dev ${device}`);
    const failed = setIpv4(device, address, options.prefixLength);
    if (failed !== 0)
      throw refused(device, `does not take ${ipv4Text(address)}/${options.prefixLength}`, failed, lines);
  }
  const failed = raiseInterface(device);
  if (failed !== 0) throw refused(device, 'cannot be raised', failed, lines);
  const gave = address === undefined ? '' : ` the host is ${ipv4Text(address)}/${options.prefixLength} on it;`;
  return { address, description: `${device} was created;${gave} it is up (${lines.join('; ')}).` };
}

function refused(device: string, what: string, failed: number, remedy: readonly string[]): TapError {
  if (failed === Errno.EPERM || failed === Errno.EACCES) {
    return new TapError('no-root', `setting up ${device} on the host's side needs root.`, remedy);
  }
  return new TapError('refused', `${device} ${what}: ${errnoName(failed)}.`, remedy);
}
