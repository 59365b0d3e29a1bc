import { Character, is } from '../semantics/index.ts';
import type { Http1Failure } from './http1-failure.ts';
import type { Http1Parameters } from './parameters.ts';
import type { RequestContent } from './sized-content.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const COLON = 0x3a;
const SEMICOLON = 0x3b;

const State = {
  SizeFirst: 0,
  Size: 1,
  Extension: 2,
  SizeLineFeed: 3,
  Data: 4,
  DataCarriageReturn: 5,
  DataLineFeed: 6,
  TrailerStart: 7,
  TrailerName: 8,
  TrailerValue: 9,
  TrailerLineFeed: 10,
  EndLineFeed: 11,
  Done: 12,
} as const;

/** 2⁵² in hexadecimal has 14 digits: more cannot be counted, and is refused (RFC 9112 §7.1). */
const SIZE_DIGITS = 13;

/** Reads chunked content (RFC 9112 §7.1) with its extensions and trailers, and discards all of it. */
export class ChunkedContent implements RequestContent {
  /** Octets of chunk data seen. */
  octets: number;
  failure: Http1Failure | undefined;
  readonly #parameters: Http1Parameters;
  #state: number;
  #size: number;
  #digits: number;
  #extensionOctets: number;
  #trailerOctets: number;
  #trailerLines: number;

  constructor(parameters: Http1Parameters) {
    this.octets = 0;
    this.failure = undefined;
    this.#parameters = parameters;
    this.#state = State.SizeFirst;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionOctets = 0;
    this.#trailerOctets = 0;
    this.#trailerLines = 0;
  }

  /** Whether the last chunk and the trailer section were read. */
  get done(): boolean {
    return this.#state === State.Done;
  }

  /** @inheritdoc */
  arrive(octets: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.#state === State.Data) {
        const count = Math.min(this.#size, end - at);
        this.#size -= count;
        this.octets += count;
        at += count;
        if (this.octets > this.#parameters.contentOctets) {
          this.failure = 'contentTooLarge';
          return at - start;
        }
        if (this.#size === 0) this.#state = State.DataCarriageReturn;
        continue;
      }
      this.failure = this.#step(octets[at]!);
      at++;
      if (this.failure !== undefined || this.#state === State.Done) break;
    }
    return at - start;
  }

  #step(octet: number): Http1Failure | undefined {
    switch (this.#state) {
      case State.SizeFirst:
      case State.Size: {
        if (is(octet, Character.HexDigit)) {
          this.#size = this.#size * 16 + (octet <= 0x39 ? octet - 0x30 : (octet | 0x20) - 0x57);
          this.#state = State.Size;
          return ++this.#digits > SIZE_DIGITS ? 'malformedChunk' : undefined;
        }
        if (this.#state === State.SizeFirst) return 'malformedChunk';
        // §7.1.1: extensions; BWS before the semicolon is tolerated by none but the lenient.
        if (octet === SEMICOLON) this.#state = State.Extension;
        else if (octet === CR) this.#state = State.SizeLineFeed;
        else return 'malformedChunk';
        return undefined;
      }
      case State.Extension:
        if (octet === CR) this.#state = State.SizeLineFeed;
        else if (!is(octet, Character.FieldValue)) return 'malformedChunk';
        else if (++this.#extensionOctets > this.#parameters.chunkExtensionOctets) return 'chunkExtensionsTooLarge';
        return undefined;
      case State.SizeLineFeed:
        if (octet !== LF) return 'malformedChunk';
        this.#state = this.#size === 0 ? State.TrailerStart : State.Data;
        this.#digits = 0;
        return undefined;
      case State.DataCarriageReturn:
        if (octet !== CR) return 'malformedChunk';
        this.#state = State.DataLineFeed;
        return undefined;
      case State.DataLineFeed:
        if (octet !== LF) return 'malformedChunk';
        this.#state = State.SizeFirst;
        return undefined;
      default:
        return this.#trailer(octet);
    }
  }

  // RFC 9112 §7.1.2: trailer-section = *( field-line CRLF ), held to the limits of a head's fields.
  #trailer(octet: number): Http1Failure | undefined {
    if (++this.#trailerOctets > this.#parameters.fieldsOctets) return 'fieldsTooLarge';
    switch (this.#state) {
      case State.TrailerStart:
        if (octet === CR) {
          this.#state = State.EndLineFeed;
          return undefined;
        }
        if (octet === SP || octet === TAB) return 'foldedLine';
        if (!is(octet, Character.Token)) return 'malformedFieldLine';
        this.#state = State.TrailerName;
        return ++this.#trailerLines > this.#parameters.fieldLines ? 'tooManyFields' : undefined;
      case State.TrailerName:
        if (octet === COLON) this.#state = State.TrailerValue;
        else if (!is(octet, Character.Token)) return 'malformedFieldLine';
        return undefined;
      case State.TrailerValue:
        if (octet === CR) this.#state = State.TrailerLineFeed;
        else if (octet === LF) return 'bareLineFeed';
        else if (!is(octet, Character.FieldValue)) return 'malformedFieldValue';
        return undefined;
      case State.TrailerLineFeed:
        if (octet !== LF) return 'bareCarriageReturn';
        this.#state = State.TrailerStart;
        return undefined;
      default:
        if (octet !== LF) return 'bareCarriageReturn';
        this.#state = State.Done;
        return undefined;
    }
  }
}
