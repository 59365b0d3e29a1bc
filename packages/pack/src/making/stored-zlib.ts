import { adler32 } from '../adler32.ts';
import { STORED_RUN_OCTETS } from '../parameters.ts';

/**
 * Writes a zlib stream of stored blocks (RFC 1951 §3.2.4), each of 65,535 octets but the last: the plain octets
 * then stand in the archive where arithmetic finds them.
 */
export class StoredZlib {
  readonly #length: number;
  #position: number;
  #adler: number;

  /** The stream will hold `length` octets. */
  constructor(length: number) {
    this.#length = length;
    this.#position = 0;
    this.#adler = 1;
  }

  /** Takes the next octets, and gives `take` pieces of the stream. */
  write(octets: Uint8Array, take: (piece: Uint8Array) => void): void {
    // RFC 1950 §2.2: deflate with a window of 32 KiB, the fastest level.
    if (this.#position === 0) take(Uint8Array.of(0x78, 0x01));
    let at = 0;
    do {
      const left = this.#length - this.#position;
      if (this.#position % STORED_RUN_OCTETS === 0)
        take(storedHead(Math.min(left, STORED_RUN_OCTETS), left <= STORED_RUN_OCTETS));
      const room = STORED_RUN_OCTETS - (this.#position % STORED_RUN_OCTETS);
      const piece = octets.subarray(at, at + room);
      take(piece);
      at += piece.length;
      this.#position += piece.length;
    } while (at < octets.length);
    this.#adler = adler32(octets, 0, octets.length, this.#adler);
    if (this.#position === this.#length) {
      const sum = this.#adler;
      take(Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum));
    }
  }
}

function storedHead(length: number, last: boolean): Uint8Array {
  return Uint8Array.of(last ? 1 : 0, length, length >>> 8, ~length, ~length >>> 8);
}

/** The zlib stream of stored blocks of these octets. */
export function storedZlib(octets: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  new StoredZlib(octets.length).write(octets, (piece) => {
    pieces.push(piece);
    length += piece.length;
  });
  const stream = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    stream.set(piece, at);
    at += piece.length;
  }
  return stream;
}
