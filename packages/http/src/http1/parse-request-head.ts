import { areAll, Character, HttpVersion, is, isAuthority, latin1, listMembers } from '../semantics/index.ts';
import type { Http1Failure } from './http1-failure.ts';
import type { Http1Parameters } from './parameters.ts';
import type { RequestHead } from './request-head.ts';

const SP = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const CR = 0x0d;
const ZERO = 0x30;

/**
 * Parses a request line and its fields (RFC 9112 §3, §5): `octets[start, end)`, from the first octet of the request line to
 * the empty line, as {@link HeadScanner} found it (so every line ends in CRLF and holds no control but HTAB).
 * Fills `head`, which must be new. Returns why the request is refused, or `undefined`; what was read before a
 * refusal (method, target) stands in `head` for a log.
 */
export function parseRequestHead(
  octets: Uint8Array,
  start: number,
  end: number,
  parameters: Http1Parameters,
  head: RequestHead,
): Http1Failure | undefined {
  head.fields.begin(octets);
  let lineEnd = octets.indexOf(CR, start);
  if (lineEnd - start > parameters.requestLineOctets) return 'requestLineTooLong';
  let failure = parseRequestLine(octets, start, lineEnd, head);
  if (failure !== undefined) return failure;
  if (end - lineEnd - 4 > parameters.fieldsOctets) return 'fieldsTooLarge';

  let lines = 0;
  let at = lineEnd + 2;
  while (octets[at]! !== CR) {
    lineEnd = octets.indexOf(CR, at);
    if (++lines > parameters.fieldLines) return 'tooManyFields';
    failure = parseFieldLine(octets, at, lineEnd, head);
    if (failure !== undefined) return failure;
    at = lineEnd + 2;
  }
  return interpretHost(head) ?? interpretFraming(head) ?? interpretExpectation(head) ?? interpretConnection(head);
}

// RFC 9112 §3: request-line = method SP request-target SP HTTP-version, single spaces.
function parseRequestLine(octets: Uint8Array, start: number, end: number, head: RequestHead): Http1Failure | undefined {
  let at = start;
  while (at < end && is(octets[at]!, Character.Token)) at++;
  if (at === start || at === end || octets[at]! !== SP) return 'malformedRequestLine';
  head.method = latin1(octets, start, at);

  const targetStart = at + 1;
  at = targetStart;
  while (at < end && octets[at]! !== SP) at++;
  if (at === targetStart || at === end) return 'malformedRequestLine';
  head.target = latin1(octets, targetStart, at);
  if (!areAll(octets, targetStart, at, Character.Target)) return 'malformedTarget';

  // §2.3: HTTP-name "/" DIGIT "." DIGIT, case-sensitive.
  const version = latin1(octets, at + 1, end);
  if (!/^HTTP\/\d\.\d$/.test(version)) return 'malformedVersion';
  if (version.charCodeAt(5) !== 0x31) return 'versionNotSupported';
  // §2.5 of RFC 9110: a higher minor version is taken for the highest that we know.
  head.version = version.charCodeAt(7) === ZERO ? HttpVersion.Http10 : HttpVersion.Http11;
  return undefined;
}

// RFC 9112 §5: field-line = field-name ":" OWS field-value OWS
function parseFieldLine(octets: Uint8Array, start: number, end: number, head: RequestHead): Http1Failure | undefined {
  const first = octets[start]!;
  if (first === SP || first === TAB) return 'foldedLine';
  let at = start;
  while (at < end && is(octets[at]!, Character.Token)) at++;
  if (at === start || at === end || octets[at]! !== COLON) return 'malformedFieldLine';
  const nameEnd = at;
  let from = at + 1;
  let to = end;
  while (from < to && (octets[from]! === SP || octets[from]! === TAB)) from++;
  while (to > from && (octets[to - 1]! === SP || octets[to - 1]! === TAB)) to--;
  if (!areAll(octets, from, to, Character.FieldValue)) return 'malformedFieldValue';
  head.fields.append(start, nameEnd, from, to);
  return undefined;
}

// RFC 9112 §3.2, §3.3 and RFC 9110 §7.2.
function interpretHost(head: RequestHead): Http1Failure | undefined {
  const hosts = head.fields.count('host');
  if (hosts > 1) return 'hostRepeated';
  const host = head.fields.get('host');
  if (host === undefined && head.version !== HttpVersion.Http10) return 'hostMissing';
  if (host !== undefined && !isAuthority(host)) return 'malformedHost';
  head.authority = host ?? '';

  const target = head.target;
  if (head.method === 'CONNECT') {
    // §3.2.3: authority-form, with a port.
    if (!isAuthority(target) || !/:\d+$/.test(target)) return 'malformedTarget';
    head.authority = target;
    return undefined;
  }
  if (target.charCodeAt(0) === 0x2f) return undefined;
  // §3.2.4: asterisk-form, for OPTIONS alone.
  if (target === '*') return head.method === 'OPTIONS' ? undefined : 'malformedTarget';
  // §3.2.2: absolute-form; its authority replaces Host.
  const absolute = /^https?:\/\/([^/?]*)([^?]*)(.*)$/i.exec(target);
  if (absolute === null || absolute[1] === '' || !isAuthority(absolute[1]!)) return 'malformedTarget';
  head.authority = absolute[1]!;
  if (absolute[2] === '' && absolute[3] === '' && head.method === 'OPTIONS') head.target = '*';
  else head.target = `${absolute[2] === '' ? '/' : absolute[2]!}${absolute[3]!}`;
  return undefined;
}

// RFC 9112 §6.1, §6.2, §6.3: what could be read in two ways is refused.
function interpretFraming(head: RequestHead): Http1Failure | undefined {
  const { fields } = head;
  const lengths = fields.count('content-length');
  const coding = fields.get('transfer-encoding');
  if (coding !== undefined) {
    if (lengths > 0) return 'lengthWithTransferCoding';
    if (head.version === HttpVersion.Http10) return 'transferCodingInHttp10';
    const codings = listMembers(coding.toLowerCase());
    const last = codings.pop();
    if (last === undefined || codings.includes('chunked')) return 'malformedTransferCoding';
    if (last !== 'chunked') {
      // A known coding that is not followed by chunked leaves the length open (§6.3, rule 4): 400.
      return /^(?:gzip|x-gzip|deflate|compress|x-compress)$/.test(last)
        ? 'malformedTransferCoding'
        : 'transferCodingNotImplemented';
    }
    if (codings.length > 0) return 'transferCodingNotImplemented';
    head.chunked = true;
    return undefined;
  }
  if (lengths === 0) return undefined;
  const length = fields.get('content-length')!;
  if (lengths > 1 || length.includes(',')) return 'lengthRepeated';
  if (!/^\d+$/.test(length)) return 'malformedLength';
  const value = Number(length);
  // More than can be counted is more than can be taken.
  if (!Number.isSafeInteger(value)) return 'contentTooLarge';
  head.contentLength = value;
  return undefined;
}

// RFC 9110 §10.1.1: ignored in HTTP/1.0.
function interpretExpectation(head: RequestHead): Http1Failure | undefined {
  if (head.version === HttpVersion.Http10) return undefined;
  const expectation = head.fields.get('expect');
  if (expectation === undefined) return undefined;
  for (const member of listMembers(expectation)) {
    if (member.toLowerCase() !== '100-continue') return 'expectationFailed';
  }
  head.expectsContinue = head.chunked || head.contentLength > 0;
  return undefined;
}

// RFC 9112 §9.3.
function interpretConnection(head: RequestHead): undefined {
  head.persistent = head.version !== HttpVersion.Http10;
  const connection = head.fields.get('connection');
  if (connection === undefined) return;
  for (const member of listMembers(connection)) {
    const option = member.toLowerCase();
    if (option === 'close') {
      head.persistent = false;
      return;
    }
    if (option === 'keep-alive') head.persistent = true;
  }
}
