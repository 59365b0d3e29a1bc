import { describe, expect, it } from 'vitest';
import { TcpEvent, TcpState } from '../src/index.ts';
import { Pair, pattern, transfer } from './pair.ts';
import { ACK, CWR, craft, ECE, FIN, MSS_1460, PSH, RawPeer, RST, SYN, URG } from './raw-peer.ts';

describe('RFC 9293 §3.10.7.1: CLOSED', () => {
  it('answers what has no ACK with a RST that acknowledges it', () => {
    const peer = new RawPeer();
    peer.pair.inject('server', craft(40_000, 81, 100, 0, SYN, {}));
    const [reset] = peer.pair.take();
    expect(reset).toMatchObject({ control: RST | ACK, seq: 0, ack: 101 });
  });
  it('answers an ACK with a RST where it stands, and a RST with nothing', () => {
    const peer = new RawPeer();
    peer.pair.inject('server', craft(40_000, 81, 100, 555, ACK, { octets: pattern(3) }));
    expect(peer.pair.take()[0]).toMatchObject({ control: RST, seq: 555 });
    peer.pair.inject('server', craft(40_000, 81, 100, 555, RST, {}));
    expect(peer.pair.take()).toEqual([]);
  });
  it('limits the RSTs of a port scan', () => {
    const peer = new RawPeer({ resetsPerSecond: 10 });
    for (let i = 0; i < 50; i++) peer.pair.inject('server', craft(40_000, 81 + i, 100, 0, SYN, {}));
    expect(peer.pair.take().length).toBe(10);
    expect(peer.pair.server.counters.droppedReplyRate).toBe(40);
  });
});

describe('RFC 9293 §3.10.7.2: LISTEN', () => {
  it('takes a SYN, answers with what was offered, and makes a connection of the ACK', () => {
    const peer = new RawPeer();
    const [synAck] = peer.send({ control: SYN, options: [...MSS_1460, 1, 1, 4, 2, 1, 3, 3, 7] });
    expect(synAck).toMatchObject({ control: SYN | ACK, ack: peer.seq, mss: 1460, shift: 7, sackPermitted: true });
    expect(peer.pair.server.halfOpenCount).toBe(1);
    expect(peer.pair.server.connectionCount).toBe(0);
    peer.send();
    expect(peer.pair.server.halfOpenCount).toBe(0);
    expect(peer.pair.server.connectionCount).toBe(1);
    expect(peer.pair.accepted[0]?.info.sendWindow).toBe(65_535 * 128);
  });
  it('offers nothing to a peer that offered nothing', () => {
    const peer = new RawPeer();
    const [synAck] = peer.send({ control: SYN });
    expect(synAck).toMatchObject({ shift: -1, sackPermitted: false, timestamp: 0 });
    peer.send();
    // RFC 9293 §3.7.1: 536 where the peer does not say.
    expect(peer.pair.accepted[0]?.info.segmentSize).toBe(536);
  });
  it('ignores a RST, resets an ACK', () => {
    const peer = new RawPeer();
    expect(peer.send({ control: RST })).toEqual([]);
    expect(peer.send({ control: ACK, ack: 77 })[0]).toMatchObject({ control: RST, seq: 77 });
  });
  it('sends the SYN-ACK again, with backoff, and gives up', () => {
    const peer = new RawPeer();
    peer.send({ control: SYN });
    const times = peer.run(200_000).map((s) => s.at - 1000);
    expect(times).toEqual([1000, 3000, 7000, 15_000, 31_000]);
    expect(peer.pair.server.halfOpenCount).toBe(0);
    expect(peer.pair.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
  it('answers a SYN that came again with the same SYN-ACK', () => {
    const peer = new RawPeer();
    const [first] = peer.send({ control: SYN, seq: 5 });
    const [second] = peer.send({ control: SYN, seq: 5, ack: 0 });
    expect(second?.seq).toBe(first?.seq);
    expect(peer.pair.server.halfOpenCount).toBe(1);
  });
  it('drops SYNs beyond the backlog, and takes one when there is room again', () => {
    const peer = new RawPeer({}, {}, 1);
    const listener = peer.pair.server.listen({ port: 8080, backlog: 1 });
    const accept = listener.accept.bind(listener);
    listener.accept = () => undefined;
    const open = (port: number): number => {
      peer.pair.inject('server', craft(port, 8080, 9, 0, SYN, {}));
      const [synAck] = peer.pair.take();
      if (synAck === undefined) return 0;
      peer.pair.inject('server', craft(port, 8080, 10, (synAck.seq + 1) | 0, ACK, {}));
      return 1;
    };
    expect(open(1001) + open(1002) + open(1003)).toBe(1);
    expect(peer.pair.server.counters.droppedBacklog).toBe(2);
    expect(accept()?.remotePort).toBe(1001);
    expect(open(1003)).toBe(1);
  });
  it('resets what waits when the listener closes', () => {
    const peer = new RawPeer();
    const listener = peer.pair.server.listen({ port: 8080 });
    listener.accept = () => undefined;
    peer.pair.inject('server', craft(5, 8080, 9, 0, SYN, {}));
    const [synAck] = peer.pair.take();
    peer.pair.inject('server', craft(5, 8080, 10, (synAck!.seq + 1) | 0, ACK, {}));
    peer.pair.take();
    listener.close();
    peer.pair.settle();
    expect(peer.pair.take()[0]?.control).toBe(RST | ACK);
    expect(peer.pair.server.connectionCount).toBe(0);
    expect(() => peer.pair.server.listen({ port: 80 })).toThrow(/already/);
    peer.pair.server.listen({ port: 8080 });
  });
  it('takes octets that came with the ACK of the handshake', () => {
    const peer = new RawPeer();
    peer.send({ control: SYN });
    peer.send({ octets: pattern(10) });
    expect(peer.pair.accepted[0]?.readable).toBe(10);
  });
});

describe('RFC 9293 §3.10.7.3: SYN-SENT', () => {
  it('fails at once when refused', () => {
    const pair = new Pair();
    const client = pair.connect();
    pair.runUntil(() => client.state === TcpState.CLOSED, 10);
    expect(client.failure?.code).toBe('ECONNREFUSED');
    expect(client.takeEvents() & TcpEvent.Closed).toBe(TcpEvent.Closed);
  });
  it('sends the SYN again with backoff, doubts the path, gives up with ETIMEDOUT', () => {
    const pair = new Pair({ drop: () => true });
    const client = pair.connect();
    pair.runUntil(() => client.state === TcpState.CLOSED, 300_000);
    expect(pair.take().map((s) => s.at - 1000)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000, 63_000]);
    expect(client.failure?.code).toBe('ETIMEDOUT');
    expect(pair.clientPath.doubts).toBe(1);
  });
  it('opens simultaneously', () => {
    const pair = new Pair({ delay: 10 });
    // Each connects to the other: both SYNs cross.
    const a = pair.client.connect({ path: pair.clientPath, localPort: 5000, remotePort: 6000 }, pair.now);
    const serverPath = pair.makeServerPath();
    const b = pair.server.connect({ path: serverPath, localPort: 6000, remotePort: 5000 }, pair.now);
    pair.runUntil(() => a.state === TcpState.ESTABLISHED && b.state === TcpState.ESTABLISHED, 5000);
    const octets = pattern(100_000);
    expect(Buffer.compare(transfer(pair, a, b, octets), octets)).toBe(0);
  });
  it('sends what was written before it was open', () => {
    const pair = new Pair({ delay: 10 });
    pair.listen();
    const client = pair.connect();
    client.write(pattern(10), 0, 10);
    pair.runUntil(() => pair.accepted[0]?.readable === 10, 1000);
  });
  it('resets an unacceptable ACK', () => {
    const pair = new Pair({ drop: (s) => s.from === 'client' });
    const client = pair.connect({ localPort: 5000 });
    pair.settle();
    const syn = pair.take()[0]!;
    pair.inject('client', craft(80, 5000, 1, (syn.seq + 5) | 0, SYN | ACK, {}));
    expect(pair.take()[0]).toMatchObject({ control: RST, seq: (syn.seq + 5) | 0 });
    expect(client.state).toBe(TcpState.SYN_SENT);
  });
});

describe('RFC 9293 §3.10.7.4 and RFC 5961: a synchronized state', () => {
  it('takes a RST only at RCV.NXT, challenges one in the window, drops others', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    expect(peer.send({ control: RST, seq: peer.seq + 100 })[0]).toMatchObject({ control: ACK, ack: peer.seq });
    expect(peer.send({ control: RST, seq: peer.seq - 1 })).toEqual([]);
    expect(peer.send({ control: RST, seq: peer.seq + 10_000_000 })).toEqual([]);
    expect(connection.state).toBe(TcpState.ESTABLISHED);
    peer.send({ control: RST });
    expect(connection.failure?.code).toBe('ECONNRESET');
    expect(peer.pair.server.connectionCount).toBe(0);
  });
  it('challenges a SYN, limited for the connection', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    expect(peer.send({ control: SYN, seq: peer.seq + 10 })[0]?.control).toBe(ACK);
    expect(peer.send({ control: SYN, seq: peer.seq - 10 })).toEqual([]);
    expect(peer.pair.server.counters.challengeAcksSuppressed).toBe(1);
    peer.run(600);
    expect(peer.send({ control: SYN, seq: peer.seq - 10 }).length).toBe(1);
    expect(connection.state).toBe(TcpState.ESTABLISHED);
  });
  it('limits challenges of all connections together', () => {
    const peer = new RawPeer({ challengeAcksPerSecond: 2 });
    const peers: [number, number][] = [];
    for (let port = 100; port < 105; port++) {
      peer.port = port;
      peer.seq = 1000;
      peer.ack = 0;
      peer.open();
      peers.push([port, peer.seq]);
    }
    let challenges = 0;
    for (const [port, seq] of peers) challenges += peer.send({ control: SYN, port, seq: seq + 1 }).length;
    expect(challenges).toBe(2);
  });
  it('challenges an ACK of what was never sent, or of long ago', () => {
    const peer = new RawPeer();
    peer.open();
    const ack = peer.ack;
    expect(peer.send({ ack: ack + 1000 })[0]).toMatchObject({ control: ACK, seq: ack });
    peer.run(600);
    expect(peer.send({ ack: (ack - 100_000_000) | 0, octets: pattern(5), seq: peer.seq }).length).toBe(1);
    expect(peer.pair.server.counters.droppedUnacceptableAck).toBe(2);
    expect(peer.pair.accepted[0]?.readable).toBe(0);
  });
  it('drops segments without ACK, tolerates URG', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    expect(peer.send({ control: PSH, seq: peer.seq, octets: pattern(5) })).toEqual([]);
    peer.seq -= 5;
    peer.send({ control: ACK | URG, urgent: 2, octets: pattern(5) });
    expect(connection.readable).toBe(5);
  });
  it('acknowledges at once what lies outside of the window, and a duplicate with a DSACK', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    peer.send({ octets: pattern(10) });
    const [again] = peer.send({ seq: peer.seq - 10, octets: pattern(10) });
    expect(again).toMatchObject({ ack: peer.seq, sacks: [peer.seq - 10, peer.seq] });
    expect(connection.readable).toBe(10);
    expect(peer.send({ seq: peer.seq + 9_000_000, octets: pattern(10) })[0]).toMatchObject({ ack: peer.seq });
  });
  it('trims what overlaps on the left and on the right', () => {
    const peer = new RawPeer({ receiveInitial: 1000 }, { receiveLimit: 1000 });
    const connection = peer.open([...MSS_1460]);
    const octets = pattern(1200);
    peer.send({ octets: octets.subarray(0, 100) });
    const at = peer.seq - 50;
    peer.send({ seq: at, octets: octets.subarray(50, 1200) });
    expect(connection.readable).toBe(1000);
    const got = new Uint8Array(1000);
    connection.read(got, 0, 1000);
    expect(Buffer.compare(got, octets.subarray(0, 1000))).toBe(0);
  });
  it('takes only what is new of an overlap, however small', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    const octets = pattern(30);
    const base = peer.seq;
    peer.send({ octets: octets.subarray(0, 10) });
    for (const [from, to] of [
      [9, 12],
      [10, 20],
      [17, 30],
    ] as const) {
      peer.send({ seq: base + from, octets: octets.subarray(from, to) });
    }
    const got = new Uint8Array(40);
    expect(connection.read(got, 0, 40)).toBe(30);
    expect(Buffer.compare(got.subarray(0, 30), octets)).toBe(0);
  });
  it('puts out-of-order segments in order and sends SACK blocks, the newest first', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    const octets = pattern(1000);
    const base = peer.seq;
    const at = (from: number, to: number) => peer.send({ seq: base + from, octets: octets.subarray(from, to) });
    expect(at(100, 200)[0]?.sacks).toEqual([base + 100, base + 200]);
    expect(at(300, 400)[0]?.sacks).toEqual([base + 300, base + 400, base + 100, base + 200]);
    expect(at(500, 600)[0]?.sacks).toEqual([base + 500, base + 600, base + 300, base + 400, base + 100, base + 200]);
    expect(at(200, 300)[0]?.sacks).toEqual([base + 100, base + 400, base + 500, base + 600]);
    expect(at(0, 100)[0]).toMatchObject({ ack: base + 400, sacks: [base + 500, base + 600] });
    expect(connection.readable).toBe(400);
    at(400, 1000);
    const got = new Uint8Array(1000);
    expect(connection.read(got, 0, 1000)).toBe(1000);
    expect(Buffer.compare(got, octets)).toBe(0);
    expect(peer.pair.server.memoryUsed).toBe(0);
  });
  it('takes a FIN out of order when what was missing comes', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    const base = peer.seq;
    peer.send({ seq: base + 10, octets: pattern(10), control: FIN | ACK });
    expect(connection.state).toBe(TcpState.ESTABLISHED);
    const [ack] = peer.send({ seq: base, octets: pattern(10) });
    expect(ack?.ack).toBe(base + 21);
    expect(connection.state).toBe(TcpState.CLOSE_WAIT);
    expect(connection.takeEvents() & TcpEvent.PeerClosed).toBe(TcpEvent.PeerClosed);
    expect(connection.ended).toBe(false);
    connection.consume(20);
    expect(connection.ended).toBe(true);
  });
  it('verifies checksums that nobody vouches for', () => {
    const peer = new RawPeer();
    const pair = peer.pair;
    pair.vouch = false;
    peer.send({ control: SYN });
    expect(pair.server.counters.droppedChecksum).toBe(1);
    expect(pair.server.halfOpenCount).toBe(0);
  });
  it('drops what is too short or has no sound offset', () => {
    const peer = new RawPeer();
    peer.pair.inject('server', new Uint8Array(19));
    const octets = craft(1, 80, 1, 1, SYN, {});
    octets[12] = 0x40;
    peer.pair.inject('server', octets);
    octets[12] = 0xf0;
    peer.pair.inject('server', octets);
    expect(peer.pair.server.counters).toMatchObject({ droppedShort: 1, droppedOffset: 2 });
  });
});

describe('closing (RFC 9293 §3.6)', () => {
  it('goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT; half-open meanwhile', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.shutdown();
    peer.pair.settle();
    expect(peer.take()[0]?.control).toBe(FIN | ACK);
    expect(connection.state).toBe(TcpState.FIN_WAIT_1);
    peer.send();
    expect(connection.state).toBe(TcpState.FIN_WAIT_2);
    // Half-close: octets still come.
    peer.send({ octets: pattern(100) });
    expect(connection.readable).toBe(100);
    const [ack] = peer.send({ control: FIN | ACK });
    expect(ack).toMatchObject({ control: ACK, ack: peer.seq });
    expect(connection.state).toBe(TcpState.TIME_WAIT);
    expect(connection.readable).toBe(100);
    connection.consume(100);
    expect(connection.ended).toBe(true);
  });
  it('closes simultaneously: CLOSING, TIME-WAIT', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.shutdown();
    const old = peer.ack;
    peer.pair.settle();
    peer.take();
    peer.send({ control: FIN | ACK, ack: old });
    expect(connection.state).toBe(TcpState.CLOSING);
    peer.send();
    expect(connection.state).toBe(TcpState.TIME_WAIT);
  });
  it('goes CLOSE-WAIT, LAST-ACK, CLOSED', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    peer.send({ control: FIN | ACK });
    expect(connection.state).toBe(TcpState.CLOSE_WAIT);
    // The other half still sends.
    connection.write(pattern(10), 0, 10);
    connection.close();
    peer.pair.settle();
    expect(peer.take()[0]).toMatchObject({ control: FIN | ACK | PSH, length: 10 });
    expect(connection.state).toBe(TcpState.LAST_ACK);
    peer.send();
    expect(connection.state).toBe(TcpState.CLOSED);
    expect(connection.failure).toBeUndefined();
    expect(peer.pair.server.timeWaitCount).toBe(0);
  });
  it('sends a RST when octets that came were not read', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    peer.send({ octets: pattern(10) });
    connection.close();
    peer.pair.settle();
    expect(peer.take()[0]).toMatchObject({ control: RST | ACK });
    expect(peer.pair.server.memoryUsed).toBe(0);
  });
  it('does not wait in FIN-WAIT-2 for ever once nobody reads', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.close();
    peer.pair.settle();
    peer.take();
    peer.send();
    expect(connection.state).toBe(TcpState.FIN_WAIT_2);
    peer.send({ octets: pattern(1000) });
    expect(connection.readable).toBe(0);
    peer.run(61_000);
    expect(connection.state).toBe(TcpState.CLOSED);
    expect(peer.pair.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
  it('acknowledges a FIN that comes again in TIME-WAIT, ignores RSTs (RFC 1337), reuses it (RFC 6191)', () => {
    const peer = new RawPeer();
    const connection = peer.open();
    connection.close();
    peer.pair.settle();
    peer.take();
    peer.send({ control: FIN | ACK });
    expect(peer.pair.server.timeWaitCount).toBe(1);
    peer.run(30_000);
    expect(peer.send({ control: FIN | ACK, seq: peer.seq - 1 })[0]).toMatchObject({ control: ACK, ack: peer.seq });
    peer.send({ control: RST });
    peer.run(40_000);
    expect(peer.pair.server.timeWaitCount).toBe(1);
    // An old SYN is answered with an ACK, a new one with a SYN-ACK beyond the old sequence.
    const old = peer.ack;
    expect(peer.send({ control: SYN, seq: peer.seq - 1000 })[0]?.control).toBe(ACK);
    const [synAck] = peer.send({ control: SYN, seq: peer.seq + 1000 });
    expect(synAck?.control).toBe(SYN | ACK);
    expect((synAck!.seq - old) | 0).toBeGreaterThan(0);
  });
  it('bounds TIME-WAIT: the oldest goes', () => {
    const peer = new RawPeer({ timeWaitLimit: 2 });
    for (let port = 100; port < 105; port++) {
      peer.port = port;
      peer.ack = 0;
      const connection = peer.open();
      connection.close();
      peer.pair.settle();
      peer.take();
      peer.send({ control: FIN | ACK });
    }
    expect(peer.pair.server.timeWaitCount).toBe(2);
    expect(peer.pair.server.counters.timeWaitsEvicted).toBe(3);
  });
  it('keeps TIME-WAIT in order when a FIN comes again', () => {
    const peer = new RawPeer();
    const ends: [number, number][] = [];
    for (let port = 100; port < 104; port++) {
      peer.port = port;
      peer.ack = 0;
      const connection = peer.open();
      connection.close();
      peer.pair.settle();
      peer.take();
      peer.send({ control: FIN | ACK });
      ends.push([port, peer.seq]);
    }
    peer.run(30_000);
    const [port, seq] = ends[1]!;
    peer.send({ port, seq: seq - 1, control: FIN | ACK });
    peer.run(31_000);
    expect(peer.pair.server.timeWaitCount).toBe(1);
    peer.run(30_000);
    expect(peer.pair.server.timeWaitCount).toBe(0);
    expect(peer.pair.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
  it('gives every slice back, at acknowledgment or at abort', () => {
    let released = 0;
    const owner = { release: () => void released++ };
    const peer = new RawPeer();
    const connection = peer.open();
    connection.write(pattern(100), 0, 100, owner);
    peer.pair.settle();
    expect(released).toBe(0);
    peer.take();
    peer.send();
    expect(released).toBe(1);
    connection.write(pattern(100), 0, 100, owner);
    connection.abort();
    expect(released).toBe(2);
    expect(connection.room).toBe(0);
    expect(connection.write(pattern(1), 0, 1)).toBe(0);
  });
});

describe('timestamps (RFC 7323)', () => {
  it('drops what is older than TS.Recent, and what has none', () => {
    const peer = new RawPeer();
    const connection = peer.open(undefined, true);
    peer.send({ octets: pattern(10) });
    expect(connection.readable).toBe(10);
    const [ack] = peer.send({ octets: pattern(10), timestamp: 1, echo: peer.echo });
    peer.seq -= 10;
    expect(ack?.ack).toBe(peer.seq);
    expect(peer.send({ octets: pattern(10), options: [1] })).toEqual([]);
    peer.seq -= 10;
    expect(connection.readable).toBe(10);
    expect(peer.pair.server.counters.droppedOldTimestamp).toBe(2);
  });
  it('echoes the timestamp of what it acknowledges', () => {
    const peer = new RawPeer();
    peer.open(undefined, true);
    peer.send({ octets: pattern(700), timestamp: peer.tsOffset + 5000 });
    expect(peer.run(50)[0]?.echo).toBe(peer.tsOffset + 5000);
  });
});

describe('ECN (RFC 3168)', () => {
  it('is agreed on when the peer asks, echoes marks until CWR', () => {
    const peer = new RawPeer();
    const [synAck] = peer.send({ control: SYN | ECE | CWR, options: [...MSS_1460] });
    expect(synAck?.control).toBe(SYN | ACK | ECE);
    peer.send();
    const connection = peer.pair.accepted[0]!;
    expect(connection.info.ecn).toBe(true);
    expect(peer.send({ octets: pattern(10), ecn: 3 })[0]?.control).toBe(ACK | ECE);
    connection.write(pattern(5000), 0, 5000);
    peer.pair.settle();
    const sent = peer.take();
    expect(sent.every((s) => s.ecn === 2 && (s.control & ECE) !== 0)).toBe(true);
    peer.send({ octets: pattern(10), control: ACK | CWR, ecn: 2 });
    connection.write(pattern(10), 0, 10);
    peer.pair.settle();
    expect(peer.take().pop()!.control & ECE).toBe(0);
  });
  it('halves the window once a round trip, says CWR', () => {
    const pair = new Pair({
      delay: 10,
      parameters: { ecn: 2 },
      mark: (s, i) => s.from === 'client' && s.length > 0 && i < 40,
    });
    const [client, server] = pair.open();
    expect(client.info.ecn && server.info.ecn).toBe(true);
    const octets = pattern(200_000);
    expect(Buffer.compare(transfer(pair, client, server, octets), octets)).toBe(0);
    expect(pair.client.counters.ecnReductions).toBeGreaterThan(0);
    expect(pair.client.counters.octetsRetransmitted).toBe(0);
    expect(pair.log.some((s) => s.from === 'client' && (s.control & CWR) !== 0 && s.length > 0)).toBe(true);
  });
});
