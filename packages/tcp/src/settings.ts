import { TcpUsageError } from './failure.ts';
import { MAXIMUM_WINDOW_SHIFT, type TcpConnectionOptions, type TcpParameters } from './parameters.ts';

/** {@link TcpConnectionOptions} with nothing left out: one object for all connections of a listener. */
export interface ConnectionSettings {
  readonly noDelay: boolean;
  readonly cork: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveIdleMs: number;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveProbes: number;
  readonly userTimeoutMs: number;
  readonly sendLimit: number;
  readonly receiveLimit: number;
  readonly congestionControl: 'cubic' | 'newreno';
  readonly maximumSegmentSize: number;
  /** -1: close() is graceful. */
  readonly linger: number;
  /** What the receive limit needs (RFC 7323 §2.2). */
  readonly windowShift: number;
}

/** Fills in what was left out; throws {@link TcpUsageError} on what makes no sense. */
export function resolveSettings(
  parameters: TcpParameters,
  options: TcpConnectionOptions | undefined,
): ConnectionSettings {
  const receiveLimit = positive('receiveLimit', options?.receiveLimit ?? parameters.receiveLimit);
  let windowShift = 0;
  while (windowShift < MAXIMUM_WINDOW_SHIFT && 65535 * 2 ** windowShift < receiveLimit) windowShift++;
  return {
    noDelay: options?.noDelay ?? false,
    cork: options?.cork ?? false,
    keepAlive: options?.keepAlive ?? false,
    keepAliveIdleMs: positive('keepAliveIdleMs', options?.keepAliveIdleMs ?? parameters.keepAliveIdleMs),
    keepAliveIntervalMs: positive(
      'keepAliveIntervalMs',
      options?.keepAliveIntervalMs ?? parameters.keepAliveIntervalMs,
    ),
    keepAliveProbes: positive('keepAliveProbes', options?.keepAliveProbes ?? parameters.keepAliveProbes),
    userTimeoutMs: positive('userTimeoutMs', options?.userTimeoutMs ?? Number.POSITIVE_INFINITY),
    sendLimit: positive('sendLimit', options?.sendLimit ?? parameters.sendLimit),
    receiveLimit: Math.min(receiveLimit, 65535 * 2 ** MAXIMUM_WINDOW_SHIFT),
    congestionControl: options?.congestionControl ?? parameters.congestionControl,
    maximumSegmentSize: positive('maximumSegmentSize', options?.maximumSegmentSize ?? 65495),
    linger: options?.linger ?? -1,
    windowShift,
  };
}

function positive(name: string, value: number): number {
  if (!(value > 0)) throw new TcpUsageError('EINVAL', `${name} is ${value}: it must be greater than 0`);
  return value;
}
