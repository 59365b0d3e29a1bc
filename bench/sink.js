/**
 * Reads and discards what comes, with our stack on a tap whose incoming segments are lost at random.
 * Usage: sink.js TAP ADDRESS/PREFIX PORT LOSS   (LOSS is a probability)
 */
import { randomFillSync } from 'node:crypto';
import { FaultLink } from '@immuable-net/ethernet';
import { StreamWish } from '@immuable-net/octets';
import { NetworkStack, platformRandom, StackDriver } from '@immuable-net/stack';
import { openTap, TapLink } from '@immuable-net/tap';

const [name, prefix, port, loss] = process.argv.slice(2);
const [address, prefixLength] = prefix.split('/');
const word = address.split('.').reduce((sum, octet) => (sum << 8) | Number(octet), 0);
// Without offload a fault hits one segment.
const { queue } = openTap({
  name,
  offload: false,
  hostSide: { address: word, prefixLength: Number(prefixLength) },
});
const link = new FaultLink(new TapLink(queue), {
  receive: { loss: Number(loss), queue: 100_000 },
  random: (octets, start, end) => randomFillSync(octets, start, end - start),
  clock: () => performance.now(),
});

/** Discards everything, and ends when its peer does. */
class Discard {
  wish = StreamWish.None;
  arrive(_octets, start, end) {
    return end - start;
  }
  arriveEnd() {
    this.wish = StreamWish.End;
  }
  abort() {}
  emit() {
    return 0;
  }
  timeoutsExpire() {}
  nextTimeout() {
    return Number.POSITIVE_INFINITY;
  }
}

const stack = new NetworkStack({ link, addresses: [prefix], random: platformRandom });
stack.serve({ port: Number(port), accept: () => new Discard() });
const driver = new StackDriver(stack);
process.on('SIGTERM', () => {
  driver.close();
  stack.close(performance.now());
  process.exit(0);
});
