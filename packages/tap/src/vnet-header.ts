/**
 * `struct virtio_net_hdr` (virtio 1.x §5.1.6; linux/virtio_net.h), low octet first as TUNSETVNETLE asks: what the
 * kernel and we tell each other of a frame's checksum and segmentation.
 */
export const VnetHeader = {
  FLAGS: 0,
  GSO_TYPE: 1,
  HDR_LEN: 2,
  GSO_SIZE: 4,
  CSUM_START: 6,
  CSUM_OFFSET: 8,
} as const;

/** Bits of the field `flags`. */
export const VnetFlag = {
  /** The checksum is left to the receiver: it holds the pseudo-header's sum. */
  NEEDS_CSUM: 1,
  /** The checksum was verified. */
  DATA_VALID: 2,
} as const;

/** Values of the field `gso_type`. */
export const VnetSegmentation = {
  NONE: 0,
  TCPV4: 1,
  TCPV6: 4,
} as const;
