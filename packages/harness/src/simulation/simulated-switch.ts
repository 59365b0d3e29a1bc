import type { SimulatedFrame } from './simulated-frame.ts';
import type { SimulatedLink } from './simulated-link.ts';
import type { SimulatedNetwork, SimulatedWire, WireOptions } from './simulated-network.ts';

/** A learning Ethernet switch (IEEE 802.1D §7): frames go to the port their address was seen on, else to all others. */
export class SimulatedSwitch {
  #network: SimulatedNetwork;
  #ports: SimulatedLink[];
  #table: Map<number, SimulatedLink>;

  constructor(network: SimulatedNetwork) {
    this.#network = network;
    this.#ports = [];
    this.#table = new Map();
  }

  /** A wire to a new port: `a` is the stack's end, `b` the port. Its impairments are this stack's way to the switch and back. */
  plug(options: WireOptions = {}): SimulatedWire {
    const wire = this.#network.wire(options);
    this.#ports.push(wire.b);
    wire.b.forward = (frame, from) => this.#forward(frame, from);
    return wire;
  }

  #forward(frame: SimulatedFrame, from: SimulatedLink): void {
    const view = frame.slab.view;
    this.#table.set(address(view, 6), from);
    const group = (view.getUint8(0) & 1) !== 0;
    const known = group ? undefined : this.#table.get(address(view, 0));
    for (const port of this.#ports) {
      if (port === from || (known !== undefined && port !== known)) continue;
      const copy = this.#network.pool.take(frame.length);
      copy.corrupted = frame.corrupted;
      copy.slab.octets.set(frame.slab.octets.subarray(0, frame.length));
      port.channel!.send(copy);
    }
    this.#network.pool.give(frame);
  }
}

/** A MAC address as one number of 48 bits. */
function address(view: DataView, at: number): number {
  return view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2);
}
