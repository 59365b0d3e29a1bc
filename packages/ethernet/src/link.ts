import type { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import type { MacAddress } from './mac-address.ts';

/** What became of a frame given to {@link Link.transmit}. All but `Sent` are counted by the caller. */
export const TransmitResult = {
  Sent: 0,
  /** No room now: `wake` is called with {@link LinkEvent.Writable} once there is. The frame was not taken. */
  Full: 1,
  /** The link is down or gone. */
  Down: 2,
  /** The link does not take this frame (too large, an offload it did not offer). */
  Refused: 3,
} as const;

/** One of {@link TransmitResult}. */
export type TransmitResult = (typeof TransmitResult)[keyof typeof TransmitResult];

/** Bits that {@link Link.wake} is called with. */
export const LinkEvent = {
  /** A frame waits, after `receive` had returned false. */
  Readable: 1,
  /** There is room again, after `transmit` had returned `Full`. */
  Writable: 2,
  Up: 4,
  Down: 8,
  /** The device is gone for good. */
  Gone: 16,
  /** `mtu` changed. */
  Mtu: 32,
} as const;

/** What a link does for the stack above it. */
export interface LinkOffload {
  /** The link fills in transport checksums ({@link OutboundFrame.checksumStart}). */
  readonly checksum: boolean;
  /** The largest IPv4 packet it takes whole and cuts itself ({@link OutboundFrame.segmentSize}); 0 = cut it yourself. */
  readonly segments4: number;
  /** The same for IPv6. */
  readonly segments6: number;
}

/** Where frames come from and go to: a tap device, a wire in memory, a middleware over another link. */
export interface Link {
  /** `ethernet`: frames with MAC addresses; `ip`: bare IP packets (tun), no MAC, no ARP. */
  readonly medium: 'ethernet' | 'ip';
  /** The largest IP packet on the wire, octets. May change: told by `wake`. */
  readonly mtu: number;
  /** The address that the link would have us use; undefined where it has no opinion. */
  readonly hardwareAddress: MacAddress | undefined;
  readonly offload: LinkOffload;
  /**
   * Lends one frame, up to 64 KiB whatever the mtu, until the next call. False when none waits: `wake` is then
   * called once one does.
   */
  receive(frame: InboundFrame): boolean;
  /** Writes or copies the frame before it returns; keeps no reference to any of its octets. May flatten it. */
  transmit(frame: OutboundFrame): TransmitResult;
  /** Called with bits of {@link LinkEvent}; never from inside `receive` or `transmit`. */
  wake: ((events: number) => void) | undefined;
  /** Gives everything back. `receive` and `transmit` then answer false and `Down`. */
  close(): void;
}
