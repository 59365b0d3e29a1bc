import { ExitStatus } from './exit-status.ts';

/**
 * Why a program cannot go on, as one line for the person who ran it: what is wrong, with the value, and what to
 * do next. Thrown, caught once by the program's `main`.
 */
export class ProgramFailure extends Error {
  /** What the process ends with. */
  readonly status: ExitStatus;

  constructor(status: ExitStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProgramFailure';
    this.status = status;
  }
}

/** The line to print for anything thrown, and the status to end with. */
export function failureOf(error: unknown): { line: string; status: ExitStatus } {
  if (error instanceof ProgramFailure) return { line: error.message, status: error.status };
  if (error instanceof Error) return { line: error.stack ?? error.message, status: ExitStatus.Unexpected };
  return { line: String(error), status: ExitStatus.Unexpected };
}
