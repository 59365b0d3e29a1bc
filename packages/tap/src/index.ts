/**
 * Linux tap devices by FFI.
 *
 * @packageDocumentation
 */
export { type InterfaceStatistics, readStatistics } from './network-interface.ts';
export { TapError, type TapErrorCode } from './tap-error.ts';
export { type TapCounters, TapLink } from './tap-link.ts';
export { openTapQueue, type TapQueue, type TapQueueOptions } from './tap-queue.ts';
