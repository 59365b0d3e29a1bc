import koffi from 'koffi';

/**
 * The system calls that a tap needs, by FFI. Pointers are numbers (an address in user space is below 2⁵³, so a
 * number holds it and no BigInt is made per call) or typed arrays.
 */
const libc: ReturnType<typeof koffi.load> = koffi.load(null);

/** `read(2)`: the octets read, or -1. */
export const read: (fd: number, address: number, count: number) => number = libc.func(
  'int read(int, uintptr_t, uint32_t)',
);

/** `write(2)`: the octets written, or -1. */
export const write: (fd: number, address: number, count: number) => number = libc.func(
  'int write(int, uintptr_t, uint32_t)',
);

/** `writev(2)`: the octets written, or -1. */
export const writev: (fd: number, vectors: number, count: number) => number = libc.func(
  'int writev(int, uintptr_t, int)',
);

/** `ioctl(2)` with a structure as its argument. */
export const ioctl: (fd: number, request: number, argument: Uint8Array) => number = libc.func(
  'int ioctl(int, ulong, void *)',
);

/** `ioctl(2)` with a number as its argument. */
export const ioctlNumber: (fd: number, request: number, argument: number) => number = libc.func('ioctl', 'int', [
  'int',
  'ulong',
  'ulong',
]);

export const socket: (family: number, type: number, protocol: number) => number =
  libc.func('int socket(int, int, int)');

export const bind: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int bind(int, void *, uint32_t)',
);

export const close: (fd: number) => number = libc.func('int close(int)');

/** Why the last call failed. */
export const errno: () => number = koffi.errno as () => number;

/** Where these octets stand in memory. They must be off the JavaScript heap or outlive nothing: a slab, a mapping, a Buffer. */
export function addressOf(octets: Uint8Array): number {
  return Number(koffi.address(octets));
}

/** Calls back when a descriptor can be read or written; libuv's own poll. */
export type PollHandle = InstanceType<typeof koffi.node.PollHandle>;

/**
 * Watches a descriptor. Keep the handle: once it is collected the calls stop without a word. The status is 0, or a
 * negated errno, after which nothing is called again.
 */
export function poll(
  fd: number,
  wish: { readable: boolean; writable: boolean },
  callback: (status: number, events: { readable: boolean; writable: boolean }) => void,
): PollHandle {
  // The library's types leave the status out; it is passed.
  return koffi.node.poll(fd, wish, callback as unknown as (events: { readable: boolean; writable: boolean }) => void);
}

/** The errno values that we tell apart, as Linux numbers them (asm-generic/errno.h, the same on every port of Node). */
export const Errno = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EMSGSIZE: 90,
  EBADFD: 77,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
} as const;

/** The name of an errno value, for messages. */
export function errnoName(value: number): string {
  for (const [name, number] of Object.entries(koffi.os.errno)) if (number === value) return name;
  return `errno ${value}`;
}
