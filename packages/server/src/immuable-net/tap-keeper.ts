import type { OpenedTapQueue, TapLink, TapOptions } from '@immuable-net/tap';
import type { Log } from '../logs/log.ts';
import type { Resources } from '../resources/resources.ts';

/** How often a tap that was taken away is looked for, milliseconds. */
const RETRY_MS = 1000;

/** Brings a tap back that was taken away while we ran: connections live on if it is soon. */
export class TapKeeper {
  readonly #resources: Resources;
  readonly #options: TapOptions;
  readonly #link: TapLink;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;

  constructor(resources: Resources, options: TapOptions, link: TapLink, log: Log) {
    this.#resources = resources;
    this.#options = options;
    this.#link = link;
    this.#log = log;
    this.#timer = undefined;
  }

  /** The device is gone: says so, and looks for it until it is back. */
  lost(): void {
    if (this.#timer !== undefined) return;
    this.#log.error(
      `${this.#options.name} was taken away; waiting for it to come back (ip tuntap add ${this.#options.name} mode tap)`,
    );
    this.#timer = setInterval(() => void this.#look(), RETRY_MS);
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    let opened: OpenedTapQueue;
    try {
      // One that we did not make comes back when its maker brings it; one that we made we make again.
      opened = await this.#resources.openTap(this.#options);
    } catch (error) {
      this.#log.debug(`${this.#options.name} is not back yet: ${(error as Error).message}`);
      return;
    }
    if (this.#timer === undefined) return;
    this.close();
    this.#link.attach(opened.queue);
    if (opened.hostSide !== undefined) this.#log.info(opened.hostSide.description);
    this.#log.info(`${this.#options.name} is back`);
  }
}
