import type { InboundFrame, OutboundFrame } from '@immuable-net/octets';
import type { Link, LinkOffload, TransmitResult } from '../link.ts';
import type { MacAddress } from '../mac-address.ts';

/** A link over another link that passes everything through: what middlewares begin with. Closing closes both. */
export class LinkMiddleware implements Link {
  /** The link below. */
  readonly below: Link;

  constructor(below: Link) {
    this.below = below;
  }

  get medium(): 'ethernet' | 'ip' {
    return this.below.medium;
  }

  get mtu(): number {
    return this.below.mtu;
  }

  get hardwareAddress(): MacAddress | undefined {
    return this.below.hardwareAddress;
  }

  get offload(): LinkOffload {
    return this.below.offload;
  }

  get wake(): ((events: number) => void) | undefined {
    return this.below.wake;
  }

  set wake(wake: ((events: number) => void) | undefined) {
    this.below.wake = wake;
  }

  receive(frame: InboundFrame): boolean {
    return this.below.receive(frame);
  }

  transmit(frame: OutboundFrame): TransmitResult {
    return this.below.transmit(frame);
  }

  close(): void {
    this.below.close();
  }
}
