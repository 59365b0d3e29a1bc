import type { ClientFacts, HttpVersion } from './http-request.ts';

/** One response that was sent, or that ended early: what an access log prints. */
export interface ResponseRecord {
  readonly client: ClientFacts;
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly version: HttpVersion;
  readonly status: number;
  /** Octets of content that were given to the connection. */
  readonly octets: number;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  /** When the head of the request was complete, and when the last octet of the response was given to the connection: monotonic milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Whether all of the response was given to the connection. */
  readonly complete: boolean;
}

/** Where connections leave their records; whoever writes the log takes them. Bounded: what does not fit is counted. */
export class ResponseLog {
  /** Records that were lost because nobody took them in time. */
  lost: number;
  readonly #limit: number;
  #records: ResponseRecord[];

  constructor(limit: number = 65_536) {
    this.lost = 0;
    this.#limit = limit;
    this.#records = [];
  }

  /** How many records wait. */
  get length(): number {
    return this.#records.length;
  }

  add(record: ResponseRecord): void {
    if (this.#records.length < this.#limit) this.#records.push(record);
    else this.lost++;
  }

  /** All records that wait, oldest first; the log is then empty. */
  take(): ResponseRecord[] {
    const records = this.#records;
    if (records.length > 0) this.#records = [];
    return records;
  }
}
