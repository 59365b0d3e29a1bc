const METHODS: readonly string[] = [
  'GET /',
  'HEAD ',
  'POST ',
  'PUT /',
  'DELET',
  'OPTIO',
  'TRACE',
  'CONNE',
  'PATCH',
  'PRI *',
];

const BODY = 'This port speaks HTTPS. Use https:// in the address.\n';

/** Whether the first five octets of a connection begin an HTTP request. No TLS record begins so. */
export function isHttpRequest(octets: Uint8Array, at: number): boolean {
  let text = '';
  for (let i = 0; i < 5; i++) text += String.fromCharCode(octets[at + i]!);
  return METHODS.includes(text);
}

/** The answer, in clear, that a person can read. */
export const PLAIN_HTTP_ANSWER: Uint8Array = latin1(
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n' +
    `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`,
);

function latin1(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i);
  return octets;
}
