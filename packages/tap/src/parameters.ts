/**
 * Frames that the kernel queues for us on a tap that we created. The kernel's default is 1,000: 6.7 ms at 150,000
 * frames a second, less than one collection of garbage; libvirt raises it too (`<tune><sndbuf>` and txqueuelen).
 */
export const TRANSMIT_QUEUE_LENGTH = 10_000;

/** The longest name of an interface: IFNAMSIZ (16) less its NUL. */
export const INTERFACE_NAME_LENGTH = 15;

/** Octets of `struct virtio_net_hdr` (virtio 1.x §5.1.6, without num_buffers): with Ethernet's 14 it leaves IP aligned to 4. */
export const VNET_HEADER_OCTETS = 10;

/** The largest IP packet handed down whole: the total length field has 16 bits (RFC 791 §3.1). */
export const LARGEST_PACKET = 65535;

/** Octets of an Ethernet header. */
export const ETHERNET_HEADER_OCTETS = 14;
