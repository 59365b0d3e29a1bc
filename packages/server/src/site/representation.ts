import {
  type Body,
  CODING_NAMES,
  Coding,
  evaluatePreconditions,
  type FieldLines,
  type HttpResponse,
  ifRangeHolds,
  parseRange,
  type ResponseField,
  ResponseHead,
  Verdict,
} from '@immuable-net/http';
import { rangeResponse } from './range-response.ts';

/** A file's octets as one coding gives them: what a {@link Representation} is made of. */
export interface Content {
  readonly coding: Coding;
  readonly length: number;
  /** The entity tag, quotes included. */
  readonly tag: string;
  /** Whether one body serves every response, from anywhere: it holds no position. */
  readonly shared: boolean;
  /** A body of octets `[from, to)`; `undefined` when the archive is damaged there. */
  open(from: number, to: number): Body | undefined;
}

/** One representation of a file (RFC 9110 §3.2): fields, entity tag, octets; its answers are made once. */
export class Representation {
  readonly content: Content;
  /** Fields of a 200, Content-Length left out. */
  readonly #fields: readonly ResponseField[];
  readonly #contentType: string;
  readonly #okHead: ResponseHead;
  #get: HttpResponse | undefined;
  readonly #headOnly: HttpResponse;
  readonly #notModified: HttpResponse;

  /** @param fields those of the file, whatever the coding */
  constructor(content: Content, contentType: string, fields: readonly ResponseField[]) {
    this.content = content;
    this.#contentType = contentType;
    this.#fields = [
      ['etag', content.tag],
      ['accept-ranges', 'bytes'],
      ...(content.coding === Coding.Identity ? [] : [['content-encoding', CODING_NAMES[content.coding]!] as const]),
      ...fields,
    ];
    this.#okHead = new ResponseHead(200, [
      ['content-type', contentType],
      ['content-length', String(content.length)],
      ...this.#fields,
    ]);
    this.#get = undefined;
    this.#headOnly = { head: this.#okHead, body: undefined, reusable: true };
    // RFC 9110 §15.4.5: what a 200 would have had of these; no metadata that the client has already.
    const kept = /^(?:etag|cache-control|vary|expires|content-location|set-cookie|strict-transport-security)$/;
    this.#notModified = {
      head: new ResponseHead(
        304,
        this.#fields.filter(([name]) => kept.test(name)),
      ),
      body: undefined,
      reusable: true,
    };
  }

  /** The answer to a GET or HEAD; `undefined` when the archive is damaged there. */
  respond(fields: FieldLines, headOnly: boolean): HttpResponse | undefined {
    const { content } = this;
    switch (evaluatePreconditions(fields, content.tag)) {
      case Verdict.Failed:
        return {
          head: new ResponseHead(412, [['content-length', '0'], ...this.#fields]),
          body: undefined,
          reusable: false,
        };
      case Verdict.NotModified:
        return this.#notModified;
      default:
        break;
    }
    if (headOnly) return this.#headOnly;
    // RFC 9110 §14.2: Range is defined for GET alone.
    const range = fields.get('range');
    if (range !== undefined) {
      const condition = fields.get('if-range');
      if (condition === undefined || ifRangeHolds(condition, content.tag)) {
        const ranges = parseRange(range, content.length);
        if (ranges !== undefined && (ranges.length < 2 || content.shared)) {
          return rangeResponse(content, ranges, this.#contentType, this.#fields);
        }
      }
    }
    return this.whole();
  }

  /** The answer to a GET without conditions or ranges; `undefined` when the archive is damaged there. */
  whole(): HttpResponse | undefined {
    if (this.#get !== undefined) return this.#get;
    const body = this.content.open(0, this.content.length);
    if (body === undefined) return undefined;
    const response = { head: this.#okHead, body, reusable: this.content.shared };
    if (this.content.shared) this.#get = response;
    return response;
  }

  /** The same octets under another status (404): no entity tag, no ranges. */
  as(status: number, headOnly: boolean): HttpResponse | undefined {
    const body = headOnly ? undefined : this.content.open(0, this.content.length);
    if (!headOnly && body === undefined) return undefined;
    const head = new ResponseHead(status, [
      ['content-type', this.#contentType],
      ['content-length', String(this.content.length)],
      ...this.#fields.filter(([name]) => !/^(?:etag|accept-ranges)$/.test(name)),
    ]);
    return { head, body, reusable: false };
  }
}
