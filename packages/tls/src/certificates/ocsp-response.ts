import { CertificateError } from './certificate-error.ts';
import { type DerElement, readDer, readDerSequence } from './der.ts';

const GENERALIZED_TIME = 0x18;
const NEXT_UPDATE = 0xa0;

/**
 * Checks that octets are an OCSP response worth stapling (RFC 6960 §4.2.1): successful, and not past its
 * nextUpdate. Clients verify its signature. Throws {@link CertificateError}.
 */
export function checkOcspResponse(octets: Uint8Array, unixMs: number): void {
  const outer = readDer(octets, 0, octets.length);
  const parts = outer?.tag === 0x30 && outer.end === octets.length ? children(octets, outer) : undefined;
  const status = parts?.[0];
  if (parts === undefined || status?.tag !== 0x0a || status.end - status.start !== 1) {
    throw new CertificateError('bad_ocsp', 'the OCSP response cannot be read: it must be DER');
  }
  if (octets[status.start] !== 0) {
    throw new CertificateError('bad_ocsp', `the OCSP response is an error, status ${octets[status.start]}`);
  }
  const until = nextUpdate(octets, parts[1]);
  if (until !== undefined && until < unixMs) {
    throw new CertificateError('bad_ocsp', `the OCSP response is out of date since ${new Date(until).toISOString()}`);
  }
}

function children(octets: Uint8Array, element: DerElement | undefined): DerElement[] | undefined {
  return element === undefined ? undefined : readDerSequence(octets, element.start, element.end);
}

/** nextUpdate of the first single response, milliseconds since 1970; undefined where it has none. */
function nextUpdate(octets: Uint8Array, responseBytes: DerElement | undefined): number | undefined {
  // [0] { SEQUENCE { OID, OCTET STRING { BasicOCSPResponse } } }
  const wrapped = children(octets, children(octets, responseBytes)?.[0])?.[1];
  const basic = children(octets, wrapped)?.[0];
  const data = children(octets, children(octets, basic)?.[0]);
  // ResponseData: [0] version?, responder, producedAt, SEQUENCE OF SingleResponse, …
  const responses = data?.find((one, index) => one.tag === 0x30 && data[index - 1]?.tag === GENERALIZED_TIME);
  const single = children(octets, children(octets, responses)?.[0]);
  const next = children(
    octets,
    single?.find((one, index) => one.tag === NEXT_UPDATE && single[index - 1]?.tag === GENERALIZED_TIME),
  )?.[0];
  if (next?.tag !== GENERALIZED_TIME) return undefined;
  const text = String.fromCharCode(...octets.subarray(next.start, next.end));
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return m === null ? undefined : Date.UTC(+m[1]!, +m[2]! - 1, +m[3]!, +m[4]!, +m[5]!, +m[6]!);
}
