const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Listens for the signals that end a program: the first asks, every later one insists. */
export class StopSignals {
  readonly #listener: () => void;

  constructor(stop: (again: boolean) => void) {
    let asked = false;
    this.#listener = () => {
      stop(asked);
      asked = true;
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Gives the signals back to Node's defaults. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
