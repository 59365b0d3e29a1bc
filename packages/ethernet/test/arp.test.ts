import { OutboundFrame } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingFrame } from '../src/arp/waiting-frame.ts';
import {
  ClaimMode,
  ConflictOutcome,
  EthernetArrival,
  EtherType,
  NeighbourOutput,
  NeighbourState,
} from '../src/index.ts';
import { arp, RawPeer } from './raw-peer.ts';

/** 10.0.0.2 is ours, 10.0.0.1 theirs, 10.0.0.3 somebody else's. */
const OUR_ADDRESS = 0x0a000002;
const THEIR_ADDRESS = 0x0a000001;
const ours = '02000000000a';
const theirs = '02000000000b';
const third = '02000000000c';

function started(): RawPeer {
  const peer = new RawPeer();
  peer.ethernet.arp.add(OUR_ADDRESS);
  return peer;
}

function packet(tag: number, octets: number = 46): OutboundFrame {
  const frame = new OutboundFrame();
  frame.copy(new Uint8Array(octets).fill(tag), 0, octets);
  return frame;
}

/** Runs timers one deadline after the other up to `until`, and says what was sent when. */
function run(peer: RawPeer, until: number): [number, string][] {
  const sent: [number, string][] = [];
  for (let at = peer.ethernet.nextTimeout(); at <= until; at = peer.ethernet.nextTimeout()) {
    peer.ethernet.timeoutsExpire(at);
    for (const frame of peer.take()) sent.push([at, frame]);
  }
  return sent;
}

const pad = (frame: string): string => frame.padEnd(120, '0');
const PROBE = pad(arp(1, ours, '00000000', '000000000000', '0a000002'));
const ANNOUNCEMENT = pad(arp(1, ours, '0a000002', '000000000000', '0a000002'));
const REQUEST = pad(arp(1, ours, '0a000002', '000000000000', '0a000001'));

describe('ARP (RFC 826)', () => {
  it('answers a request for our address, and learns who asked', () => {
    const peer = started();
    expect(peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000002'))).toBe(EthernetArrival.Consumed);
    expect(peer.take()).toEqual([pad(arp(2, ours, '0a000002', theirs, '0a000001', theirs))]);
    const neighbour = peer.ethernet.arp.neighbours.find(THEIR_ADDRESS);
    expect(neighbour?.state).toBe(NeighbourState.Reachable);
    expect([neighbour?.high, neighbour?.low]).toEqual([0x0200, 0x0b]);
    expect(peer.ethernet.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('answers a probe (RFC 5227) and learns nothing of it', () => {
    const peer = started();
    peer.send(arp(1, theirs, '00000000', '000000000000', '0a000002'));
    expect(peer.take()).toEqual([pad(arp(2, ours, '0a000002', theirs, '00000000', theirs))]);
    expect(peer.ethernet.arp.neighbours.size).toBe(0);
  });

  it('neither answers nor learns from what is said to others', () => {
    const peer = started();
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000003'));
    peer.send(arp(2, theirs, '0a000001', third, '0a000003'));
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000001'));
    expect(peer.take()).toEqual([]);
    expect(peer.ethernet.arp.neighbours.size).toBe(0);
  });

  it('updates a neighbour that it holds from whatever that says', () => {
    const peer = started();
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000002'));
    peer.send(arp(1, third, '0a000001', '000000000000', '0a000001'));
    expect(peer.ethernet.arp.neighbours.find(THEIR_ADDRESS)?.low).toBe(0x0c);
  });

  it('is taught nothing by IP frames', () => {
    const peer = started();
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000002'));
    // 10.0.0.1 and 10.0.0.3 in IPv4 headers, from another MAC address.
    for (const source of ['0a000001', '0a000003']) {
      peer.send(`${ours}${third}08004500001c00000000401100 00${source}0a000002${'00'.repeat(26)}`);
    }
    expect(peer.ethernet.arp.neighbours.size).toBe(1);
    expect(peer.ethernet.arp.neighbours.find(THEIR_ADDRESS)?.low).toBe(0x0b);
  });

  it.each([
    ['droppedMalformed', `ffffffffffff${theirs}08060001080006040001${theirs}`],
    ['droppedMalformed', `ffffffffffff${theirs}08060006080006040001${theirs}0a0000010000000000000a000002`],
    ['droppedMalformed', `ffffffffffff${theirs}08060001080006040003${theirs}0a0000010000000000000a000002`],
    ['droppedSender', `ffffffffffff${theirs}0806000108000604000103000000000b0a0000010000000000000a000002`],
    ['droppedSender', arp(1, '000000000000', '0a000001', '000000000000', '0a000002')],
    ['droppedSender', arp(1, ours, '0a000002', '000000000000', '0a000002')],
  ] as const)('drops and counts %s', (counter, frame) => {
    const peer = started();
    peer.send(frame);
    expect(peer.ethernet.arp.counters[counter]).toBe(1);
    expect(peer.take()).toEqual([]);
    expect(peer.ethernet.arp.neighbours.size).toBe(0);
  });

  it('is never made to throw', () => {
    const peer = started();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 40 }), fc.boolean(), (rest, likely) => {
        const front = likely ? [0, 1, 8, 0, 6, 4, 0, 1 + (rest[0]! & 1)] : [];
        peer.send(new Uint8Array([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 11, 8, 6, ...front, ...rest]));
        peer.take();
      }),
      { numRuns: 1000 },
    );
    expect(peer.ethernet.arp.neighbours.size).toBeLessThanOrEqual(1024);
  });
});

describe('neighbours', () => {
  it('keep frames until they answer, and get them in order', () => {
    const peer = started();
    const neighbour = peer.ethernet.arp.neighbours.get(THEIR_ADDRESS, 0);
    for (const tag of [1, 2, 3]) {
      expect(peer.ethernet.outputTo(neighbour, packet(tag), EtherType.Ipv4, 0)).toBe(NeighbourOutput.Pending);
    }
    expect(peer.take()).toEqual([REQUEST]);
    peer.send(arp(2, theirs, '0a000001', ours, '0a000002', ours), 5);
    expect(peer.take()).toEqual([1, 2, 3].map((tag) => `${theirs}${ours}0800${`0${tag}`.repeat(46)}`));
    expect(peer.ethernet.arp.neighbours.waitingOctets).toBe(0);
    expect(peer.ethernet.outputTo(neighbour, packet(4), EtherType.Ipv4, 6)).toBe(NeighbourOutput.Sent);
    peer.take();
    expect(run(peer, 1000)).toEqual([]);
    expect(peer.ethernet.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('keep what a frame asked of the link', () => {
    const frame = packet(7, 40);
    frame.headerEnd = frame.start + 28;
    frame.checksumStart = frame.start + 20;
    frame.checksumOffset = 6;
    frame.segmentSize = 5;
    frame.segmentFamily = 4;
    const waiting = new WaitingFrame(frame, EtherType.Ipv4);
    const restored = new OutboundFrame();
    waiting.restore(restored);
    const { start, end, checksumStart, checksumOffset, segmentSize, segmentFamily, headerEnd } = restored;
    expect([end - start, checksumStart - start, checksumOffset]).toEqual([40, 20, 6]);
    expect([segmentSize, segmentFamily, headerEnd - start]).toEqual([5, 4, 28]);
    expect(restored.slab.octets.subarray(start, end)).toEqual(new Uint8Array(40).fill(7));
    new WaitingFrame(packet(7, 40), EtherType.Ipv4).restore(restored);
    expect(restored.checksumStart).toBe(0);
  });

  it('are asked once a second, three times, and then fail for a second', () => {
    const peer = started();
    const { neighbours, counters } = peer.ethernet.arp;
    const neighbour = neighbours.get(THEIR_ADDRESS, 0);
    peer.ethernet.outputTo(neighbour, packet(1), EtherType.Ipv4, 0);
    peer.take();
    expect(run(peer, 2999)).toEqual([
      [1000, REQUEST],
      [2000, REQUEST],
    ]);
    expect(neighbours.takeFailure()).toBeUndefined();
    expect(run(peer, 3000)).toEqual([]);
    expect(neighbours.takeFailure()).toEqual(new Uint8Array(46).fill(1));
    expect(neighbours.takeFailure()).toBeUndefined();
    expect(counters.failures).toBe(1);
    expect(peer.ethernet.outputTo(neighbour, packet(2), EtherType.Ipv4, 3500)).toBe(NeighbourOutput.Unreachable);
    expect(run(peer, 4000)).toEqual([]);
    expect(neighbour.state).toBe(NeighbourState.Gone);
    expect(neighbours.size).toBe(0);
    expect(neighbours.waitingOctets).toBe(0);
    expect(peer.ethernet.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('go stale after 30 s, and are polled by unicast five seconds after their next use unless confirmed', () => {
    const peer = started();
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000002'));
    peer.take();
    const neighbour = peer.ethernet.arp.neighbours.get(THEIR_ADDRESS, 0);
    peer.ethernet.outputTo(neighbour, packet(1), EtherType.Ipv4, 29_999);
    expect(peer.ethernet.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    peer.ethernet.outputTo(neighbour, packet(1), EtherType.Ipv4, 31_000);
    peer.take();
    neighbour.confirm(33_000);
    expect(run(peer, 36_000)).toEqual([]);
    expect(neighbour.state).toBe(NeighbourState.Reachable);
    peer.ethernet.outputTo(neighbour, packet(1), EtherType.Ipv4, 70_000);
    peer.take();
    const poll = pad(arp(1, ours, '0a000002', '000000000000', '0a000001', theirs));
    expect(run(peer, 76_000)).toEqual([
      [75_000, poll],
      [76_000, poll],
    ]);
    expect(peer.ethernet.outputTo(neighbour, packet(1), EtherType.Ipv4, 76_500)).toBe(NeighbourOutput.Sent);
    peer.take();
    // No answer: what was known is forgotten, and all are asked.
    expect(run(peer, 78_000)).toEqual([
      [77_000, poll],
      [78_000, REQUEST],
    ]);
    expect(peer.ethernet.outputTo(neighbour, packet(2), EtherType.Ipv4, 78_100)).toBe(NeighbourOutput.Pending);
    peer.send(arp(2, third, '0a000001', ours, '0a000002', ours), 78_200);
    expect(peer.take()).toEqual([`${third}${ours}0800${'02'.repeat(46)}`]);
  });

  it('are asked at once when a transport doubts them', () => {
    const peer = started();
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000002'));
    peer.take();
    const { neighbours } = peer.ethernet.arp;
    const neighbour = neighbours.get(THEIR_ADDRESS, 0);
    neighbours.doubt(neighbour, 10);
    expect(peer.take()).toEqual([pad(arp(1, ours, '0a000002', '000000000000', '0a000001', theirs))]);
    peer.send(arp(2, theirs, '0a000001', ours, '0a000002', ours), 11);
    expect(neighbour.state).toBe(NeighbourState.Reachable);
  });

  it('are 1,024 at most, and those in use stay', () => {
    const peer = started();
    const { neighbours, counters } = peer.ethernet.arp;
    neighbours.learn(THEIR_ADDRESS, 0x0200, 0x0b, 0);
    const used = neighbours.get(THEIR_ADDRESS, 0);
    for (let i = 0; i < 5000; i++) {
      neighbours.learn(0x0b000000 + i, 0x0200, i, i);
      peer.ethernet.outputTo(used, packet(1), EtherType.Ipv4, i);
      peer.take();
    }
    expect(neighbours.size).toBe(1024);
    expect(used.state).toBe(NeighbourState.Reachable);
    expect(counters.evicted).toBe(5001 - 1024);
  });

  it('keep 48 frames each and a megabyte together, the latest', () => {
    const peer = started();
    const { neighbours, counters } = peer.ethernet.arp;
    const neighbour = neighbours.get(THEIR_ADDRESS, 0);
    for (let tag = 0; tag < 60; tag++) peer.ethernet.outputTo(neighbour, packet(tag), EtherType.Ipv4, 0);
    expect(counters.waitingDropped).toBe(12);
    peer.send(arp(2, theirs, '0a000001', ours, '0a000002', ours), 5);
    const sent = peer.take();
    expect(sent.length).toBe(49);
    expect(sent[1]?.slice(28, 30)).toBe('0c');
    for (let i = 0; i < 40; i++) {
      const other = neighbours.get(0x0c000000 + i, 0);
      peer.ethernet.outputTo(other, packet(1, 60_000), EtherType.Ipv4, 0);
    }
    expect(neighbours.waitingOctets).toBeLessThanOrEqual(1_048_576);
    expect(counters.waitingDropped).toBe(12 + 23);
  });

  it('unused for ten minutes are forgotten when the next one comes', () => {
    const peer = started();
    const { neighbours, counters } = peer.ethernet.arp;
    neighbours.learn(THEIR_ADDRESS, 0x0200, 0x0b, 0);
    neighbours.learn(0x0a000009, 0x0200, 0x09, 700_000);
    expect(neighbours.find(THEIR_ADDRESS)).toBeUndefined();
    expect(counters.expired).toBe(1);
  });
});

describe('our addresses (RFC 5227)', () => {
  it('are announced at once and probed for meanwhile', () => {
    const peer = started();
    peer.ethernet.arp.claim(OUR_ADDRESS, ClaimMode.AnnounceAtOnce, 0);
    expect(peer.ethernet.arp.isUsable(OUR_ADDRESS)).toBe(true);
    expect(run(peer, 60_000)).toEqual([
      [0, PROBE],
      [0, ANNOUNCEMENT],
      [1000, PROBE],
      [2000, PROBE],
      [2000, ANNOUNCEMENT],
    ]);
    expect(peer.ethernet.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('that somebody has already are told in clear words, within three seconds of the start', () => {
    const peer = started();
    const { arp: layer } = peer.ethernet;
    layer.claim(OUR_ADDRESS, ClaimMode.AnnounceAtOnce, 0);
    peer.ethernet.timeoutsExpire(0);
    peer.take();
    peer.send(arp(2, theirs, '0a000002', ours, '00000000', ours), 2999);
    const conflict = layer.takeConflict();
    expect(conflict?.outcome).toBe(ConflictOutcome.Taken);
    expect(conflict?.message).toBe(
      '10.0.0.2 is already used on this network by 02:00:00:00:00:0b: choose another address',
    );
    expect(run(peer, 60_000)).toEqual([]);
    expect(layer.neighbours.size).toBe(0);
  });

  it('are defended once in ten seconds, and kept', () => {
    const peer = started();
    const { arp: layer } = peer.ethernet;
    layer.claim(OUR_ADDRESS, ClaimMode.AnnounceAtOnce, 0);
    run(peer, 60_000);
    const announcement = arp(1, theirs, '0a000002', '000000000000', '0a000002');
    peer.send(announcement, 60_000);
    expect(peer.take()).toEqual([ANNOUNCEMENT]);
    expect(layer.takeConflict()?.outcome).toBe(ConflictOutcome.Defended);
    peer.send(announcement, 69_999);
    expect(peer.take()).toEqual([]);
    expect(layer.takeConflict()?.outcome).toBe(ConflictOutcome.Contested);
    peer.send(announcement, 70_000);
    expect(peer.take()).toEqual([ANNOUNCEMENT]);
    expect(layer.counters.conflicts).toBe(3);
    expect(layer.isUsable(OUR_ADDRESS)).toBe(true);
  });

  it('may be probed for first: three probes, two seconds of silence, then announced and used', () => {
    const peer = started();
    const { arp: layer } = peer.ethernet;
    layer.claim(OUR_ADDRESS, ClaimMode.ProbeFirst, 0);
    expect(layer.isUsable(OUR_ADDRESS)).toBe(false);
    // Not answered for yet.
    peer.send(arp(1, theirs, '0a000001', '000000000000', '0a000002'));
    expect(peer.take()).toEqual([]);
    const sent = run(peer, 60_000);
    expect(sent.map(([, frame]) => frame)).toEqual([PROBE, PROBE, PROBE, ANNOUNCEMENT, ANNOUNCEMENT]);
    const at = sent.map(([time]) => time);
    expect(at[0]).toBeGreaterThanOrEqual(0);
    expect(at[0]).toBeLessThanOrEqual(1000);
    for (const i of [1, 2]) {
      expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(1000);
      expect(at[i]! - at[i - 1]!).toBeLessThanOrEqual(2000);
    }
    expect(at[3]! - at[2]!).toBe(2000);
    expect(at[4]! - at[3]!).toBe(2000);
    expect(layer.isUsable(OUR_ADDRESS)).toBe(true);
  });

  it.each([
    ['an answer', arp(2, theirs, '0a000002', ours, '00000000', ours)],
    ['another probe for it', arp(1, theirs, '00000000', '000000000000', '0a000002')],
  ])('probed for first are given up on %s', (_, frame) => {
    const peer = started();
    const { arp: layer } = peer.ethernet;
    layer.claim(OUR_ADDRESS, ClaimMode.ProbeFirst, 0);
    run(peer, 1000);
    peer.send(frame, 1500);
    expect(layer.takeConflict()?.outcome).toBe(ConflictOutcome.Taken);
    expect(run(peer, 60_000)).toEqual([]);
    expect(layer.isUsable(OUR_ADDRESS)).toBe(false);
  });

  it('are several, and requests come from the nearest', () => {
    const peer = started();
    const { arp: layer } = peer.ethernet;
    layer.add(0xc0a80002 | 0);
    peer.send(arp(1, theirs, 'c0a80001', '000000000000', 'c0a80002'));
    expect(peer.take()).toEqual([pad(arp(2, ours, 'c0a80002', theirs, 'c0a80001', theirs))]);
    const neighbour = layer.neighbours.get(0xc0a80009 | 0, 0);
    peer.ethernet.outputTo(neighbour, packet(1), EtherType.Ipv4, 0);
    expect(peer.take()).toEqual([pad(arp(1, ours, 'c0a80002', '000000000000', 'c0a80009'))]);
    layer.remove(0xc0a80002 | 0);
    peer.send(arp(1, theirs, 'c0a80001', '000000000000', 'c0a80002'));
    expect(peer.take()).toEqual([]);
  });
});
