import { DATE_OCTETS, type DateClock } from './date-clock.ts';
import { phraseOf } from './status.ts';

/** Which connection options an HTTP/1 head carries beside its fields. */
export const ConnectionOption = {
  /** None: persistent by default (HTTP/1.1). */
  None: 0,
  /** `Connection: close`. */
  Close: 1,
  /** `Connection: keep-alive`, for a client of HTTP/1.0 that asked for it. */
  KeepAlive: 2,
} as const;

/** One of {@link ConnectionOption}. */
export type ConnectionOption = (typeof ConnectionOption)[keyof typeof ConnectionOption];

/** A field of a response: name in lower case, value; one character an octet. */
export type ResponseField = readonly [name: string, value: string];

const OPTION_LINES = ['', 'connection: close\r\n', 'connection: keep-alive\r\n'];

/**
 * Status and fields of a response, immutable, with its encodings cached: made once for each answer that a site
 * can give and then used by every connection. Date and connection options are not among the fields: the framing
 * adds them. Content-Length is, when there is one.
 */
export class ResponseHead {
  readonly status: number;
  readonly fields: readonly ResponseField[];
  /** For http2/: its own cached encoding. */
  http2: unknown;
  readonly #templates: (Uint8Array | undefined)[];
  readonly #dateAt: number;
  readonly #encoded: (Uint8Array | undefined)[];
  readonly #seconds: number[];

  constructor(status: number, fields: readonly ResponseField[]) {
    this.status = status;
    this.fields = fields;
    this.http2 = undefined;
    this.#templates = [undefined, undefined, undefined];
    // `HTTP/1.1 200 OK\r\ndate: `
    this.#dateAt = 13 + phraseOf(status).length + 2 + 6;
    this.#encoded = [undefined, undefined, undefined];
    this.#seconds = [-1, -1, -1];
  }

  /** The value of a field, or `undefined`. */
  get(name: string): string | undefined {
    for (const [each, value] of this.fields) if (each === name) return value;
    return undefined;
  }

  /**
   * The head as HTTP/1.1 octets, from the status line to the empty line, for the second that `clock` shows.
   * Never changed afterwards: may be sent by reference. A new array is made at most once a second.
   */
  http1(clock: DateClock, option: ConnectionOption): Uint8Array {
    const encoded = this.#encoded[option];
    if (encoded !== undefined && this.#seconds[option] === clock.second) return encoded;
    return this.#encode(clock, option);
  }

  #encode(clock: DateClock, option: ConnectionOption): Uint8Array {
    let template = this.#templates[option];
    if (template === undefined) {
      let text = `HTTP/1.1 ${this.status} ${phraseOf(this.status)}\r\ndate: ${'-'.repeat(DATE_OCTETS)}\r\n`;
      text += OPTION_LINES[option]!;
      for (const [name, value] of this.fields) text += `${name}: ${value}\r\n`;
      text += '\r\n';
      template = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) template[i] = text.charCodeAt(i);
      this.#templates[option] = template;
    }
    const octets = template.slice();
    octets.set(clock.octets, this.#dateAt);
    this.#encoded[option] = octets;
    this.#seconds[option] = clock.second;
    return octets;
  }
}
