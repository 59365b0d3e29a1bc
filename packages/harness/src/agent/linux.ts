/** Numbers of Linux's ABI that tools outside speak in. */
export const Errno = {
  EBADF: 9,
  EAGAIN: 11,
  EFAULT: 14,
  EINVAL: 22,
  EPIPE: 32,
  ENOSYS: 38,
  ENOTSOCK: 88,
  EDESTADDRREQ: 89,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
} as const;

/** The errno of a failure's literal code; ECONNRESET where Linux has none of that name. */
export function errnoOf(code: string): number {
  return (Errno as Readonly<Record<string, number>>)[code] ?? Errno.ECONNRESET;
}

export const AF_INET = 2;
export const SOCK_STREAM = 1;
export const SOCK_TYPE_MASK = 0xf;
export const SOCK_NONBLOCK = 0x800;

export const F_GETFL = 3;
export const F_SETFL = 4;
export const O_RDWR = 2;
export const O_NONBLOCK = 0x800;

export const SIOCINQ = 0x541b;
export const SIOCOUTQ = 0x5411;

export const MSG_PEEK = 2;
export const MSG_DONTWAIT = 0x40;
export const MSG_MORE = 0x8000;

export const Poll = { IN: 1, OUT: 4, ERR: 8, HUP: 0x10, RDNORM: 0x40, WRNORM: 0x100, RDHUP: 0x2000 } as const;

export const SOL_SOCKET = 1;
export const SocketOption = { ERROR: 4, SNDBUF: 7, RCVBUF: 8, KEEPALIVE: 9, LINGER: 13 } as const;

export const IPPROTO_TCP = 6;
export const TcpOption = {
  NODELAY: 1,
  MAXSEG: 2,
  CORK: 3,
  KEEPIDLE: 4,
  KEEPINTVL: 5,
  KEEPCNT: 6,
  INFO: 11,
  CONGESTION: 13,
  USER_TIMEOUT: 18,
} as const;
