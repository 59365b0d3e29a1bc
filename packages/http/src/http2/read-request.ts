import type { FieldList } from '../hpack/index.ts';
import { type ClientFacts, Fields, type HttpRequest, HttpVersion, isAuthority, isToken } from '../semantics/index.ts';
import { FieldKind, FieldMark, KIND_SHIFT, markOf } from './field-mark.ts';
import { parsePriority } from './priority.ts';

/** A request as a field block gave it. */
export class Http2Request implements HttpRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly target: string;
  readonly version: HttpVersion;
  readonly fields: Fields;
  readonly hasContent: boolean;
  readonly client: ClientFacts;
  /** Content-Length; -1 when there is none. */
  readonly declared: number;
  /** The Priority field as `parsePriority` gives it; -1 when there is none. */
  readonly priority: number;
  /** The client waits to be told to go on (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;

  constructor(
    method: string,
    scheme: string,
    authority: string,
    target: string,
    fields: Fields,
    hasContent: boolean,
    client: ClientFacts,
    declared: number,
    priority: number,
    expectsContinue: boolean,
  ) {
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.target = target;
    this.version = HttpVersion.Http2;
    this.fields = fields;
    this.hasContent = hasContent;
    this.client = client;
    this.declared = declared;
    this.priority = priority;
    this.expectsContinue = expectsContinue;
  }
}

/** RFC 3986 §3.1. */
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
/** What RFC 3986 allows in path and query, and what browsers leave unescaped: all that is printed in ASCII but `#`. */
const PATH = /^\/[!"$-~]*$/;
const LENGTH = /^[0-9]{1,15}$/;

/**
 * Makes a request of a decoded field list, which holds all of its fields. `undefined` when it is malformed: the stream
 * error PROTOCOL_ERROR (RFC 9113 §8.1.1).
 *
 * @param scheme of the connection
 * @param endStream no content follows
 */
export function readRequest(
  list: FieldList,
  scheme: string,
  client: ClientFacts,
  endStream: boolean,
): Http2Request | undefined {
  let method: string | undefined;
  let saidScheme: string | undefined;
  let authority: string | undefined;
  let path: string | undefined;
  let host: string | undefined;
  let cookie: string | undefined;
  let declared = -1;
  let priority: string | undefined;
  let expectsContinue = false;
  let regular = false;
  const fields = new Fields();
  for (let i = 0; i < list.count; i++) {
    const field = list.at(i);
    const mark = markOf(field);
    if ((mark & (FieldMark.Malformed | FieldMark.ConnectionSpecific)) !== 0) return undefined;
    const value = field.value;
    if ((mark & FieldMark.Pseudo) !== 0) {
      // RFC 9113 §8.3: before all others.
      if (regular) return undefined;
      switch (mark >> KIND_SHIFT) {
        case FieldKind.Method:
          if (method !== undefined) return undefined;
          method = value;
          break;
        case FieldKind.Scheme:
          if (saidScheme !== undefined) return undefined;
          saidScheme = value;
          break;
        case FieldKind.Authority:
          if (authority !== undefined) return undefined;
          authority = value;
          break;
        case FieldKind.Path:
          if (path !== undefined) return undefined;
          path = value;
          break;
        default:
          // RFC 9113 §8.3: undefined for requests, or undefined at all.
          return undefined;
      }
      continue;
    }
    regular = true;
    switch (mark >> KIND_SHIFT) {
      case FieldKind.Host:
        if (host !== undefined) return undefined;
        host = value;
        break;
      case FieldKind.ContentLength:
        // RFC 9110 §8.6: one number, and no second field that says another.
        if (!LENGTH.test(value) || (declared >= 0 && declared !== Number(value))) return undefined;
        declared = Number(value);
        break;
      case FieldKind.Cookie:
        // RFC 9113 §8.2.3: crumbs are put together again.
        cookie = cookie === undefined ? value : `${cookie}; ${value}`;
        continue;
      case FieldKind.Expect:
        if (value.toLowerCase() === '100-continue') expectsContinue = true;
        break;
      case FieldKind.Priority:
        priority = priority === undefined ? value : `${priority}, ${value}`;
        break;
      default:
        break;
    }
    fields.append(field.name, value);
  }
  if (cookie !== undefined) fields.append('cookie', cookie);
  if (method === undefined || !isToken(method)) return undefined;
  if (method === 'CONNECT') {
    // RFC 9113 §8.5.
    if (saidScheme !== undefined || path !== undefined || authority === undefined) return undefined;
  } else {
    // RFC 9113 §8.3.1.
    if (saidScheme === undefined || !SCHEME.test(saidScheme)) return undefined;
    if (path === undefined || !(PATH.test(path) || (path === '*' && method === 'OPTIONS'))) return undefined;
  }
  // RFC 9113 §8.3.1: one of them must be there, neither may be empty or hold userinfo, and they may not differ.
  const named = authority ?? host;
  if (named === undefined || named === '' || !isAuthority(named)) return undefined;
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return undefined;
  // RFC 9113 §8.1.1: a Content-Length that the content cannot have.
  if (endStream && declared > 0) return undefined;
  return new Http2Request(
    method,
    scheme,
    named,
    path ?? named,
    fields,
    !endStream,
    client,
    declared,
    priority === undefined ? -1 : parsePriority(priority),
    expectsContinue && !endStream,
  );
}

/** Whether a field list is good as trailers (RFC 9113 §8.1): the rules of fields, and no pseudo-header field. */
export function areTrailers(list: FieldList): boolean {
  for (let i = 0; i < list.count; i++) {
    const mark = markOf(list.at(i));
    if ((mark & (FieldMark.Malformed | FieldMark.ConnectionSpecific | FieldMark.Pseudo)) !== 0) return false;
  }
  return true;
}
