import { describe, expect, it } from 'vitest';
import { CLIENT_PREFACE, type ErrorCode } from '../../src/http2/index.ts';
import { frame, GET, type Lines, Peer, POST, u32 } from './peer.ts';

/** A connection error: GOAWAY with this code, nothing after it, and the end of the connection. */
function connectionError(peer: Peer, code: keyof typeof ErrorCode): void {
  const heard = peer.heard();
  expect(heard.at(-1)).toMatch(new RegExp(`^GOAWAY \\d+ ${code}$`));
  expect(peer.server.wish).not.toBe(0);
  expect(peer.server.idle).toBe(true);
  peer.send(frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
  expect(peer.heard()).toEqual([]);
}

/** A stream error: RST_STREAM with this code, and a connection that goes on. */
function streamError(peer: Peer, stream: number, code: keyof typeof ErrorCode): void {
  expect(peer.heard().filter((each) => each.startsWith('RST_STREAM'))).toEqual([`RST_STREAM ${stream} ${code}`]);
  peer.send(frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
  expect(peer.heard()).toEqual(['PING ACK']);
  expect(peer.server.wish).toBe(0);
}

/** An open stream: its request has content that has not ended. */
function open(stream: number = 1): Peer {
  const peer = Peer.ready();
  peer.send(peer.headers(stream, POST, 4));
  expect(peer.heard()).toEqual([]);
  return peer;
}

/** A stream that is half-closed (remote): its response is blocked. */
function halfClosed(): Peer {
  const peer = Peer.ready();
  peer.send(peer.settings(4, 0), peer.headers(1));
  expect(peer.heard()).toEqual(['SETTINGS ACK', 'HEADERS 1 200']);
  return peer;
}

/** A stream whose request ended and whose response did too. */
function closed(): Peer {
  const peer = Peer.ready();
  peer.send(peer.headers(1));
  expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  return peer;
}

describe('§3.4 connection preface', () => {
  it('the server sends SETTINGS first, and acknowledges the client’s', () => {
    const peer = new Peer();
    expect(peer.heard()).toEqual(['SETTINGS']);
    peer.send(CLIENT_PREFACE, frame(4, 0, 0));
    expect(peer.heard()).toEqual(['SETTINGS ACK']);
  });

  it('an invalid preface', () => {
    const peer = new Peer();
    peer.send(Uint8Array.from('PRI * HTTP/2.0\r\n\r\nXM\r\n\r\n', (c) => c.charCodeAt(0)));
    connectionError(peer, 'ProtocolError');
  });

  it.each([
    ['a PING', frame(6, 0, 0, new Array(8).fill(0))],
    ['an acknowledgement', frame(4, 1, 0)],
    ['what looks like a long frame', Uint8Array.from('GET / HTTP/1.1\r\n\r\n', (c) => c.charCodeAt(0))],
  ])('%s before SETTINGS', (_, octets) => {
    const peer = new Peer();
    peer.send(CLIENT_PREFACE, octets);
    connectionError(peer, 'ProtocolError');
  });
});

describe('§4 frames', () => {
  it('§4.1 unknown types and flags are ignored, the reserved bit too', () => {
    const peer = Peer.ready();
    peer.send(frame(0x16, 0xff, 0x80000001, [1, 2, 3]), frame(6, 0xfe, 0x80000000, [1, 2, 3, 4, 5, 6, 7, 8]));
    expect(peer.heard()).toEqual(['PING ACK']);
  });

  it('§4.2 takes frames of 2^14 octets', () => {
    const peer = open();
    peer.send(peer.data(1, 16_384, 1));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });

  it.each([
    ['DATA', 0],
    ['HEADERS', 1],
    ['an unknown type', 0x20],
  ])('§4.2 a longer one, %s', (_, type) => {
    const peer = open();
    peer.send(frame(type, 0, 1, new Uint8Array(16_385)));
    connectionError(peer, 'FrameSizeError');
  });

  it('§4.2 a longer one whose header comes in two pieces', () => {
    const peer = open();
    const octets = frame(1, 0, 1, new Uint8Array(16_385));
    peer.send(octets.slice(0, 5), octets.slice(5, 9));
    connectionError(peer, 'FrameSizeError');
  });

  it('§4.3 a block that cannot be decoded', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 5, 1, [0xff, 0xff, 0xff]));
    connectionError(peer, 'CompressionError');
  });

  it.each([
    ['RFC 7541 §2.3.3: an index beyond both tables', [0xbe]],
    ['RFC 7541 §6.1: index 0', [0x80]],
    ['RFC 7541 §6.2: a name beyond both tables', [0x7e, 1, 0x61]],
    ['RFC 7541 §4.2: a size update at the end', [0x82, 0x20]],
    ['RFC 7541 §6.3: a size update beyond our limit', [0x3f, 0xe2, 0x1f]],
    ['RFC 7541 §5.2: Huffman padding of 8 bits', [0x40, 1, 0x61, 0x82, 0x07, 0xff]],
    ['RFC 7541 §5.2: Huffman padding of zeros', [0x40, 1, 0x61, 0x81, 0x00]],
    ['RFC 7541 §5.2: Huffman with EOS', [0x40, 1, 0x61, 0x84, 0xff, 0xff, 0xff, 0xfc]],
    ['RFC 7541 §5.1: an integer without end', [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]],
    ['a literal that is cut short', [0x40, 5, 0x61]],
  ])('§4.3 %s', (_, payload) => {
    const peer = Peer.ready();
    peer.send(frame(1, 5, 1, payload));
    connectionError(peer, 'CompressionError');
    const trailers = open();
    trailers.send(frame(1, 5, 1, payload));
    connectionError(trailers, 'CompressionError');
  });

  it('§4.3 a block of a stream that is refused is decoded all the same', () => {
    const peer = Peer.ready({ concurrentStreams: 1 });
    peer.send(peer.headers(1, POST, 4));
    peer.send(frame(1, 5, 3, peer.block([...GET, ['x-kept', 'yes']], 0)));
    expect(peer.heard()).toEqual(['RST_STREAM 3 RefusedStream']);
    peer.send(peer.data(1, 0, 1));
    peer.heard();
    peer.send(frame(1, 5, 5, peer.block([...GET, ['x-kept', 'yes']], 0)));
    peer.heard();
    expect(peer.service.requests.at(-1)!.fields.get('x-kept')).toBe('yes');
  });

  it.each([
    ['PRIORITY of the same stream', frame(2, 0, 1, [0, 0, 0, 0, 15])],
    ['an unknown frame', frame(0x16, 0, 0)],
    ['HEADERS of another stream', frame(1, 5, 3, [0x82])],
    ['CONTINUATION of another stream', frame(9, 4, 3, [0x82])],
  ])('§4.3 a field block interrupted by %s', (_, octets) => {
    const peer = Peer.ready();
    peer.send(frame(1, 1, 1, peer.block(GET)), octets);
    connectionError(peer, 'ProtocolError');
  });
});

describe('§5.1 stream states', () => {
  it.each([
    ['DATA', frame(0, 0, 1, [1])],
    ['RST_STREAM', frame(3, 0, 1, u32(8))],
    ['WINDOW_UPDATE', frame(8, 0, 1, u32(1))],
    ['CONTINUATION', frame(9, 4, 1, [0x82])],
  ])('idle: %s', (_, octets) => {
    const peer = Peer.ready();
    peer.send(octets);
    connectionError(peer, 'ProtocolError');
  });

  it('idle: PRIORITY may come', () => {
    const peer = Peer.ready();
    peer.send(frame(2, 0, 5, [0, 0, 0, 1, 15]), peer.headers(1));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });

  it('half-closed (remote): DATA', () => {
    const peer = halfClosed();
    peer.send(peer.data(1, 1, 1));
    streamError(peer, 1, 'StreamClosed');
    expect(peer.service.bodies[0]!.held).toBe(0);
  });

  it('half-closed (remote): HEADERS', () => {
    const peer = halfClosed();
    peer.send(peer.headers(1));
    streamError(peer, 1, 'StreamClosed');
  });

  it('half-closed (remote): CONTINUATION', () => {
    const peer = halfClosed();
    peer.send(frame(9, 4, 1, [0x82]));
    connectionError(peer, 'ProtocolError');
  });

  it('half-closed (remote): WINDOW_UPDATE, PRIORITY and RST_STREAM may come', () => {
    const peer = halfClosed();
    peer.send(frame(2, 0, 1, [0, 0, 0, 0, 15]), peer.window(1, 2));
    expect(peer.heard()).toEqual(['DATA 1 2']);
    peer.send(peer.reset(1));
    expect(peer.heard()).toEqual([]);
    expect(peer.service.bodies[0]!.held).toBe(0);
  });

  it.each([
    ['DATA', (peer: Peer) => peer.data(1, 1, 1)],
    ['HEADERS', (peer: Peer) => peer.headers(1)],
  ])('closed by RST_STREAM: %s', (_, octets) => {
    const peer = open();
    peer.send(peer.reset(1), octets(peer));
    streamError(peer, 1, 'StreamClosed');
  });

  it.each([
    ['DATA', (peer: Peer) => peer.data(1, 1, 1)],
    ['HEADERS', (peer: Peer) => peer.headers(1)],
  ])('closed by END_STREAM: %s', (_, octets) => {
    const peer = closed();
    peer.send(octets(peer));
    connectionError(peer, 'StreamClosed');
  });

  it('closed by END_STREAM: CONTINUATION', () => {
    const peer = closed();
    peer.send(frame(9, 4, 1, [0x82]));
    connectionError(peer, 'ProtocolError');
  });

  it('closed by END_STREAM: WINDOW_UPDATE, RST_STREAM and PRIORITY may come', () => {
    const peer = closed();
    peer.send(peer.window(1, 100), peer.reset(1), frame(2, 0, 1, [0, 0, 0, 0, 15]), peer.headers(3));
    expect(peer.heard()).toEqual(['HEADERS 3 200', 'DATA 3 5 .']);
  });

  it('reset by us: what was on its way is ignored', () => {
    const peer = open();
    peer.send(peer.window(1, 0));
    expect(peer.heard()).toEqual(['RST_STREAM 1 ProtocolError']);
    peer.send(peer.data(1, 100), peer.headers(1), peer.window(1, 5), peer.reset(1), peer.headers(3));
    expect(peer.heard()).toEqual(['HEADERS 3 200', 'DATA 3 5 .']);
  });
});

describe('§5.1.1 stream identifiers', () => {
  it('an even one', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(2));
    connectionError(peer, 'ProtocolError');
  });

  it('one lower than one that was used', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(5), peer.headers(3));
    connectionError(peer, 'ProtocolError');
  });

  it('DATA on one that was passed over', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(5), peer.data(3, 1));
    connectionError(peer, 'StreamClosed');
  });
});

it('§5.1.2 more streams than SETTINGS_MAX_CONCURRENT_STREAMS', () => {
  const peer = Peer.ready();
  peer.send(peer.settings(4, 0));
  for (let i = 0; i < 129; i++) peer.send(peer.headers(1 + 2 * i));
  const heard = peer.heard();
  expect(heard.filter((each) => each.startsWith('RST'))).toEqual(['RST_STREAM 257 RefusedStream']);
  expect(heard.filter((each) => each.startsWith('HEADERS'))).toHaveLength(128);
});

describe('§5.3.1 (RFC 7540) a stream that depends on itself', () => {
  it('in HEADERS', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 0x25, 1, [0, 0, 0, 1, 255, ...peer.block(GET)]));
    streamError(peer, 1, 'ProtocolError');
  });

  it('in PRIORITY', () => {
    const peer = halfClosed();
    peer.send(frame(2, 0, 1, [0, 0, 0, 1, 255]));
    streamError(peer, 1, 'ProtocolError');
    peer.send(frame(2, 0, 3, [0, 0, 0, 3, 255]));
    connectionError(peer, 'ProtocolError');
  });
});

describe('§6.1 DATA', () => {
  it('on stream 0', () => {
    const peer = open();
    peer.send(peer.data(0, 1));
    connectionError(peer, 'ProtocolError');
  });

  it('padding is no content, and counts', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, [...POST, ['content-length', '3']], 4), frame(0, 9, 1, [5, 1, 2, 3, 0, 0, 0, 0, 0]));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });

  it('padding as long as the payload', () => {
    const peer = open();
    peer.send(frame(0, 9, 1, [5, 1, 2, 3, 4]));
    connectionError(peer, 'ProtocolError');
  });

  it('no room for Pad Length', () => {
    const peer = open();
    peer.send(frame(0, 9, 1));
    connectionError(peer, 'FrameSizeError');
  });
});

describe('§6.2 HEADERS', () => {
  it('on stream 0', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(0));
    connectionError(peer, 'ProtocolError');
  });

  it('padding and priority', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 0x2d, 1, [2, 0, 0, 0, 3, 9, ...peer.block(GET), 0, 0]));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });

  it('padding longer than the payload', () => {
    const peer = Peer.ready();
    const block = peer.block(GET);
    peer.send(frame(1, 0x0d, 1, [block.length + 1, ...block]));
    connectionError(peer, 'ProtocolError');
  });

  it.each([
    ['Pad Length', 0x0d, []],
    ['the priority', 0x25, [0, 0, 0, 0]],
  ])('no room for %s', (_, flags, payload) => {
    const peer = Peer.ready();
    peer.send(frame(1, flags, 1, payload));
    connectionError(peer, 'FrameSizeError');
  });
});

describe('§6.3 PRIORITY', () => {
  it('on stream 0', () => {
    const peer = Peer.ready();
    peer.send(frame(2, 0, 0, [0, 0, 0, 1, 15]));
    connectionError(peer, 'ProtocolError');
  });

  it('of another length than 5', () => {
    const peer = halfClosed();
    peer.send(frame(2, 0, 1, [0, 0, 0, 0]));
    streamError(peer, 1, 'FrameSizeError');
  });
});

describe('§6.4 RST_STREAM', () => {
  it('on stream 0', () => {
    const peer = Peer.ready();
    peer.send(peer.reset(0));
    connectionError(peer, 'ProtocolError');
  });

  it('of another length than 4', () => {
    const peer = open();
    peer.send(frame(3, 0, 1, [0, 0, 0]));
    connectionError(peer, 'FrameSizeError');
  });
});

describe('§6.5 SETTINGS', () => {
  it('ACK with a payload', () => {
    const peer = Peer.ready();
    peer.send(frame(4, 1, 0, [0]));
    connectionError(peer, 'FrameSizeError');
  });

  it('on a stream', () => {
    const peer = Peer.ready();
    peer.send(frame(4, 0, 1));
    connectionError(peer, 'ProtocolError');
  });

  it('of a length that is no multiple of 6', () => {
    const peer = Peer.ready();
    peer.send(frame(4, 0, 0, [0, 3, 0]));
    connectionError(peer, 'FrameSizeError');
  });

  it.each<[string, number, number, keyof typeof ErrorCode]>([
    ['ENABLE_PUSH of 2', 2, 2, 'ProtocolError'],
    ['INITIAL_WINDOW_SIZE of 2^31', 4, 0x80000000, 'FlowControlError'],
    ['MAX_FRAME_SIZE of 2^14 - 1', 5, 16_383, 'ProtocolError'],
    ['MAX_FRAME_SIZE of 2^24', 5, 0x1000000, 'ProtocolError'],
    ['ENABLE_CONNECT_PROTOCOL of 2', 8, 2, 'ProtocolError'],
    ['NO_RFC7540_PRIORITIES of 2', 9, 2, 'ProtocolError'],
    ['NO_RFC7540_PRIORITIES that was 0 and becomes 1', 9, 1, 'ProtocolError'],
  ])('%s', (_, identifier, value, code) => {
    const peer = Peer.ready();
    peer.send(peer.settings(identifier, value));
    connectionError(peer, code);
  });

  it('unknown ones are ignored, the others taken in order, and all acknowledged', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(0xff, 1, 4, 10, 4, 3, 1, 0, 3, 1, 6, 100), peer.headers(1));
    expect(peer.heard()).toEqual(['SETTINGS ACK', 'HEADERS 1 200', 'DATA 1 3']);
  });

  it('says what we allow', () => {
    const peer = new Peer();
    const [settings] = peer.frames();
    expect([...settings!.payload]).toEqual([0, 3, 0, 0, 0, 128, 0, 6, 0, 0, 128, 0, 0, 9, 0, 0, 0, 1]);
  });

  it('HEADER_TABLE_SIZE of 0: the next block begins with the update, and refers to no entry', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1), peer.headers(3));
    peer.heard();
    peer.send(peer.settings(1, 0), peer.headers(5));
    peer.decoder.limitCapacity(0);
    expect(peer.heard()).toEqual(['SETTINGS ACK', 'HEADERS 5 200', 'DATA 5 5 .']);
    expect(peer.decoder.table.count).toBe(0);
  });

  it('is not acknowledged in time', () => {
    const peer = new Peer();
    peer.send(CLIENT_PREFACE, frame(4, 0, 0));
    peer.pass(9_999);
    expect(peer.server.failure).toBeUndefined();
    peer.pass(1);
    connectionError(peer, 'SettingsTimeout');
  });
});

it('§6.6, §8.4 PUSH_PROMISE', () => {
  const peer = open();
  peer.send(frame(5, 4, 1, [0, 0, 0, 2, 0x82]));
  connectionError(peer, 'ProtocolError');
});

describe('§6.7 PING', () => {
  it('is echoed', () => {
    const peer = Peer.ready();
    peer.send(frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
    const [ping] = peer.frames();
    expect([ping!.type, ping!.flags, [...ping!.payload]]).toEqual(['PING', 1, [1, 2, 3, 4, 5, 6, 7, 8]]);
  });

  it('an acknowledgement is not', () => {
    const peer = Peer.ready();
    peer.send(frame(6, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
    expect(peer.heard()).toEqual([]);
  });

  it('on a stream', () => {
    const peer = open();
    peer.send(frame(6, 0, 1, new Array(8).fill(0)));
    connectionError(peer, 'ProtocolError');
  });

  it('of another length than 8', () => {
    const peer = Peer.ready();
    peer.send(frame(6, 0, 0, new Array(6).fill(0)));
    connectionError(peer, 'FrameSizeError');
  });
});

describe('§6.8 GOAWAY', () => {
  it('on a stream', () => {
    const peer = open();
    peer.send(frame(7, 0, 1, new Array(8).fill(0)));
    connectionError(peer, 'ProtocolError');
  });

  it('too short', () => {
    const peer = Peer.ready();
    peer.send(frame(7, 0, 0, new Array(7).fill(0)));
    connectionError(peer, 'FrameSizeError');
  });

  it('of the client: what is open is finished, then the connection ends', () => {
    const peer = halfClosed();
    peer.send(frame(7, 0, 0, new Array(8).fill(0)));
    expect(peer.server.wish).toBe(0);
    peer.send(peer.window(1, 100));
    expect(peer.heard()).toEqual(['DATA 1 5 .']);
    expect(peer.server.wish).not.toBe(0);
  });

  it('of the client, when nothing is open: the connection ends, and nothing is said after its end', () => {
    const peer = Peer.ready();
    peer.send(frame(7, 0, 0, [...u32(0), ...u32(0xff)]));
    expect(peer.server.wish).not.toBe(0);
    peer.send(frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), peer.headers(1));
    expect(peer.heard()).toEqual([]);
    expect(peer.server.wish).not.toBe(0);
    expect(peer.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('of ours, in two steps: streams between them are answered, those after the second are not', () => {
    const peer = halfClosed();
    peer.service.reusable = true;
    peer.server.stop(peer.now);
    const [goaway, ping] = peer.frames();
    expect([goaway!.type, [...goaway!.payload]]).toEqual(['GOAWAY', [0x7f, 255, 255, 255, 0, 0, 0, 0]]);
    peer.send(peer.headers(3));
    expect(peer.heard()).toEqual(['HEADERS 3 200']);
    peer.send(frame(6, 1, 0, ping!.payload));
    expect(peer.heard()).toEqual(['GOAWAY 3 NoError']);
    peer.send(peer.headers(5, POST, 4), peer.data(5, 10), peer.window(5, 10), peer.headers(7));
    expect(peer.heard()).toEqual([]);
    expect(peer.server.wish).toBe(0);
    peer.send(peer.window(1, 100), peer.window(3, 100));
    expect(peer.heard()).toEqual(['DATA 1 5 .', 'DATA 3 5 .']);
    expect(peer.server.wish).not.toBe(0);
    expect(peer.server.failure).toBeUndefined();
  });

  it('of ours, when the client does not acknowledge the PING', () => {
    const peer = Peer.ready();
    peer.server.stop(peer.now);
    peer.frames();
    peer.pass(1000);
    expect(peer.heard()).toEqual(['GOAWAY 0 NoError']);
    expect(peer.server.wish).not.toBe(0);
  });

  it('of ours, after a long time without streams', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1));
    peer.heard();
    peer.pass(74_999);
    expect(peer.heard()).toEqual([]);
    peer.pass(1);
    expect(peer.heard()).toEqual(['GOAWAY 1 NoError']);
    expect(peer.server.wish).not.toBe(0);
  });
});

describe('§6.9 WINDOW_UPDATE', () => {
  it('of 0, on the connection and on a stream', () => {
    const first = Peer.ready();
    first.send(first.window(0, 0));
    connectionError(first, 'ProtocolError');
    const second = halfClosed();
    second.send(second.window(1, 0));
    streamError(second, 1, 'ProtocolError');
  });

  it('of another length than 4', () => {
    const peer = Peer.ready();
    peer.send(frame(8, 0, 0, [0, 0, 1]));
    connectionError(peer, 'FrameSizeError');
  });

  it('beyond 2^31 - 1, on the connection and on a stream', () => {
    const first = Peer.ready();
    first.send(first.window(0, 0x7fffffff));
    connectionError(first, 'FlowControlError');
    const second = halfClosed();
    second.send(second.window(1, 0x7fffffff), second.window(1, 1));
    expect(second.heard()).toEqual(['RST_STREAM 1 FlowControlError']);
    expect(second.server.wish).toBe(0);
  });

  it('is obeyed, octet by octet', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 1), peer.headers(1));
    expect(peer.heard()).toEqual(['SETTINGS ACK', 'HEADERS 1 200', 'DATA 1 1']);
    peer.send(peer.window(1, 1));
    expect(peer.heard()).toEqual(['DATA 1 1']);
    peer.send(peer.window(1, 3));
    expect(peer.heard()).toEqual(['DATA 1 3 .']);
  });

  it('§6.9.2 INITIAL_WINDOW_SIZE opens the windows of streams that wait', () => {
    const peer = halfClosed();
    peer.send(peer.settings(4, 100));
    expect(peer.heard()).toEqual(['SETTINGS ACK', 'DATA 1 5 .']);
  });

  it('§6.9.2 a window may become negative, and has to be made up for', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 4), peer.get(1, '/100'));
    expect(peer.heard().at(-1)).toBe('DATA 1 4');
    peer.send(peer.settings(4, 1)); // the stream's is -3
    peer.send(peer.window(1, 3));
    expect(peer.heard()).toEqual(['SETTINGS ACK']);
    peer.send(peer.window(1, 2));
    expect(peer.heard()).toEqual(['DATA 1 2']);
  });

  it('§6.9.2 INITIAL_WINDOW_SIZE that takes a stream’s window beyond 2^31 - 1', () => {
    const peer = halfClosed();
    peer.send(peer.window(1, 0x7fffffff), peer.settings(4, 1));
    expect(peer.heard().at(-1)).toMatch(/^GOAWAY 1 FlowControlError$/);
  });

  it('the connection’s window holds for all streams', () => {
    const peer = Peer.ready();
    peer.send(peer.settings(4, 1 << 20), peer.get(1, '/60000'), peer.get(3, '/60000'));
    const sent = () =>
      peer
        .frames()
        .filter((each) => each.type === 'DATA')
        .reduce((sum, each) => sum + each.payload.length, 0);
    expect(sent()).toBe(65_535);
    peer.send(peer.window(0, 10));
    expect(sent()).toBe(10);
    peer.send(peer.window(0, 100_000));
    expect(sent()).toBe(120_000 - 65_545);
  });
});

describe('§6.9.1 what the client may send', () => {
  it('more than a stream’s window', () => {
    const peer = Peer.ready({ streamWindow: 65_535, connectionWindow: 1 << 20, contentOctets: 1000 });
    peer.send(peer.headers(1, POST, 4));
    // Content beyond the limit is answered, and its window stays closed.
    peer.send(peer.settings(4, 0));
    for (let i = 0; i < 3; i++) peer.send(peer.data(1, 16_384));
    peer.send(peer.data(1, 16_383));
    peer.heard();
    peer.send(peer.data(1, 1));
    streamError(peer, 1, 'FlowControlError');
  });

  it('the connection’s window opens again before it is used up: content is discarded as it comes', () => {
    const peer = Peer.ready({ connectionWindow: 65_535 });
    peer.send(peer.headers(1, POST, 4));
    let window = 65_535;
    for (let i = 0; i < 40; i++) {
      peer.send(peer.data(1, 16_384));
      window -= 16_384;
      for (const each of peer.heard()) if (each.startsWith('WINDOW_UPDATE 0')) window += Number(each.split(' ')[2]);
      expect(window).toBeGreaterThanOrEqual(32_767);
      expect(window).toBeLessThanOrEqual(65_535);
    }
  });

  it('windows grow while content comes, up to their limits', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, POST, 4));
    for (let i = 0; i < 60; i++) peer.send(peer.data(1, 16_384));
    const increments = peer
      .heard()
      .filter((each) => each.startsWith('WINDOW_UPDATE 1'))
      .map((each) => Number(each.split(' ')[2]));
    // 64 KiB to begin with, then 128 and 256.
    expect(increments[0]).toBe(131_070 - 65_535 + 32_768);
    expect(Math.max(...increments)).toBeLessThanOrEqual(262_144);
    expect(increments.length).toBeLessThan(12);
  });
});

describe('§6.10 CONTINUATION', () => {
  it('several', () => {
    const peer = Peer.ready();
    const block = peer.block(GET);
    peer.send(frame(1, 1, 1, block.slice(0, 1)), frame(9, 0, 1, block.slice(1, 2)), frame(9, 4, 1, block.slice(2)));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });

  it('on stream 0', () => {
    const peer = Peer.ready();
    peer.send(frame(1, 1, 1, peer.block(GET)), frame(9, 4, 0));
    connectionError(peer, 'ProtocolError');
  });

  it.each([
    ['END_HEADERS', 5],
    ['a CONTINUATION with END_HEADERS', 1],
  ])('after %s', (_, flags) => {
    const peer = Peer.ready();
    peer.send(frame(1, flags, 1, peer.block(GET)));
    if (flags === 1) peer.send(frame(9, 4, 1));
    peer.send(frame(9, 4, 1));
    connectionError(peer, 'ProtocolError');
  });

  it('after DATA', () => {
    const peer = open();
    peer.send(peer.data(1, 1), frame(9, 4, 1));
    connectionError(peer, 'ProtocolError');
  });
});

describe('§8.1 messages', () => {
  it('a second HEADERS without END_STREAM', () => {
    const peer = open();
    peer.send(peer.headers(1, [['x-trailer', 'a']], 4));
    streamError(peer, 1, 'ProtocolError');
  });

  it('trailers that depend on their own stream', () => {
    const peer = open();
    peer.send(frame(1, 0x25, 1, [0, 0, 0, 1, 16, ...peer.block([['x-trailer', 'a']])]));
    streamError(peer, 1, 'ProtocolError');
  });

  it('trailers end the request', () => {
    const peer = open();
    peer.send(peer.data(1, 3), peer.headers(1, [['x-trailer', 'a']], 5));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
  });

  it.each<[string, Lines]>([
    ['a pseudo-header field', [[':path', '/']]],
    ['an upper-case name', [['X-Trailer', 'a']]],
    ['a connection-specific field', [['transfer-encoding', 'chunked']]],
  ])('trailers with %s', (_, lines) => {
    const peer = open();
    peer.send(peer.headers(1, lines, 5));
    streamError(peer, 1, 'ProtocolError');
  });

  it.each<[string, Lines, number[], number]>([
    ['less content than Content-Length says', [['content-length', '5']], [4], 1],
    ['more content than Content-Length says', [['content-length', '3']], [4], 1],
    ['more content in several frames', [['content-length', '3']], [2, 2], 0],
  ])('§8.1.1 %s', (_, lines, sizes, flags) => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, [...POST, ...lines], 4));
    for (const [i, size] of sizes.entries()) peer.send(peer.data(1, size, i === sizes.length - 1 ? flags : 0));
    streamError(peer, 1, 'ProtocolError');
    expect(peer.service.requests).toHaveLength(0);
  });

  it('§8.1.1 Content-Length without content, and with trailers too early', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, [...POST, ['content-length', '1']], 5));
    streamError(peer, 1, 'ProtocolError');
    peer.send(peer.headers(3, [...POST, ['content-length', '9']], 4), peer.headers(3, [['x-t', 'a']], 5));
    streamError(peer, 3, 'ProtocolError');
  });

  it('a HEAD has no content, a 304 neither', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, [[':method', 'HEAD'], ...GET.slice(1)]));
    expect(peer.heard()).toEqual(['HEADERS 1 200 .']);
  });

  it('an answer before the request’s end is followed by RST_STREAM with NO_ERROR', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, [...POST, ['expect', '100-continue']], 4));
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .', 'RST_STREAM 1 NoError']);
    peer.send(peer.data(1, 100, 1), peer.headers(3, [...POST, ['content-length', '9999999']], 4));
    expect(peer.heard()[0]).toBe('HEADERS 3 413');
  });
});

describe('§8.2, §8.3 malformed requests', () => {
  const with_ = (...more: Lines): Lines => [...GET, ...more];
  const without = (name: string): Lines => GET.filter(([each]) => each !== name);
  const instead = (name: string, value: string): Lines => GET.map((each) => (each[0] === name ? [name, value] : each));

  it.each<[string, Lines]>([
    ['an upper-case name', with_(['X-Test', 'ok'])],
    ['a name with a space', with_(['x test', 'ok'])],
    ['a name with a colon', with_(['x:test', 'ok'])],
    ['a name with a control', with_(['x\x00', 'ok'])],
    ['a name with an octet beyond ASCII', with_(['x\x80', 'ok'])],
    ['an empty name', with_(['', 'ok'])],
    ['a value with NUL', with_(['x', 'a\x00b'])],
    ['a value with LF', with_(['x', 'a\nb'])],
    ['a value with CR', with_(['x', 'a\rb'])],
    ['a value that begins with a space', with_(['x', ' a'])],
    ['a value that ends with a tab', with_(['x', 'a\t'])],
    ['an unknown pseudo-header field', [...GET, [':test', 'ok']]],
    ['a pseudo-header field of responses', [...GET, [':status', '200']]],
    ['a pseudo-header field after others', [...GET.slice(0, 3), ['x-test', 'ok'], [':path', '/']]],
    ['connection', with_(['connection', 'keep-alive'])],
    ['keep-alive', with_(['keep-alive', 'timeout=5'])],
    ['proxy-connection', with_(['proxy-connection', 'keep-alive'])],
    ['transfer-encoding', with_(['transfer-encoding', 'chunked'])],
    ['upgrade', with_(['upgrade', 'h2c'])],
    ['TE that says more than trailers', with_(['te', 'trailers, deflate'])],
    ['an empty :path', instead(':path', '')],
    ['a :path without a slash', instead(':path', 'index.html')],
    ['a :path with a space', instead(':path', '/a b')],
    ['a :path with a fragment', instead(':path', '/a#b')],
    ['* of another method than OPTIONS', instead(':path', '*')],
    ['no :method', without(':method')],
    ['no :scheme', without(':scheme')],
    ['no :path', without(':path')],
    ['two :method', [[':method', 'GET'], ...GET]],
    ['two :scheme', [[':scheme', 'http'], ...GET]],
    ['two :path', [[':path', '/'], ...GET]],
    ['two :authority', [[':authority', 'example.com'], ...GET]],
    ['a method that is no token', instead(':method', 'G T')],
    ['a scheme that is none', instead(':scheme', '1http')],
    ['neither :authority nor Host', without(':authority')],
    ['an empty :authority', instead(':authority', '')],
    ['an empty Host', [...without(':authority'), ['host', '']]],
    ['user information in :authority', instead(':authority', 'user@example.com')],
    ['a Host that differs from :authority', with_(['host', 'example.org'])],
    ['two Host fields', [...without(':authority'), ['host', 'a'], ['host', 'a']]],
    ['a Content-Length that is no number', with_(['content-length', '+0'])],
    ['two Content-Length that differ', with_(['content-length', '0'], ['content-length', '1'])],
    ['CONNECT with :path', instead(':method', 'CONNECT')],
    ['CONNECT with a protocol that we did not offer', [...instead(':method', 'CONNECT'), [':protocol', 'websocket']]],
    ['CONNECT without :authority', [[':method', 'CONNECT']]],
  ])('%s', (_, lines) => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, lines));
    streamError(peer, 1, 'ProtocolError');
    expect(peer.service.requests).toHaveLength(0);
  });

  it.each<[string, Lines, Partial<Record<'method' | 'authority' | 'target', string>>]>([
    ['TE: trailers', with_(['te', 'trailers']), { method: 'GET' }],
    ['Host instead of :authority', [...without(':authority'), ['host', 'example.org']], { authority: 'example.org' }],
    ['Host that equals :authority', with_(['host', 'Example.COM']), { authority: 'example.com' }],
    ['OPTIONS *', [[':method', 'OPTIONS'], ...GET.slice(1, 3), [':path', '*']], { target: '*' }],
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:443'],
      ],
      { target: 'a:443', authority: 'a:443' },
    ],
    ['an empty value', with_(['x-empty', '']), { target: '/' }],
    ['a port and an IPv6 address', instead(':authority', '[::1]:8080'), { authority: '[::1]:8080' }],
  ])('well-formed all the same: %s', (_, lines, expected) => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, lines));
    expect(peer.heard()[0]).toBe('HEADERS 1 200');
    expect(peer.service.requests[0]).toMatchObject({ version: 20, scheme: 'http', hasContent: false, ...expected });
  });

  it('§8.2.3 crumbs of a cookie are put together', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1, with_(['cookie', 'a=b'], ['x', 'y'], ['cookie', 'c=d'])));
    expect(peer.service.requests[0]!.fields.get('cookie')).toBe('a=b; c=d');
  });
});

describe('ends that are not ours', () => {
  it('the client’s direction ends: whole requests are answered, others dropped', () => {
    const peer = Peer.ready();
    peer.send(peer.headers(1), peer.headers(3, POST, 4));
    peer.server.arriveEnd(peer.now);
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'DATA 1 5 .']);
    expect(peer.server.wish).not.toBe(0);
  });

  it('the stream below fails: every body is released and nothing is due', () => {
    const peer = halfClosed();
    peer.server.abort(peer.now);
    expect(peer.service.bodies.map((each) => each.held)).toEqual([0]);
    expect(peer.server.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('a body that fails: INTERNAL_ERROR', () => {
    const peer = halfClosed();
    peer.service.bodies[0]!.portion = -1;
    peer.send(peer.window(1, 10));
    streamError(peer, 1, 'InternalError');
    expect(peer.service.bodies[0]!.held).toBe(0);
  });

  it('a body that has nothing now: another turn, and the others go on', () => {
    const peer = Peer.ready();
    peer.send(peer.get(1, '/100'), peer.get(3, '/200'));
    peer.service.bodies[0]!.portion = 0;
    expect(peer.heard()).toEqual(['HEADERS 1 200', 'HEADERS 3 200', 'DATA 3 200 .']);
    expect(peer.server.nextTimeout()).toBe(peer.now);
    peer.service.bodies[0]!.portion = 60;
    peer.server.timeoutsExpire(peer.now);
    expect(peer.heard()).toEqual(['DATA 1 60', 'DATA 1 40 .']);
  });
});
