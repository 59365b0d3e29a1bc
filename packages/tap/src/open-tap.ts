import { checkHostRoutes, type HostSide, type HostSideOptions, setUpHostSide } from './host-side.ts';
import { readKind } from './network-interface.ts';
import { TapLink } from './tap-link.ts';
import { openTapQueue, type TapQueueOptions } from './tap-queue.ts';

/** Which tap to open, and what its host's end is to be where we create it. */
export interface TapOptions extends TapQueueOptions {
  /** The host's end of a device that is created; left alone unless told, as is one that existed. */
  readonly hostSide?: HostSideOptions;
}

/** A tap that is open. */
export interface OpenedTap {
  readonly link: TapLink;
  /** What was done to the host's end; undefined where the device existed or nothing was asked. */
  readonly hostSide: HostSide | undefined;
}

/** Attaches to a tap, or creates it and sets up the host's end. Throws {@link TapError}; nothing is left behind then. */
export function openTap(options: TapOptions): OpenedTap {
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
  const link = new TapLink(queue);
  try {
    return {
      link,
      hostSide: queue.created && hostSide !== undefined ? setUpHostSide(name, hostSide) : undefined,
    };
  } catch (error) {
    link.close();
    throw error;
  }
}
