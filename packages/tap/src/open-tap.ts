import { closeSync } from 'node:fs';
import { checkHostRoutes, type HostSide, type HostSideOptions, setUpHostSide } from './host-side.ts';
import { readKind } from './network-interface.ts';
import { openTapQueue, type TapQueue, type TapQueueOptions } from './tap-queue.ts';

/** Which tap to open, and what its host's end is to be where we create it. */
export interface TapOptions extends TapQueueOptions {
  /** The host's end of a device that is created; left alone unless told, as is one that existed. */
  readonly hostSide?: HostSideOptions;
}

/** A tap that is open, for a `TapLink` to drive. */
export interface OpenedTapQueue {
  readonly queue: TapQueue;
  /** What was done to the host's end; undefined where the device existed or nothing was asked. */
  readonly hostSide: HostSide | undefined;
}

/** Attaches to a tap, or creates it and sets up the host's end. Throws {@link TapError}; nothing is left behind then. */
export function openTap(options: TapOptions): OpenedTapQueue {
  const { name, hostSide } = options;
  if (
    hostSide !== undefined &&
    options.create !== false &&
    process.platform === 'linux' &&
    readKind(name) === undefined
  ) {
    checkHostRoutes(name, hostSide);
  }
  const queue = openTapQueue(options);
  try {
    return { queue, hostSide: queue.created && hostSide !== undefined ? setUpHostSide(name, hostSide) : undefined };
  } catch (error) {
    closeSync(queue.fd);
    throw error;
  }
}
