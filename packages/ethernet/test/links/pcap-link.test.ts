import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FrameChecksum, InboundFrame, OutboundFrame } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { type CaptureWriter, MemoryWire, PcapLink, PcapngWriter, PcapWriter } from '../../src/links/index.ts';
import { tcpChecksumHolds, tcpFrame } from './frames.ts';

/** A capture of four frames: small, super-segment and UDP-like sizes, both ways, over a wire with offload. */
function capture(make: (sink: (octets: Uint8Array) => void) => CaptureWriter): Uint8Array[] {
  const records: Uint8Array[] = [];
  const writer = make((octets) => records.push(octets.slice()));
  const wire = new MemoryWire({ offload: true });
  let time = 1_764_000_000_123.25;
  const clock = (): number => (time += 0.5);
  const link = new PcapLink(wire.left, writer, clock);
  const frame = new OutboundFrame();
  link.transmit(tcpFrame(frame, { bits: 2, open: true }));
  tcpFrame(frame, { payload: new Uint8Array(60_001).fill(7), open: true }).segmentSize = 1460;
  link.transmit(frame);
  wire.right.transmit(tcpFrame(frame, { payload: new Uint8Array(33).fill(8), open: true }));
  wire.right.transmit(tcpFrame(frame, { payload: new Uint8Array(5000).fill(9), open: true }));
  const inbound = new InboundFrame();
  while (link.receive(inbound)) expect(inbound.checksum).toBe(FrameChecksum.Partial); // left as it was
  return records;
}

const tshark = spawnSync('tshark', ['--version']).status === 0;

describe('a capture', () => {
  it('holds whole frames with nanoseconds and complete checksums', () => {
    const [header, ...records] = capture((sink) => new PcapWriter('ethernet', sink));
    const head = new DataView(header!.buffer);
    expect([head.getUint32(0, true), header!.length, head.getUint32(20, true)]).toEqual([0xa1b23c4d, 24, 1]);
    expect(records.map((record) => record.length - 16)).toEqual([54, 60_055, 87, 5054]);
    const view = new DataView(records[0]!.buffer);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([1_764_000_000, 123_750_000]);
    for (const record of records) expect(tcpChecksumHolds(record.subarray(16))).toBe(true);
  });

  it('holds only frames that were sent', () => {
    const records: Uint8Array[] = [];
    const wire = new MemoryWire({ frames: 1 });
    const link = new PcapLink(wire.left, new PcapWriter('ethernet', (octets) => records.push(octets.slice())), () => 0);
    const frame = new OutboundFrame();
    link.transmit(tcpFrame(frame));
    link.transmit(tcpFrame(frame));
    expect(records.length).toBe(2);
  });

  it.skipIf(!tshark)('is read by tshark without a warning, both formats (skipped without tshark)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pcap-'));
    try {
      for (const kind of ['pcap', 'pcapng']) {
        const records = capture((sink) => {
          if (kind === 'pcap') return new PcapWriter('ethernet', sink);
          const writer = new PcapngWriter('ethernet', sink);
          writer.secrets(new TextEncoder().encode(`CLIENT_RANDOM ${'ab'.repeat(32)} ${'cd'.repeat(48)}\n`));
          return writer;
        });
        const path = join(folder, `x.${kind}`);
        writeFileSync(path, Buffer.concat(records));
        const fields = ['frame.time_epoch', 'frame.len', 'tcp.checksum.status', 'tcp.len'].flatMap((name) => [
          '-e',
          name,
        ]);
        const read = spawnSync(
          'tshark',
          ['-r', path, '-o', 'tcp.check_checksum:TRUE', '-T', 'fields', '-E', 'separator=/s', ...fields],
          { encoding: 'utf8' },
        );
        expect(read.stderr.replace(/Running as user.*\n/, '')).toBe('');
        expect(read.stdout.trim().split('\n')).toEqual([
          '1764000000.123750000 54 1 0',
          '1764000000.124250000 60055 1 60001',
          '1764000000.124750000 87 1 33',
          '1764000000.125250000 5054 1 5000',
        ]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
