import { type SliceQueue, type StreamProtocol, StreamWish } from '@immuable-net/octets';

/** Answers each HTTP/1.1 request head with one page of `size` octets: enough for curl and `openssl s_client`. */
export class PageProtocol implements StreamProtocol {
  wish: number = StreamWish.None;
  #head = '';
  readonly #page: Uint8Array;
  #left = 0;
  #heads: string[] = [];
  #ending = false;

  constructor(size: number) {
    this.#page = new Uint8Array(size).fill(0x61);
  }

  arrive(octets: Uint8Array, start: number, end: number): number {
    this.#head += Buffer.from(octets.slice(start, end)).toString('latin1');
    for (;;) {
      const at = this.#head.indexOf('\r\n\r\n');
      if (at === -1) return end - start;
      const closes = /HTTP\/1\.0|connection: close/i.test(this.#head.slice(0, at));
      this.#head = this.#head.slice(at + 4);
      this.#heads.push(
        `HTTP/1.1 200 OK\r\nContent-Length: ${this.#page.length}\r\n${closes ? 'Connection: close\r\n' : ''}\r\n`,
      );
      if (closes) this.#ending = true;
    }
  }

  arriveEnd(): void {
    this.#ending = true;
    if (this.#left === 0 && this.#heads.length === 0) this.wish = StreamWish.End;
  }

  abort(): void {}

  emit(queue: SliceQueue, room: number): number {
    let made = 0;
    for (;;) {
      if (this.#left > 0) {
        const at = this.#page.length - this.#left;
        const length = Math.min(this.#left, room - made);
        queue.append(this.#page, at, at + length, undefined);
        this.#left -= length;
        made += length;
      }
      const head = this.#heads[0];
      if (this.#left > 0 || head === undefined || room - made < head.length) break;
      this.#heads.shift();
      const octets = Buffer.from(head, 'latin1');
      queue.append(octets, 0, octets.length, undefined);
      made += octets.length;
      this.#left = this.#page.length;
    }
    if (this.#ending && this.#left === 0 && this.#heads.length === 0) this.wish = StreamWish.End;
    return made;
  }

  timeoutsExpire(): void {}

  nextTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }
}
