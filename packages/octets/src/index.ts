/**
 * Octets: slices held by reference, queues of them, frames and their slab, readers and writers.
 *
 * ```ts
 * import { SliceQueue } from '@immuable-net/octets';
 *
 * const queue = new SliceQueue();
 * queue.append(archive, 4096, 8192, owner); // by reference: nothing is copied
 * queue.drop(1024); // acknowledged; the owner is released with its last octet
 * ```
 *
 * @packageDocumentation
 */
export { fromHex, toHex } from './hexadecimal.ts';
export { FrameChecksum, InboundFrame } from './inbound-frame.ts';
export { OctetReader } from './octet-reader.ts';
export { OctetWriter } from './octet-writer.ts';
export { COPY_OCTETS, FRAME_OCTETS, MAXIMUM_PARTS, OutboundFrame, TRANSPORT_START } from './outbound-frame.ts';
export type { RandomSource } from './random-source.ts';
export { Slab } from './slab.ts';
export type { Slice, SliceOwner } from './slice.ts';
export { copyOctets, SliceQueue } from './slice-queue.ts';
export { type StreamProtocol, StreamWish } from './stream-protocol.ts';
