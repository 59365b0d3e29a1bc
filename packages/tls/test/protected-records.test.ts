import { SliceQueue } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { suiteOf } from '../src/cipher-suite.ts';
import { nodeCryptography, type TlsServer } from '../src/index.ts';
import { RecordProtection } from '../src/record-protection.ts';
import { sealRecord } from '../src/record-sealer.ts';
import { EchoProtocol } from './support/echo-protocol.ts';
import { message, octets, record } from './support/hello.ts';
import { clientOptions, drain, feed, Pair, serverSettings } from './support/pair.ts';

/** A connected server, and a way to seal any record as its client would. */
function connected(): { server: TlsServer; send: (type: number, content: Uint8Array, padding?: number) => void } {
  const lines: string[] = [];
  const options = clientOptions();
  const quiet = new (class extends EchoProtocol {
    override emit(): number {
      return 0;
    }
  })();
  const pair = new Pair(serverSettings({ chooseProtocol: () => quiet }), {
    ...options,
    suites: [0x1301],
    resources: { ...options.resources, keyLog: (line) => lines.push(line) },
  }).run();
  const secret = Buffer.from(lines.find((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0'))!.split(' ')[2]!, 'hex');
  const protection = new RecordProtection(nodeCryptography, suiteOf(0x1301)!, secret);
  return {
    server: pair.server,
    send(type, content, padding = 0) {
      const queue = new SliceQueue();
      queue.append(content, 0, content.length, undefined);
      const output = new Uint8Array(content.length + padding + 22);
      sealRecord(protection, type, queue, 0, content.length, padding, output, 0);
      feed(pair.server, output, output.length);
    },
  };
}

/** The failure after these records. */
function after(...records: [type: number, content: Uint8Array, padding?: number][]): string | undefined {
  const { server, send } = connected();
  for (const one of records) send(...one);
  return server.failure?.code;
}

const KEY_UPDATE = message(24, 0);

describe('protected records', () => {
  it('may be padded', () => {
    const { server, send } = connected();
    send(23, octets(0x68, 0x69), 100);
    send(23, octets(0x21), 16384 - 1);
    expect((server.inner as EchoProtocol).received).toBe('hi!');
    expect(server.failure).toBeUndefined();
  });

  it.each<[string, string | undefined, [number, Uint8Array, number?][]]>([
    ['with a content type of zero', 'unexpected_content_type', [[0, octets()]]],
    ['all padding', 'unexpected_content_type', [[0, new Uint8Array(50), 40]]],
    ['of an unknown type', 'unexpected_content_type', [[24, octets(1)]]],
    ['of change_cipher_spec', 'misplaced_change_cipher_spec', [[20, octets(1)]]],
    ['empty, of a handshake', 'empty_record', [[22, octets()]]],
    ['empty, of an alert', 'empty_record', [[21, octets()]]],
    ['empty, of application data', undefined, [[23, octets()]]],
    ['empty, of application data, 33 times', 'too_many_empty_records', new Array(33).fill([23, octets()])],
    ['too long inside', 'record_overflow', [[23, new Uint8Array(16385)]]],
    ['too long by padding', 'record_overflow', [[23, octets(1), 16384]]],
    ['with a cut alert', 'malformed_alert', [[21, octets(1)]]],
    ['with two alerts', 'malformed_alert', [[21, octets(1, 90, 1, 0)]]],
    ['with an unknown alert, a warning', 'peer_alert', [[21, octets(1, 99)]]],
    ['with user_canceled', undefined, [[21, octets(1, 90)]]],
    ['with user_canceled five times', 'too_many_warnings', new Array(5).fill([21, octets(1, 90)])],
    ['with a message unknown to servers', 'unexpected_message', [[22, message(4, new Uint8Array(20))]]],
    ['with another ClientHello', 'unexpected_message', [[22, message(1, new Uint8Array(50))]]],
    ['with EndOfEarlyData', 'unexpected_message', [[22, message(5)]]],
    ['with a KeyUpdate of 2', 'illegal_parameter', [[22, message(24, 2)]]],
    ['with a KeyUpdate of two octets', 'decode_error', [[22, message(24, 0, 0)]]],
    ['with an empty KeyUpdate', 'decode_error', [[22, message(24)]]],
    ['with two KeyUpdates in one', 'message_across_key_change', [[22, octets(KEY_UPDATE, KEY_UPDATE)]]],
    [
      'under the old key after a KeyUpdate',
      'bad_record_mac',
      [
        [22, KEY_UPDATE],
        [23, octets(1)],
      ],
    ],
    [
      'with data inside a message',
      'interleaved_handshake',
      [
        [22, KEY_UPDATE.subarray(0, 3)],
        [23, octets(1)],
      ],
    ],
    [
      'with an alert inside a message',
      'interleaved_handshake',
      [
        [22, KEY_UPDATE.subarray(0, 3)],
        [21, octets(1, 0)],
      ],
    ],
  ])('%s', (_name, code, records) => {
    expect(after(...records)).toBe(code);
  });

  it('may cut a KeyUpdate', () => {
    expect(after([22, KEY_UPDATE.subarray(0, 2)], [22, KEY_UPDATE.subarray(2)])).toBeUndefined();
  });

  it('are all there is: nothing comes in clear', () => {
    for (const type of [21, 22]) {
      const { server } = connected();
      feed(server, record(type, octets(1, 0)), 7);
      expect(server.failure?.code).toBe('unprotected_record');
    }
  });

  it('do not open when altered', () => {
    const { server } = connected();
    feed(server, record(23, new Uint8Array(64)), 69);
    expect(server.failure).toEqual({ code: 'bad_record_mac', alert: 20 });
    expect(drain(server)[0]).toBe(23); // the alert goes under our key
  });

  it('are ignored once the peer has said close_notify', () => {
    const { server, send } = connected();
    send(21, octets(1, 0));
    send(23, octets(0x78));
    expect(server.failure).toBeUndefined();
    expect((server.inner as EchoProtocol).received).toBe('');
  });

  it('wait where the protocol above does not take them', () => {
    const slow = new EchoProtocol(10);
    const talk = new EchoProtocol();
    talk.arrive(new Uint8Array(100).fill(0x61), 0, 100);
    const listening = new (class extends EchoProtocol {
      override emit(queue: SliceQueue, room: number): number {
        return this.received === '' ? super.emit(queue, room) : 0;
      }
    })();
    listening.arrive(new Uint8Array(100).fill(0x61), 0, 100);
    listening.received = '';
    const pair = new Pair(
      serverSettings({ chooseProtocol: () => slow }),
      clientOptions({ chooseProtocol: () => listening }),
    );
    pair.run();
    for (let i = 0; i < 20; i++) pair.run();
    expect(slow.received.length).toBe(100);
    expect(listening.received.length).toBe(100);
  });
});
