import { toHex } from '@immuable-net/octets';
import type { AgentSocket } from './agent-socket.ts';
import { Errno, IPPROTO_TCP, SOL_SOCKET, SocketOption, TcpOption } from './linux.ts';
import { linuxTcpInfo } from './tcp-info.ts';

/** What the agent answers. */
export interface OptionAnswer {
  readonly ret: number;
  readonly errno?: number;
  readonly data?: string;
}

const DONE: OptionAnswer = { ret: 0 };
/** What Linux's SO_SNDBUF and SO_RCVBUF hold at least. */
const SMALLEST_BUFFER = 4608;

/** getsockopt(2). */
export function getOption(socket: AgentSocket, level: number, option: number, length: number): OptionAnswer {
  const { connection, options } = socket;
  if (level === SOL_SOCKET && option === SocketOption.ERROR) return integer(socket.takeError(), length);
  if (level === SOL_SOCKET && option === SocketOption.SNDBUF) return integer(options.sendLimit ?? 0, length);
  if (level === SOL_SOCKET && option === SocketOption.RCVBUF) return integer(options.receiveLimit ?? 0, length);
  if (level !== IPPROTO_TCP) return { ret: -1, errno: Errno.ENOPROTOOPT };
  switch (option) {
    case TcpOption.NODELAY:
      return integer((connection?.noDelay ?? options.noDelay) ? 1 : 0, length);
    case TcpOption.CORK:
      return integer((connection?.cork ?? options.cork) ? 1 : 0, length);
    case TcpOption.MAXSEG:
      return integer(connection?.info.segmentSize ?? options.maximumSegmentSize ?? 536, length);
    case TcpOption.USER_TIMEOUT:
      return integer(options.userTimeoutMs ?? 0, length);
    case TcpOption.INFO:
      if (connection === undefined) return { ret: -1, errno: Errno.ENOTCONN };
      return { ret: 0, data: toHex(linuxTcpInfo(connection).subarray(0, Math.max(0, length))) };
    default:
      return { ret: -1, errno: Errno.ENOPROTOOPT };
  }
}

/** setsockopt(2). What is not known is accepted and does nothing. */
export function setOption(socket: AgentSocket, level: number, option: number, data: Uint8Array): OptionAnswer {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const value = data.length >= 4 ? view.getInt32(0, true) : 0;
  const { connection, options } = socket;
  if (level === SOL_SOCKET) {
    switch (option) {
      // Linux doubles what is asked, for its own bookkeeping.
      case SocketOption.SNDBUF:
        options.sendLimit = Math.max(SMALLEST_BUFFER, value * 2);
        break;
      case SocketOption.RCVBUF:
        options.receiveLimit = Math.max(SMALLEST_BUFFER, value * 2);
        break;
      case SocketOption.KEEPALIVE:
        options.keepAlive = value !== 0;
        if (connection !== undefined) connection.keepAlive = value !== 0;
        break;
      case SocketOption.LINGER:
        socket.resets = data.length >= 8 && value !== 0 && view.getInt32(4, true) === 0;
        break;
      default:
        break;
    }
    return DONE;
  }
  if (level !== IPPROTO_TCP) return DONE;
  switch (option) {
    case TcpOption.NODELAY:
      options.noDelay = value !== 0;
      if (connection !== undefined) connection.noDelay = value !== 0;
      break;
    case TcpOption.CORK:
      options.cork = value !== 0;
      if (connection !== undefined) connection.cork = value !== 0;
      break;
    case TcpOption.MAXSEG:
      if (value < 88 || value > 32767) return { ret: -1, errno: Errno.EINVAL };
      options.maximumSegmentSize = value;
      break;
    case TcpOption.USER_TIMEOUT:
      if (value > 0) options.userTimeoutMs = value;
      else delete options.userTimeoutMs;
      break;
    case TcpOption.KEEPIDLE:
      options.keepAliveIdleMs = Math.max(1, value) * 1000;
      break;
    case TcpOption.KEEPINTVL:
      options.keepAliveIntervalMs = Math.max(1, value) * 1000;
      break;
    case TcpOption.KEEPCNT:
      options.keepAliveProbes = Math.max(1, value);
      break;
    case TcpOption.CONGESTION: {
      const name = new TextDecoder().decode(data).replace(/\0.*$/, '');
      if (name === 'cubic') options.congestionControl = 'cubic';
      else if (name === 'reno' || name === 'newreno') options.congestionControl = 'newreno';
      break;
    }
    default:
      break;
  }
  return DONE;
}

function integer(value: number, length: number): OptionAnswer {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setInt32(0, value, true);
  return { ret: 0, data: toHex(octets.subarray(0, Math.max(0, Math.min(4, length)))) };
}
