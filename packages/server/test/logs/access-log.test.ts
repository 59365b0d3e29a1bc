import { HttpVersion, ResponseLog, type ResponseRecord } from '@immuable-net/http';
import { describe, expect, it } from 'vitest';
import { AccessLog, combinedLine, jsonLine } from '../../src/logs/access-log.ts';

const record: ResponseRecord = {
  client: { address: '10.0.0.1', port: 4321, tls: undefined },
  method: 'GET',
  target: '/a?b',
  authority: 'example.org',
  version: HttpVersion.Http11,
  status: 200,
  octets: 2326,
  referer: undefined,
  userAgent: 'curl/8.0',
  startedAt: 1000,
  endedAt: 1002.5,
  complete: true,
};
/** 2000-10-10T13:55:35Z, when the monotonic clock showed nothing. */
const EPOCH = Date.UTC(2000, 9, 10, 13, 55, 35);

describe('the access log', () => {
  it('writes combined as nginx and Apache do', () => {
    expect(combinedLine(record, EPOCH)).toBe(
      '10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a?b HTTP/1.1" 200 2326 "-" "curl/8.0"\n',
    );
  });

  it('writes JSON that parses, with duration and time', () => {
    expect(JSON.parse(jsonLine(record, EPOCH))).toMatchObject({
      time: '2000-10-10T13:55:36.002Z',
      client: '10.0.0.1',
      target: '/a?b',
      status: 200,
      ms: 2.5,
    });
  });

  it('lets no client forge a line', () => {
    const forged = { ...record, userAgent: 'x"\n10.0.0.9 - - "GET /\u001b[31m\xff' };
    expect(combinedLine(forged, EPOCH)).toContain('"x\\x22\\x0A10.0.0.9 - - \\x22GET /\\x1B[31m\\xFF"\n');
    expect(jsonLine(forged, EPOCH).trim()).not.toContain('\n');
  });

  it('flushes whole lines in batches and tells what was lost', () => {
    const records = new ResponseLog(2);
    for (let i = 0; i < 3; i++) records.add(record);
    let written = '';
    const log = new AccessLog(
      records,
      'combined',
      () => EPOCH,
      (lines) => {
        written += lines;
      },
    );
    expect(log.flush()).toBe(1);
    expect(written.split('\n')).toHaveLength(3);
    expect(log.flush()).toBe(0);
  });
});
