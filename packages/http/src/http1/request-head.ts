import type { HttpVersion } from '../semantics/index.ts';
import { HeadFields } from './head-fields.ts';

/** What a head says about its request and the framing of it, once {@link parseRequestHead} found nothing to refuse. */
export class RequestHead {
  method: string;
  target: string;
  authority: string;
  version: HttpVersion;
  readonly fields: HeadFields;
  /** Octets of sized content (RFC 9112 §6.2); 0 when there is none or it is chunked. */
  contentLength: number;
  /** The content is chunked (RFC 9112 §7.1). */
  chunked: boolean;
  /** Whether the connection stays after the response (RFC 9112 §9.3). */
  persistent: boolean;
  /** `Expect: 100-continue` (RFC 9110 §10.1.1). */
  expectsContinue: boolean;

  constructor() {
    this.method = '';
    this.target = '';
    this.authority = '';
    this.version = 11;
    this.fields = new HeadFields();
    this.contentLength = 0;
    this.chunked = false;
    this.persistent = true;
    this.expectsContinue = false;
  }
}
