import { type SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';

/** Sends back what comes; ends when the peer does. Takes at most `most` octets before it has sent them. */
export class EchoProtocol implements StreamProtocol {
  wish: number = StreamWish.None;
  received = '';
  aborted = false;
  ended = false;
  readonly #waiting: Uint8Array[] = [];
  #held = 0;
  readonly #most: number;

  constructor(most = 1 << 20) {
    this.#most = most;
  }

  arrive(octets: Uint8Array, start: number, end: number): number {
    const taken = Math.min(end - start, this.#most - this.#held);
    if (taken > 0) this.#waiting.push(octets.slice(start, start + taken));
    this.#held += taken;
    this.received += Buffer.from(octets.slice(start, start + taken)).toString('latin1');
    return taken;
  }

  arriveEnd(): void {
    this.ended = true;
    if (this.#held === 0) this.wish = StreamWish.End;
  }

  abort(): void {
    this.aborted = true;
  }

  emit(queue: SliceQueue, room: number): number {
    let made = 0;
    while (this.#waiting.length > 0 && made < room) {
      const first = this.#waiting[0]!;
      const length = Math.min(first.length, room - made);
      queue.append(first, 0, length, undefined);
      if (length === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(length);
      made += length;
    }
    this.#held -= made;
    if (this.ended && this.#held === 0) this.wish = StreamWish.End;
    return made;
  }

  timeoutsExpire(): void {}

  nextTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }
}
