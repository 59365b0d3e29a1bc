/** Why a tap could not be opened, as a literal that programs compare. */
export type TapErrorCode =
  /** This is not Linux. */
  | 'not-linux'
  /** `/dev/net/tun` does not exist. */
  | 'no-tun-node'
  /** Not permitted: no root, no CAP_NET_ADMIN, not the device's owner. */
  | 'no-root'
  /** There is no such device and none was to be created. */
  | 'no-device'
  /** Somebody else drives the device. */
  | 'busy'
  /** A device of that name exists and is no tap (or no tun). */
  | 'wrong-kind'
  /** The name cannot be an interface's. */
  | 'bad-name'
  /** The host has a route that overlaps the prefix, by another device. */
  | 'route-overlap'
  /** The kernel refused for another reason: the message carries the errno. */
  | 'refused';

/** A tap that cannot be opened or set up: one line that says what is wrong, and the commands that help. */
export class TapError extends Error {
  override readonly name: 'TapError';
  readonly code: TapErrorCode;
  /** Lines for a shell, as root, that set things right; empty where none does. */
  readonly remedy: readonly string[];

  constructor(code: TapErrorCode, message: string, remedy: readonly string[] = []) {
    super(message);
    this.name = 'TapError';
    this.code = code;
    this.remedy = remedy;
  }
}
