import { formatDate, HttpVersion, type ResponseLog, type ResponseRecord } from '@immuable-net/http';

/** How a response is written down: nginx's and Apache's `combined`, or one JSON object a line. */
export type AccessLogFormat = 'combined' | 'json';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Octets of one logged text: what a client sends is bounded by the parser, a log line by this. */
const TEXT_LIMIT = 2048;

/** Writes what responses left in a {@link ResponseLog}, in batches, one line each. */
export class AccessLog {
  readonly #records: ResponseLog;
  readonly #format: AccessLogFormat;
  readonly #epochMs: () => number;
  readonly #write: (lines: string) => void;
  #lostTold: number;

  /**
   * @param epochMs milliseconds since 1970 when the stack's clock showed 0
   * @param write takes whole lines
   */
  constructor(records: ResponseLog, format: AccessLogFormat, epochMs: () => number, write: (lines: string) => void) {
    this.#records = records;
    this.#format = format;
    this.#epochMs = epochMs;
    this.#write = write;
    this.#lostTold = 0;
  }

  /** Writes what waits. Call now and then, and once at the end. Returns how many records were lost since the last call. */
  flush(): number {
    if (this.#records.length > 0) {
      const epochMs = this.#epochMs();
      let lines = '';
      for (const record of this.#records.take()) {
        lines += this.#format === 'json' ? jsonLine(record, epochMs) : combinedLine(record, epochMs);
      }
      this.#write(lines);
    }
    const lost = this.#records.lost - this.#lostTold;
    this.#lostTold = this.#records.lost;
    return lost;
  }
}

/** `client - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 2326 "referer" "user agent"`. */
export function combinedLine(record: ResponseRecord, epochMs: number): string {
  const request = `${escaped(record.method)} ${escaped(record.target)} ${versionName(record.version)}`;
  const tail = `"${escaped(record.referer ?? '-')}" "${escaped(record.userAgent ?? '-')}"`;
  return `${record.client.address} - - [${commonDate(epochMs + record.endedAt)}] "${request}" ${record.status} ${record.octets} ${tail}\n`;
}

/** One JSON object: what `combined` has, and duration, authority, completeness and TLS facts. */
export function jsonLine(record: ResponseRecord, epochMs: number): string {
  const tls = record.client.tls;
  return `${JSON.stringify({
    time: isoDate(epochMs + record.endedAt),
    client: record.client.address,
    port: record.client.port,
    method: record.method,
    target: record.target.slice(0, TEXT_LIMIT),
    authority: record.authority,
    version: versionName(record.version),
    status: record.status,
    octets: record.octets,
    ms: Math.round((record.endedAt - record.startedAt) * 1000) / 1000,
    complete: record.complete,
    referer: record.referer?.slice(0, TEXT_LIMIT),
    userAgent: record.userAgent?.slice(0, TEXT_LIMIT),
    tls: tls && {
      version: tls.version,
      suite: tls.suite,
      group: tls.group,
      resumed: tls.resumed,
      alpn: tls.alpn,
      serverName: tls.serverName,
    },
  })}\n`;
}

function versionName(version: HttpVersion): string {
  return version === HttpVersion.Http2 ? 'HTTP/2.0' : version === HttpVersion.Http10 ? 'HTTP/1.0' : 'HTTP/1.1';
}

/** As nginx: quotes, backslashes, controls and octets above ASCII become \xHH, so that no line can be forged. */
function escaped(text: string): string {
  const cut = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must not reach a log
  return cut.replace(/["\\\u0000-\u001f\u007f-\uffff]/g, (character) => {
    const octet = character.charCodeAt(0) & 0xff;
    return `\\x${(octet < 16 ? '0' : '') + octet.toString(16).toUpperCase()}`;
  });
}

function commonDate(ms: number): string {
  // `Sun, 06 Nov 1994 08:49:37 GMT`
  const [, day = '', month = '', year = '', time = ''] = formatDate(Math.floor(ms / 1000)).split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function isoDate(ms: number): string {
  const [, day = '', month = '', year = '', time = ''] = formatDate(Math.floor(ms / 1000)).split(' ');
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  const fraction = String(Math.floor(ms) % 1000).padStart(3, '0');
  return `${year}-${number}-${day}T${time}.${fraction}Z`;
}
