/**
 * Linux tap devices by FFI: the one place that talks to the kernel's network side.
 *
 * ```ts
 * import { openTap } from '@immuable-net/tap';
 *
 * const { queue, hostSide } = openTap({
 *   name: 'tap0', // attached to, or created
 *   hostSide: { address: 0x0a000002, prefixLength: 24 }, // we are 10.0.0.2/24, the host becomes 10.0.0.1
 * });
 * console.log(hostSide?.description);
 * const stack = new NetworkStack({ link: new TapLink(queue), … });
 * ```
 *
 * Opening and driving are apart: {@link openTapQueue} gives a descriptor and what was agreed about it, which may
 * cross to another process; a {@link TapLink} drives it.
 *
 * @packageDocumentation
 */
export { findOverlap, type HostRoute, readHostRoutes } from './host-routes.ts';
export { checkHostRoutes, chooseHostAddress, type HostSide, type HostSideOptions, setUpHostSide } from './host-side.ts';
export {
  type InterfaceState,
  type InterfaceStatistics,
  readInterface,
  readKind,
  readStatistics,
} from './network-interface.ts';
export { type OpenedTapQueue, openTap, type TapOptions } from './open-tap.ts';
export { VNET_HEADER_OCTETS } from './parameters.ts';
export { TapError, type TapErrorCode } from './tap-error.ts';
export { type TapCounters, TapLink } from './tap-link.ts';
export { openTapQueue, type TapQueue, type TapQueueOptions } from './tap-queue.ts';
