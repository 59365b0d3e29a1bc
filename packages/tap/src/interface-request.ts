import { MacAddress } from '@immuable-net/ethernet';
import { close, errno, ioctl, socket } from './libc.ts';

/** ioctl numbers of linux/sockios.h. */
export const InterfaceIoctl = {
  SIOCGIFFLAGS: 0x8913,
  SIOCSIFFLAGS: 0x8914,
  SIOCGIFADDR: 0x8915,
  SIOCSIFADDR: 0x8916,
  SIOCSIFNETMASK: 0x891c,
  SIOCGIFMTU: 0x8921,
  SIOCSIFMTU: 0x8922,
  SIOCGIFHWADDR: 0x8927,
  SIOCGIFINDEX: 0x8933,
  SIOCGIFTXQLEN: 0x8942,
  SIOCSIFTXQLEN: 0x8943,
  SIOCETHTOOL: 0x8946,
} as const;

/** Bits of an interface's flags (linux/if.h). */
export const InterfaceFlag = { UP: 0x1, RUNNING: 0x40 } as const;

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const NAME_OCTETS = 16;
const REQUEST_OCTETS = 40;

/** Whether this machine stores the low octet first: the kernel's structures follow it. */
export const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * `struct ifreq` for one interface: its name, then a union. The octets are off the JavaScript heap, so that the
 * kernel writes where we read.
 */
export class InterfaceRequest {
  readonly octets: Uint8Array;
  readonly view: DataView;

  constructor(name: string) {
    this.octets = Buffer.alloc(REQUEST_OCTETS);
    this.view = new DataView(this.octets.buffer, this.octets.byteOffset, REQUEST_OCTETS);
    for (let i = 0; i < name.length && i < NAME_OCTETS - 1; i++) this.octets[i] = name.charCodeAt(i);
  }

  /** The name in the request: the kernel writes the real one where a pattern was given (`tap%d`). */
  get name(): string {
    const end = this.octets.indexOf(0);
    return String.fromCharCode(...this.octets.subarray(0, end < 0 ? NAME_OCTETS : Math.min(end, NAME_OCTETS)));
  }

  get int(): number {
    return this.view.getInt32(NAME_OCTETS, LITTLE_ENDIAN);
  }

  set int(value: number) {
    this.view.setInt32(NAME_OCTETS, value, LITTLE_ENDIAN);
  }

  get short(): number {
    return this.view.getUint16(NAME_OCTETS, LITTLE_ENDIAN);
  }

  set short(value: number) {
    this.view.setUint16(NAME_OCTETS, value, LITTLE_ENDIAN);
  }

  /** The union as `struct sockaddr` of a hardware address. */
  get hardwareAddress(): MacAddress {
    return new MacAddress(this.view.getUint16(NAME_OCTETS + 2), this.view.getUint32(NAME_OCTETS + 4));
  }

  /** The union as `struct sockaddr_in`: an IPv4 address as an int32. */
  get ipv4(): number {
    return this.view.getInt32(NAME_OCTETS + 4);
  }

  set ipv4(address: number) {
    this.octets.fill(0, NAME_OCTETS);
    this.view.setUint16(NAME_OCTETS, AF_INET, LITTLE_ENDIAN);
    this.view.setInt32(NAME_OCTETS + 4, address);
  }
}

/** A socket that carries interface requests, for as long as `use` runs. */
export function withControlSocket<T>(use: (fd: number) => T): T {
  const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`socket: errno ${errno()}`);
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

/** Makes one request; returns 0 or the errno. */
export function request(fd: number, number: number, ifreq: InterfaceRequest): number {
  return ioctl(fd, number, ifreq.octets) < 0 ? errno() : 0;
}
