import { closeSync, constants, openSync } from 'node:fs';
import { InterfaceRequest, LITTLE_ENDIAN } from './interface-request.ts';
import { Errno, errno, errnoName, ioctl, ioctlNumber } from './libc.ts';
import { readInterface, readKind, setMtu, setTransmitQueueLength } from './network-interface.ts';
import { INTERFACE_NAME_LENGTH, TRANSMIT_QUEUE_LENGTH, VNET_HEADER_OCTETS } from './parameters.ts';
import { TapError } from './tap-error.ts';

/** Which tap to open, and how. */
export interface TapQueueOptions {
  /** The interface's name, 1 to 15 characters. */
  readonly name: string;
  /** `tap` (default): Ethernet frames; `tun`: IP packets. */
  readonly kind?: 'tap' | 'tun';
  /** Whether to create the device when there is none; true unless told. It vanishes when its last queue closes. */
  readonly create?: boolean;
  /** Whether to ask for checksum and segmentation offload; true unless told. Where the kernel refuses, it goes on without. */
  readonly offload?: boolean;
  /** Whether the device may be opened more than once, one queue each; false unless told. */
  readonly multiQueue?: boolean;
  /** The MTU to give the device; its own is kept unless told. */
  readonly mtu?: number;
}

/**
 * One open queue of a tap: a descriptor and what was agreed about it. It can cross to another process by its
 * descriptor and these few values; {@link TapLink} drives it.
 */
export interface TapQueue {
  /** Non-blocking, closed on exec. Whoever holds the queue closes it (a {@link TapLink} does). */
  readonly fd: number;
  readonly name: string;
  readonly kind: 'tap' | 'tun';
  /** Frames carry a virtio header of {@link VNET_HEADER_OCTETS}. */
  readonly vnetHeader: boolean;
  readonly offload: { readonly checksum: boolean; readonly segments4: boolean; readonly segments6: boolean };
  readonly multiQueue: boolean;
  /** The device did not exist before. */
  readonly created: boolean;
}

// linux/if_tun.h; numbers of the generic _IOW encoding (x86, arm, arm64, riscv, s390x).
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const TUNSETVNETLE = 0x400454dc;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_MULTI_QUEUE = 0x0100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUN_F_CSUM = 0x01;
const TUN_F_TSO4 = 0x02;
const TUN_F_TSO6 = 0x04;
const TUN_NODE = '/dev/net/tun';

/**
 * Opens one queue of a tap: attaches to the device of that name, or creates it. Throws {@link TapError}.
 *
 * A persistent device's multi-queue flag must match what is asked (`ip tuntap add … multi_queue`); a device with
 * several queues is also taken with one, and says so in {@link TapQueue.multiQueue}.
 */
export function openTapQueue(options: TapQueueOptions): TapQueue {
  const { name } = options;
  const kind = options.kind ?? 'tap';
  if (process.platform !== 'linux') {
    throw new TapError('not-linux', `${kind} devices are driven on Linux only; this is ${process.platform}.`);
  }
  checkName(name);
  const found = readKind(name);
  if (found === undefined && options.create === false) {
    throw new TapError('no-device', `there is no device ${name}.`, addLines(name, kind, options.multiQueue ?? false));
  }
  if (found !== undefined && found !== kind) {
    throw new TapError('wrong-kind', `${name} is ${found === 'other' ? 'no' : `a ${found} device, not a`} ${kind}.`, [
      `ip -details link show dev ${name}`,
      ...addLines(`${kind}0`, kind, false),
    ]);
  }
  const fd = openNode();
  try {
    return attach(fd, options, kind, found === undefined);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Lines for a shell that make a device which the user may drive without root. */
function addLines(name: string, kind: 'tap' | 'tun', multiQueue: boolean): string[] {
  const user = process.env.SUDO_USER ?? process.env.USER ?? 'root';
  return [
    `ip tuntap add dev ${name} mode ${kind} user ${user}${multiQueue ? ' multi_queue' : ''}`,
    `ip link set dev ${name} up`,
  ];
}

function checkName(name: string): void {
  if (
    name.length > 0 &&
    name.length <= INTERFACE_NAME_LENGTH &&
    /^[^/\s:%\0]+$/.test(name) &&
    name !== '.' &&
    name !== '..'
  )
    return;
  throw new TapError('bad-name', `"${name}" is no name of a device: 1 to 15 characters, no slash, colon or space.`);
}

function openNode(): number {
  try {
    return openSync(TUN_NODE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV') {
      throw new TapError('no-tun-node', `${TUN_NODE} does not exist: the kernel's tun module is not loaded.`, [
        'modprobe tun',
        `mkdir -p /dev/net && mknod ${TUN_NODE} c 10 200 && chmod 0666 ${TUN_NODE}`,
      ]);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new TapError('no-root', `${TUN_NODE} may not be opened by this user.`, [`chmod 0666 ${TUN_NODE}`]);
    }
    throw new TapError('refused', `${TUN_NODE} cannot be opened: ${code ?? String(error)}.`);
  }
}

function attach(fd: number, options: TapQueueOptions, kind: 'tap' | 'tun', created: boolean): TapQueue {
  const { name } = options;
  const wantsOffload = options.offload ?? true;
  const base = (kind === 'tap' ? IFF_TAP : IFF_TUN) | IFF_NO_PI;
  const asked = options.multiQueue === true ? IFF_MULTI_QUEUE : 0;
  let vnetHeader = wantsOffload;
  let queueFlag = asked;
  let failed = setInterface(fd, name, base | (vnetHeader ? IFF_VNET_HDR : 0) | queueFlag);
  // A persistent device refuses a multi-queue flag that is not its own.
  if (failed === Errno.EINVAL && !created) {
    queueFlag ^= IFF_MULTI_QUEUE;
    failed = setInterface(fd, name, base | (vnetHeader ? IFF_VNET_HDR : 0) | queueFlag);
    if (failed === 0 && asked !== 0) {
      throw new TapError('wrong-kind', `${name} was made with one queue; several were asked for.`, [
        `ip tuntap del dev ${name} mode ${kind}`,
        ...addLines(name, kind, true),
      ]);
    }
  }
  // A kernel without virtio headers: whole frames, checksums filled in.
  if (failed === Errno.EINVAL && vnetHeader) {
    vnetHeader = false;
    queueFlag = asked;
    failed = setInterface(fd, name, base | queueFlag);
  }
  if (failed !== 0) throw refusal(failed, name, kind, created);
  if (vnetHeader) {
    // A persistent device keeps what its last user set: size and byte order are set each time.
    const size = Buffer.alloc(4);
    new DataView(size.buffer, size.byteOffset, 4).setInt32(0, VNET_HEADER_OCTETS, LITTLE_ENDIAN);
    if (ioctl(fd, TUNSETVNETHDRSZ, size) < 0) throw refusal(errno(), name, kind, created);
    new DataView(size.buffer, size.byteOffset, 4).setInt32(0, 1, LITTLE_ENDIAN);
    if (ioctl(fd, TUNSETVNETLE, size) < 0) throw refusal(errno(), name, kind, created);
  }
  const offload = { checksum: false, segments4: false, segments6: false };
  if (vnetHeader) {
    if (ioctlNumber(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) >= 0) {
      offload.checksum = offload.segments4 = offload.segments6 = true;
    } else if (ioctlNumber(fd, TUNSETOFFLOAD, TUN_F_CSUM) >= 0) {
      offload.checksum = true;
    }
  } else {
    // What the last user of a persistent device allowed the kernel to hand up is taken back.
    ioctlNumber(fd, TUNSETOFFLOAD, 0);
  }
  if (created) setTransmitQueueLength(name, TRANSMIT_QUEUE_LENGTH);
  if (options.mtu !== undefined && options.mtu !== readInterface(name)?.mtu) changeMtu(name, options.mtu);
  return { fd, name, kind, vnetHeader, offload, multiQueue: queueFlag !== 0, created };
}

function changeMtu(name: string, mtu: number): void {
  const line = `ip link set dev ${name} mtu ${mtu}`;
  const failed = setMtu(name, mtu);
  if (failed === Errno.EINVAL) throw new TapError('refused', `${name} does not take an MTU of ${mtu}.`);
  if (failed === Errno.EPERM) throw new TapError('no-root', `changing the MTU of ${name} needs root.`, [line]);
  if (failed !== 0) throw new TapError('refused', `the MTU of ${name} cannot be set: ${errnoName(failed)}.`, [line]);
}

function setInterface(fd: number, name: string, flags: number): number {
  const ifreq = new InterfaceRequest(name);
  ifreq.short = flags;
  return ioctl(fd, TUNSETIFF, ifreq.octets) < 0 ? errno() : 0;
}

function refusal(failed: number, name: string, kind: 'tap' | 'tun', created: boolean): TapError {
  if (failed === Errno.EPERM || failed === Errno.EACCES) {
    return created
      ? new TapError('no-root', `there is no device ${name}, and creating one needs root.`, addLines(name, kind, false))
      : new TapError('no-root', `${name} belongs to another user, and attaching to it needs root.`, [
          `ip tuntap del dev ${name} mode ${kind}`,
          ...addLines(name, kind, false),
        ]);
  }
  if (failed === Errno.EBUSY) {
    return new TapError('busy', `${name} is driven by another process.`, [
      `grep -l 'iff:.*${name}$' /proc/[0-9]*/fdinfo/* 2>/dev/null`,
      ...addLines(`${kind}1`, kind, false),
    ]);
  }
  if (failed === Errno.EINVAL) {
    return new TapError('wrong-kind', `${name} exists and is no ${kind}.`, [`ip -details link show dev ${name}`]);
  }
  return new TapError('refused', `${name} cannot be opened: ${errnoName(failed)}.`);
}
