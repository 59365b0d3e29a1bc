import { readFileSync } from 'node:fs';
import type { MacAddress } from '@immuable-net/ethernet';
import { InterfaceFlag, InterfaceIoctl, InterfaceRequest, request, withControlSocket } from './interface-request.ts';
import { netmask } from './ipv4-text.ts';
import { addressOf, ioctl } from './libc.ts';

/** What the kernel says of one of its interfaces. */
export interface InterfaceState {
  readonly index: number;
  readonly mtu: number;
  readonly up: boolean;
  /** The host's own MAC address on it; all zeros on a tun. */
  readonly hardwareAddress: MacAddress;
}

/** Reads an interface of our network namespace; undefined when there is none of that name. */
export function readInterface(name: string): InterfaceState | undefined {
  return withControlSocket((fd) => {
    const ifreq = new InterfaceRequest(name);
    if (request(fd, InterfaceIoctl.SIOCGIFINDEX, ifreq) !== 0) return undefined;
    const index = ifreq.int;
    if (request(fd, InterfaceIoctl.SIOCGIFMTU, ifreq) !== 0) return undefined;
    const mtu = ifreq.int;
    if (request(fd, InterfaceIoctl.SIOCGIFFLAGS, ifreq) !== 0) return undefined;
    const up = (ifreq.short & InterfaceFlag.UP) !== 0;
    if (request(fd, InterfaceIoctl.SIOCGIFHWADDR, ifreq) !== 0) return undefined;
    return { index, mtu, up, hardwareAddress: ifreq.hardwareAddress };
  });
}

/** Raises an interface. Returns 0 or the errno. */
export function raiseInterface(name: string): number {
  return withControlSocket((fd) => {
    const ifreq = new InterfaceRequest(name);
    const failed = request(fd, InterfaceIoctl.SIOCGIFFLAGS, ifreq);
    if (failed !== 0) return failed;
    ifreq.short = ifreq.short | InterfaceFlag.UP;
    return request(fd, InterfaceIoctl.SIOCSIFFLAGS, ifreq);
  });
}

/** Sets an interface's MTU. Returns 0 or the errno. */
export function setMtu(name: string, mtu: number): number {
  return setInt(name, InterfaceIoctl.SIOCSIFMTU, mtu);
}

/** Sets how many frames the kernel queues for an interface. Returns 0 or the errno. */
export function setTransmitQueueLength(name: string, frames: number): number {
  return setInt(name, InterfaceIoctl.SIOCSIFTXQLEN, frames);
}

/** Gives an interface its IPv4 address and prefix length. Returns 0 or the errno. */
export function setIpv4(name: string, address: number, prefixLength: number): number {
  return withControlSocket((fd) => {
    const ifreq = new InterfaceRequest(name);
    ifreq.ipv4 = address;
    const failed = request(fd, InterfaceIoctl.SIOCSIFADDR, ifreq);
    if (failed !== 0) return failed;
    ifreq.ipv4 = netmask(prefixLength);
    return request(fd, InterfaceIoctl.SIOCSIFNETMASK, ifreq);
  });
}

const ETHTOOL_GDRVINFO = 3;
const DRIVER_INFO_OCTETS = 196;
const DRIVER_AT = 4;
const BUS_AT = 4 + 32 + 32 + 32;

/** What kind of device carries this name: a tap, a tun, or something else; undefined when there is none. */
export function readKind(name: string): 'tap' | 'tun' | 'other' | undefined {
  if (readInterface(name) === undefined) return undefined;
  return withControlSocket((fd) => {
    // struct ethtool_drvinfo (linux/ethtool.h): the tun driver names itself, and its kind as the bus.
    const info = Buffer.alloc(DRIVER_INFO_OCTETS);
    info[0] = ETHTOOL_GDRVINFO;
    const ifreq = new InterfaceRequest(name);
    ifreq.view.setBigUint64(16, BigInt(addressOf(info)), true);
    if (ioctl(fd, InterfaceIoctl.SIOCETHTOOL, ifreq.octets) < 0) return 'other';
    if (text(info, DRIVER_AT) !== 'tun') return 'other';
    const bus = text(info, BUS_AT);
    return bus === 'tap' || bus === 'tun' ? bus : 'other';
  });
}

/** Counters of an interface, from the host's side: what we transmit is what it receives. */
export interface InterfaceStatistics {
  /** Frames that the host sent and we did not take in time: its queue for us was full. */
  readonly droppedTowardsUs: number;
  /** Frames of ours that the host refused. */
  readonly droppedFromUs: number;
  readonly framesTowardsUs: number;
  readonly framesFromUs: number;
}

/**
 * Reads an interface's counters; undefined when it is gone. They stand in `/proc/thread-self/net/dev`, which follows the network
 * namespace of the caller where `/sys/class/net` follows that of its mount.
 */
export function readStatistics(name: string): InterfaceStatistics | undefined {
  let lines: string[];
  try {
    lines = readFileSync('/proc/thread-self/net/dev', 'latin1').split('\n');
  } catch {
    return undefined;
  }
  for (const line of lines) {
    const colon = line.lastIndexOf(':');
    if (colon < 0 || line.slice(0, colon).trim() !== name) continue;
    // Receive: bytes packets errs drop fifo frame compressed multicast; transmit: bytes packets errs drop …
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    return {
      framesFromUs: columns[1] ?? 0,
      droppedFromUs: columns[3] ?? 0,
      framesTowardsUs: columns[9] ?? 0,
      droppedTowardsUs: columns[11] ?? 0,
    };
  }
  return undefined;
}

function setInt(name: string, number: number, value: number): number {
  return withControlSocket((fd) => {
    const ifreq = new InterfaceRequest(name);
    ifreq.int = value;
    return request(fd, number, ifreq);
  });
}

function text(octets: Uint8Array, at: number): string {
  let end = at;
  while (end < at + 32 && octets[end] !== 0) end++;
  return String.fromCharCode(...octets.subarray(at, end));
}
