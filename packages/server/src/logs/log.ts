/** How much a program says, from nothing to everything. */
export const LOG_LEVELS = ['quiet', 'error', 'warning', 'info', 'debug'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

const COLOURS: Record<Exclude<LogLevel, 'quiet'>, string> = {
  error: '\u001b[31m',
  warning: '\u001b[33m',
  info: '\u001b[32m',
  debug: '\u001b[2m',
};

/** What a program says about itself: one line an event, on standard error. */
export class Log {
  readonly #program: string;
  readonly #level: number;
  readonly #colour: boolean;
  readonly #write: (line: string) => void;

  /**
   * @param program the name that each line begins with
   * @param write takes one line, with its newline
   */
  constructor(program: string, level: LogLevel, colour: boolean, write: (line: string) => void) {
    this.#program = program;
    this.#level = LOG_LEVELS.indexOf(level);
    this.#colour = colour;
    this.#write = write;
  }

  error(message: string): void {
    this.#say('error', message);
  }

  warning(message: string): void {
    this.#say('warning', message);
  }

  info(message: string): void {
    this.#say('info', message);
  }

  debug(message: string): void {
    this.#say('debug', message);
  }

  #say(level: Exclude<LogLevel, 'quiet'>, message: string): void {
    if (LOG_LEVELS.indexOf(level) > this.#level) return;
    const tag = level === 'info' ? '' : `${level}: `;
    const text = this.#colour && tag !== '' ? `${COLOURS[level]}${tag}\u001b[0m` : tag;
    this.#write(`${this.#program}: ${text}${message}\n`);
  }
}

/** Whether to colour what goes to `stream`: as `--color` says, else only on a terminal that does not ask for none. */
export function wantsColour(
  choice: 'auto' | 'always' | 'never',
  stream: { readonly isTTY?: boolean | undefined },
  environment: NodeJS.ProcessEnv,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
