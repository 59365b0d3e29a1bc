import type { Http1Failure } from './http1-failure.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;

/**
 * Finds the end of a head, octet by octet as it comes, and refuses at the first octet what can stand in none:
 * bare CR, bare LF, other controls. It stops and goes on wherever the octets are split.
 */
export class HeadScanner {
  /** Where the octet to look at next stands, from the first octet of the head. */
  at: number;
  /** Where the line that is being looked at begins. */
  lineStart: number;
  /** Octets of the request line without its CRLF; -1 while it has not ended. */
  requestLineOctets: number;
  failure: Http1Failure | undefined;

  constructor() {
    this.at = 0;
    this.lineStart = 0;
    this.requestLineOctets = -1;
    this.failure = undefined;
  }

  /** Begins with a new head. */
  reset(): void {
    this.at = 0;
    this.lineStart = 0;
    this.requestLineOctets = -1;
    this.failure = undefined;
  }

  /**
   * Looks at the octets of a head that begins at `start`, from where it stopped up to `end`. Returns the
   * octets of the head up to and with its empty line, 0 when it does not end here, -1 when {@link failure} says
   * why there is none. The request line is not empty: empty lines before it are skipped by the caller.
   */
  scan(octets: Uint8Array, start: number, end: number): number {
    let lineStart = start + this.lineStart;
    for (let at = start + this.at; at < end; at++) {
      const octet = octets[at]!;
      if (octet >= SP || octet === TAB) continue;
      if (octet !== CR) return this.#fail(octet === LF ? 'bareLineFeed' : 'controlOctet');
      if (at + 1 === end) {
        this.at = at - start;
        this.lineStart = lineStart - start;
        return 0;
      }
      if (octets[at + 1]! !== LF) return this.#fail('bareCarriageReturn');
      if (at === lineStart) return at + 2 - start;
      if (this.requestLineOctets < 0) this.requestLineOctets = at - start;
      lineStart = at + 2;
      at++;
    }
    this.at = end - start;
    this.lineStart = lineStart - start;
    return 0;
  }

  #fail(failure: Http1Failure): number {
    this.failure = failure;
    return -1;
  }
}
