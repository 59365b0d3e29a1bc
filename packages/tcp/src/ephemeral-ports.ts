import type { Path } from '@immuable-net/ip';
import { hashFlow } from './flow-table.ts';
import type { SipHash } from './sip-hash.ts';

/** RFC 6056 §3.2: the range; below it lie the ports that services are known by. */
const FIRST = 32_768;
const COUNT = 32_768;

/** RFC 6056 §3.3.3: hash-based port selection: unpredictable between peers, sequential for one. */
export class EphemeralPorts {
  readonly #key: SipHash;
  #next: number;

  constructor(key: SipHash) {
    this.#key = key;
    this.#next = 0;
  }

  /** The first port that `isFree` says is; 0 when there is none. */
  pick(path: Path, remotePort: number, isFree: (port: number) => boolean): number {
    const offset = hashFlow(this.#key, path.local, 0, path.remote, remotePort) >>> 0;
    for (let i = 0; i < COUNT; i++) {
      const port = FIRST + ((offset + this.#next++) % COUNT);
      if (isFree(port)) return port;
    }
    return 0;
  }
}
