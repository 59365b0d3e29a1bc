import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, OctetWriter } from '@immuable-net/octets';
import { describe, expect, it } from 'vitest';
import { FieldList, HpackDecoder, HpackEncoder, HpackFailure, Indexing } from '../../src/hpack/index.ts';

interface Story {
  readonly cases: readonly {
    readonly header_table_size?: number;
    readonly wire: string;
    readonly headers: readonly Record<string, string>[];
  }[];
}

const root = fileURLToPath(new URL('../fixtures/hpack/', import.meta.url));
const encoders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());

function pairs(list: FieldList): [string, string][] {
  return Array.from({ length: list.count }, (_, i) => [list.at(i).name, list.at(i).value]);
}

describe.each(encoders.map((entry) => entry.name))('what %s encoded', (name) => {
  const stories = readdirSync(root + name);
  expect(stories.length).toBeGreaterThan(0);
  it.each(stories)('%s', (file) => {
    const story = JSON.parse(readFileSync(`${root}${name}/${file}`, 'utf8')) as Story;
    const decoder = new HpackDecoder(4096);
    const encoder = new HpackEncoder(4096);
    const second = new HpackDecoder(4096);
    const list = new FieldList(1 << 20, 1000);
    for (const { header_table_size: size, wire, headers } of story.cases) {
      const expected = headers.flatMap((header) => Object.entries(header));
      if (size !== undefined) {
        decoder.limitCapacity(size);
        encoder.limitCapacity(size);
        second.limitCapacity(size);
      }
      const octets = fromHex(wire);
      list.clear();
      expect(decoder.decode(octets, 0, octets.length, list)).toBe(HpackFailure.None);
      expect(pairs(list)).toEqual(expected);
      expect(decoder.table.size).toBeLessThanOrEqual(decoder.table.capacity);

      const writer = new OctetWriter();
      encoder.begin(writer);
      for (const [field, value] of expected) encoder.encode(writer, field, value, Indexing.Incremental);
      list.clear();
      expect(second.decode(writer.octets, 0, writer.at, list)).toBe(HpackFailure.None);
      expect(pairs(list)).toEqual(expected);
      expect(second.table.size).toBe(encoder.table.size);
    }
  });
});
