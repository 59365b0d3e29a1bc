import type { TcpFailure } from '@immuable-net/tcp';

/** A failure of the network, with the codes that `node:net` and `node:dgram` use. */
export class NetworkError extends Error {
  /** `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EHOSTUNREACH`, `EADDRINUSE` … */
  readonly code: string;
  /** `connect`, `read`, `write`, `listen`, `bind`, `send`, `ping`. */
  readonly syscall: string;
  readonly address: string | undefined;
  readonly port: number | undefined;

  constructor(code: string, syscall: string, address?: string, port?: number, detail?: string) {
    const where = address === undefined ? '' : ` ${port === undefined ? address : `${address}:${port}`}`;
    super(`${syscall} ${code}${where}${detail === undefined ? '' : ` (${detail})`}`);
    this.name = 'NetworkError';
    this.code = code;
    this.syscall = syscall;
    this.address = address;
    this.port = port;
  }

  /** From what TCP says of a connection that is gone. */
  static of(failure: TcpFailure, syscall: string, address: string, port: number): NetworkError {
    return new NetworkError(failure.code, syscall, address, port, failure.message);
  }
}
