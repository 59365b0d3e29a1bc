import { type ChildProcess, spawn } from 'node:child_process';
import { LinkEvent, TransmitResult } from '@immuable-net/ethernet';
import { FrameChecksum, InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTapQueue, TapLink, type TapQueueOptions } from '../src/index.ts';
import { skipped, TestNamespace } from './namespace.ts';
import { checksumHolds, type Ends, writeHead } from './tcp-frame.ts';

const OUR_MAC = [2, 0, 0, 0, 0, 1];
const FAR_MAC = [2, 0, 0, 0, 0, 2];

interface Got {
  octets: Uint8Array;
  checksum: FrameChecksum;
  segmentSize: number;
}

/** Frames of a link as they come, awaited one by one. */
class Reader {
  readonly link: TapLink;
  readonly events: number[];
  readonly #frames: Got[];
  #waiting: (() => void) | undefined;

  constructor(link: TapLink) {
    this.link = link;
    this.events = [];
    this.#frames = [];
    this.#waiting = undefined;
    link.wake = (events) => {
      this.events.push(events);
      this.drain();
      this.#waiting?.();
    };
  }

  drain(): void {
    const frame = new InboundFrame();
    while (this.link.receive(frame)) {
      this.#frames.push({
        octets: frame.slab.octets.slice(frame.start, frame.end),
        checksum: frame.checksum,
        segmentSize: frame.segmentSize,
      });
    }
  }

  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  frame(): Promise<Got> {
    return this.until(() => this.#frames.shift());
  }

  event(bit: number): Promise<number> {
    return this.until(() => this.events.find((events) => (events & bit) !== 0));
  }
}

describe.skipIf(skipped)(`a tap in a namespace${skipped ? ` (${skipped})` : ''}`, () => {
  let namespace: TestNamespace;
  const links: TapLink[] = [];
  const children: ChildProcess[] = [];
  let count = 0;

  beforeAll(() => {
    namespace = new TestNamespace();
    namespace.run('sysctl -qw net.ipv4.ip_forward=1');
  });
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => namespace.leave());

  function open(options: Omit<TapQueueOptions, 'name'> & { name?: string } = {}): TapLink {
    const link = new TapLink(openTapQueue({ name: `t${++count}`, ...options }));
    links.push(link);
    return link;
  }

  /** Two taps with the kernel as a router between them, and where a frame from one to the other goes. */
  function routed(near: TapLink, far: TapLink): Ends {
    const [a, b] = [count * 2, count * 2 + 1];
    namespace.run(`ip addr add 10.${a}.0.1/24 dev ${near.name}`);
    namespace.run(`ip addr add 10.${b}.0.1/24 dev ${far.name}`);
    for (const link of [near, far]) namespace.run(`ip link set ${link.name} up`);
    if (far.medium === 'ethernet') namespace.run(`ip neigh add 10.${b}.0.2 lladdr 02:00:00:00:00:02 dev ${far.name}`);
    const mac = near.deviceAddress;
    return {
      sourceMac: OUR_MAC,
      destinationMac: [
        mac.high >>> 8,
        mac.high & 255,
        mac.low >>> 24,
        (mac.low >>> 16) & 255,
        (mac.low >>> 8) & 255,
        mac.low & 255,
      ],
      source: [10, a, 0, 2],
      destination: [10, b, 0, 2],
    };
  }

  /** A payload in three parts, one of them small, beside a head. */
  function withPayload(frame: OutboundFrame, payload: Uint8Array): void {
    const around = new Uint8Array(payload.length + 10);
    around.set(payload, 5);
    const cuts = [0, 3000, 3100, payload.length].map((cut) => Math.min(cut, payload.length));
    for (let i = 0; i < 3; i++) {
      if (cuts[i] === cuts[i + 1]) continue;
      frame.parts[frame.partCount] = around;
      frame.partStarts[frame.partCount] = 5 + cuts[i]!;
      frame.partEnds[frame.partCount] = 5 + cuts[i + 1]!;
      frame.partOctets += cuts[i + 1]! - cuts[i]!;
      frame.partCount++;
    }
  }

  function pattern(length: number): Uint8Array {
    return new Uint8Array(length).map((_, i) => (i * 7 + (i >>> 8)) & 0xff);
  }

  it('reads and writes frames that tcpdump sees', async () => {
    const link = open();
    namespace.run(`ip addr add 10.200.0.1/24 dev ${link.name}`);
    namespace.run(`ip link set ${link.name} up`);
    const reader = new Reader(link);
    const dump = spawn('tcpdump', ['-l', '-n', '-e', '-i', link.name, '-c', '2', 'arp'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(dump);
    let seen = '';
    dump.stdout.on('data', (text) => {
      seen += text;
    });
    await new Promise<void>((resolve) => {
      dump.stderr.on('data', (text) => String(text).includes('listening on') && resolve());
    });
    children.push(spawn('ping', ['-c', '1', '-W', '1', '10.200.0.2'], { stdio: 'ignore' }));
    let request: Got;
    do request = await reader.frame();
    while (request.octets[12] !== 8 || request.octets[13] !== 6);
    // An ARP reply by hand: 10.200.0.2 is at our address.
    const frame = new OutboundFrame();
    const reply = request.octets.slice();
    reply.set(request.octets.subarray(6, 12), 0);
    reply.set(OUR_MAC, 6);
    reply[21] = 2;
    reply.set(request.octets.subarray(22, 32), 32);
    reply.set(OUR_MAC, 22);
    reply.set([10, 200, 0, 2], 28);
    frame.copy(reply, 0, reply.length);
    expect(link.transmit(frame)).toBe(TransmitResult.Sent);
    await new Promise((resolve) => dump.on('close', resolve));
    expect(seen).toMatch(/Request who-has 10\.200\.0\.2 tell 10\.200\.0\.1/);
    expect(seen).toMatch(/02:00:00:00:00:01 > .*Reply 10\.200\.0\.2 is-at 02:00:00:00:00:01/);
    // The kernel took the reply: its echo request follows.
    let echo: Got;
    do echo = await reader.frame();
    while (echo.octets[12] !== 8 || echo.octets[13] !== 0);
    expect([...echo.octets.subarray(0, 6)]).toEqual(OUR_MAC);
    expect(link.counters.received).toBeGreaterThanOrEqual(2);
    expect(link.counters.sent).toBe(1);
    expect(link.statistics()?.framesFromUs).toBe(1);
  });

  it('gives a packet of 60,000 octets down whole; the kernel cuts it and sums each segment', async () => {
    const near = open();
    const far = open({ offload: false });
    expect(near.offload).toEqual({ checksum: true, segments4: 65535, segments6: 65535 });
    expect(far.offload).toEqual({ checksum: false, segments4: 0, segments6: 0 });
    const ends = routed(near, far);
    const reader = new Reader(far);
    const payload = pattern(60_000);
    const frame = new OutboundFrame();
    writeHead(frame, ends, payload.length);
    withPayload(frame, payload);
    frame.segmentSize = 1448;
    frame.segmentFamily = 4;
    expect(near.transmit(frame)).toBe(TransmitResult.Sent);
    const received = new Uint8Array(payload.length);
    for (let at = 0; at < payload.length; ) {
      const got = await reader.frame();
      const size = Math.min(1448, payload.length - at);
      expect([...got.octets.subarray(0, 6)]).toEqual(FAR_MAC);
      expect([got.octets.length, got.checksum, got.segmentSize]).toEqual([54 + size, FrameChecksum.Unknown, 0]);
      expect(checksumHolds(got.octets, 14)).toBe(true);
      received.set(got.octets.subarray(54), at);
      at += size;
    }
    expect(received).toEqual(payload);
  });

  it('takes a coalesced packet up whole, its checksum partial, with the size of its segments', async () => {
    const near = open();
    const far = open();
    const ends = routed(near, far);
    const reader = new Reader(far);
    const payload = pattern(50_001);
    const frame = new OutboundFrame();
    writeHead(frame, ends, payload.length);
    withPayload(frame, payload);
    frame.segmentSize = 1000;
    frame.segmentFamily = 4;
    expect(near.transmit(frame)).toBe(TransmitResult.Sent);
    const got = await reader.frame();
    expect([got.octets.length, got.checksum, got.segmentSize]).toEqual([50_055, FrameChecksum.Partial, 1000]);
    expect(got.octets.subarray(54)).toEqual(payload);
  });

  it('leaves a checksum to the kernel, and fills none in without offload', async () => {
    const near = open();
    const far = open({ offload: false });
    const ends = routed(near, far);
    const reader = new Reader(far);
    const frame = new OutboundFrame();
    writeHead(frame, ends, 100);
    frame.copy(pattern(100), 0, 100);
    expect(near.transmit(frame)).toBe(TransmitResult.Sent);
    const got = await reader.frame();
    expect(checksumHolds(got.octets, 14)).toBe(true);
    writeHead(frame, ends, 0);
    expect(far.transmit(frame)).toBe(TransmitResult.Refused);
    frame.checksumStart = 0;
    frame.copy(pattern(1500), 0, 1461);
    expect(near.transmit(frame)).toBe(TransmitResult.Refused); // beyond the MTU, and nobody asked to cut it
    expect(near.counters.refused).toBe(1);
  });

  it('drives a tun: packets without Ethernet', async () => {
    const near = open({ kind: 'tun' });
    const far = open({ kind: 'tun' });
    expect(near.medium).toBe('ip');
    const ends = routed(near, far);
    const reader = new Reader(far);
    const frame = new OutboundFrame();
    writeHead(frame, ends, 3000, false);
    withPayload(frame, pattern(3000));
    frame.segmentSize = 1448;
    frame.segmentFamily = 4;
    expect(near.transmit(frame)).toBe(TransmitResult.Sent);
    const got = await reader.frame();
    expect([got.octets[0], got.octets.length, got.segmentSize]).toEqual([0x45, 3040, 1448]);
    expect(got.octets.subarray(40)).toEqual(pattern(3000));
  });

  it('tells up, down and a new MTU', async () => {
    const link = open({ mtu: 1400 });
    expect(link.mtu).toBe(1400);
    expect(link.up).toBe(false);
    const reader = new Reader(link);
    const frame = new OutboundFrame();
    frame.copy(new Uint8Array(60), 0, 60);
    expect(link.transmit(frame)).toBe(TransmitResult.Down);
    namespace.run(`ip link set ${link.name} up`);
    await reader.event(LinkEvent.Up);
    expect(link.up).toBe(true);
    expect(link.transmit(frame)).toBe(TransmitResult.Sent);
    namespace.run(`ip link set ${link.name} mtu 1300`);
    await reader.event(LinkEvent.Mtu);
    expect(link.mtu).toBe(1300);
    namespace.run(`ip link set ${link.name} down`);
    await reader.event(LinkEvent.Down);
    expect(link.up).toBe(false);
  });

  it('tells that a device was deleted, and goes on with another queue', async () => {
    const link = open({ name: 'gone0' });
    namespace.run('ip link set gone0 up');
    const reader = new Reader(link);
    namespace.run('ip link del gone0');
    await reader.event(LinkEvent.Gone);
    expect(link.gone).toBe(true);
    const frame = new OutboundFrame();
    frame.copy(new Uint8Array(60), 0, 60);
    expect(link.transmit(frame)).toBe(TransmitResult.Down);
    expect(link.receive(new InboundFrame())).toBe(false);
    expect(() => openTapQueue({ name: 'gone0', create: false })).toThrow(
      expect.objectContaining({ code: 'no-device' }),
    );
    reader.events.splice(0);
    link.attach(openTapQueue({ name: 'gone0', mtu: 1280 }));
    await reader.event(LinkEvent.Mtu);
    namespace.run('ip link set gone0 up');
    await reader.event(LinkEvent.Up);
    expect(link.transmit(frame)).toBe(TransmitResult.Sent);
    expect(link.mtu).toBe(1280);
  });

  it('finds out that the device is gone when it writes', async () => {
    const link = open({ name: 'gone1' });
    namespace.run('ip link set gone1 up');
    namespace.run('ip link del gone1');
    const frame = new OutboundFrame();
    frame.copy(new Uint8Array(60), 0, 60);
    const told: number[] = [];
    link.wake = (events) => told.push(events);
    expect(link.transmit(frame)).toBe(TransmitResult.Down);
    expect(told).toEqual([]); // never from inside transmit
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.reduce((all, events) => all | events, 0) & LinkEvent.Gone).toBe(LinkEvent.Gone);
  });

  it('gives taps that it created a long queue, and counts what the kernel dropped', () => {
    const link = open();
    expect(namespace.run(`ip link show ${link.name}`)).toMatch(/qlen 10000/);
    expect(link.statistics()?.droppedTowardsUs).toBe(0);
    namespace.run(`ip link set ${link.name} txqueuelen 2`);
    namespace.run(`ip addr add 10.210.0.1/24 dev ${link.name}`);
    namespace.run(`ip link set ${link.name} up`);
    namespace.run(`ip neigh add 10.210.0.2 lladdr 02:00:00:00:00:01 dev ${link.name}`);
    expect(() => namespace.run('ping -q -c 10 -i 0.002 -W 0.01 10.210.0.2')).toThrow();
    expect(link.statistics()?.droppedTowardsUs).toBeGreaterThan(0);
  });

  it('opens a device of several queues as often as it is asked', () => {
    const first = open({ name: 'multi0', multiQueue: true });
    const second = open({ name: 'multi0', multiQueue: true });
    expect([first.name, second.name]).toEqual(['multi0', 'multi0']);
  });

  it('keeps no frame from being read while nobody listens, and wakes who listens later', async () => {
    const near = open();
    const far = open();
    const ends = routed(near, far);
    const frame = new OutboundFrame();
    writeHead(frame, ends, 0);
    expect(near.transmit(frame)).toBe(TransmitResult.Sent);
    const got = await new Reader(far).frame();
    expect(got.octets.length).toBe(54);
  });
});
