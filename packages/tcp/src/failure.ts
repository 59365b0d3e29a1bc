/** Why a connection failed: the codes of `node:net`. */
export type TcpFailureCode =
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'ECONNABORTED'
  | 'ETIMEDOUT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'EPIPE';

/** What the peer or the network did to a connection. */
export interface TcpFailure {
  readonly code: TcpFailureCode;
  readonly message: string;
}

type FailureName =
  | 'refused'
  | 'reset'
  | 'aborted'
  | 'timedOut'
  | 'keepAlive'
  | 'userTimeout'
  | 'zeroWindow'
  | 'memory'
  | 'hostUnreachable'
  | 'netUnreachable';

/** Failures carry nothing of the connection, so one object a reason is enough. */
export const Failure: Readonly<Record<FailureName, TcpFailure>> = {
  refused: { code: 'ECONNREFUSED', message: 'the peer refused the connection' },
  reset: { code: 'ECONNRESET', message: 'the peer reset the connection' },
  aborted: { code: 'ECONNABORTED', message: 'the connection was aborted on this side' },
  timedOut: { code: 'ETIMEDOUT', message: 'the peer did not answer in time' },
  keepAlive: { code: 'ETIMEDOUT', message: 'the peer did not answer keep-alive probes' },
  userTimeout: { code: 'ETIMEDOUT', message: 'octets stayed unacknowledged for longer than the user timeout' },
  zeroWindow: { code: 'ETIMEDOUT', message: 'the peer kept its window closed for too long' },
  memory: { code: 'ECONNABORTED', message: 'aborted to free memory while the peer kept its window closed' },
  hostUnreachable: { code: 'EHOSTUNREACH', message: 'the host cannot be reached' },
  netUnreachable: { code: 'ENETUNREACH', message: 'the network cannot be reached' },
};

/** A caller's misuse; thrown. */
export class TcpUsageError extends Error {
  readonly code: 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'EINVAL' | 'EMFILE';

  constructor(code: 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'EINVAL' | 'EMFILE', message: string) {
    super(message);
    this.name = 'TcpUsageError';
    this.code = code;
  }
}
