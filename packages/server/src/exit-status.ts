/** How a program ended, for the shell: docs/EXIT-STATUS.md says what to do about each. */
export const ExitStatus = {
  /** Everything asked for was done. */
  Done: 0,
  /** Something that nobody foresaw: a bug of ours, printed with its stack. */
  Unexpected: 1,
  /** A flag, an environment variable or a combination of them is malformed. */
  Usage: 2,
  /** The archive is missing, truncated, altered, of another hash, or no archive. */
  Archive: 3,
  /** The tap cannot be used: no root, no such device, busy, of the wrong kind, or not Linux. */
  Link: 4,
  /** Another host uses our address on the wire. */
  AddressConflict: 5,
  /** A file or socket of the host cannot be read, written or bound. */
  Host: 6,
  /** A certificate or key cannot be used. */
  Certificate: 7,
  /** The program is not built. */
  NotBuilt: 69,
  /** Stopped by a second SIGINT or SIGTERM before it was done. */
  Interrupted: 130,
} as const;

/** One of {@link ExitStatus}. */
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];
