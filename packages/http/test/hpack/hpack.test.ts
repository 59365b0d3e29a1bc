import { fromHex, OctetWriter, toHex } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldList, HpackDecoder, HpackEncoder, HpackFailure, Indexing } from '../../src/hpack/index.ts';

function decode(decoder: HpackDecoder, hex: string, list: FieldList = new FieldList(65_536, 100)): HpackFailure {
  const octets = fromHex(hex);
  return decoder.decode(octets, 0, octets.length, list);
}

function lines(list: FieldList): string[] {
  return Array.from({ length: list.count }, (_, i) => `${list.at(i).name}: ${list.at(i).value}`);
}

function table(decoder: HpackDecoder): string[] {
  return Array.from({ length: decoder.table.count }, (_, i) => {
    const field = decoder.table.at(i);
    return `${field.name}: ${field.value}`;
  });
}

describe('the examples of RFC 7541 Appendix C', () => {
  it('C.2: representations', () => {
    const decoder = new HpackDecoder();
    const list = new FieldList(65_536, 100);
    expect(decode(decoder, '400a637573746f6d2d6b65790d637573746f6d2d686561646572', list)).toBe(HpackFailure.None);
    expect(table(decoder)).toEqual(['custom-key: custom-header']);
    expect(decoder.table.size).toBe(55);
    expect(decode(decoder, '040c2f73616d706c652f70617468', list)).toBe(HpackFailure.None);
    expect(decode(decoder, '100870617373776f726406736563726574', list)).toBe(HpackFailure.None);
    expect(decode(decoder, '82', list)).toBe(HpackFailure.None);
    expect(lines(list)).toEqual([
      'custom-key: custom-header',
      ':path: /sample/path',
      'password: secret',
      ':method: GET',
    ]);
    expect([0, 1, 2, 3].map((i) => list.at(i).neverIndexed)).toEqual([false, false, true, false]);
    expect(decoder.table.count).toBe(1);
  });

  it.each([
    [
      'C.3',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
    ],
    [
      'C.4',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
    ],
  ])('%s: requests', (_, blocks) => {
    const decoder = new HpackDecoder();
    const sizes = blocks.map((block) => {
      expect(decode(decoder, block)).toBe(HpackFailure.None);
      return decoder.table.size;
    });
    expect(sizes).toEqual([57, 110, 164]);
    expect(table(decoder)).toEqual([
      'custom-key: custom-value',
      'cache-control: no-cache',
      ':authority: www.example.com',
    ]);
  });

  it('C.6: responses with eviction, decoded, and encoded to the same octets', () => {
    const decoder = new HpackDecoder(256);
    const encoder = new HpackEncoder(256);
    const writer = new OctetWriter();
    encoder.begin(writer);
    expect(toHex(writer.finish())).toBe('3fe101'); // the peer believes 4096 until it is told 256
    const blocks: [string, number, string[]][] = [
      [
        '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
        222,
        [
          ':status: 302',
          'cache-control: private',
          'date: Mon, 21 Oct 2013 20:13:21 GMT',
          'location: https://www.example.com',
        ],
      ],
      [
        '4883640effc1c0bf',
        222,
        [
          ':status: 307',
          'cache-control: private',
          'date: Mon, 21 Oct 2013 20:13:21 GMT',
          'location: https://www.example.com',
        ],
      ],
      [
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
        215,
        [
          ':status: 200',
          'cache-control: private',
          'date: Mon, 21 Oct 2013 20:13:22 GMT',
          'location: https://www.example.com',
          'content-encoding: gzip',
          'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
        ],
      ],
    ];
    for (const [hex, size, fields] of blocks) {
      const list = new FieldList(65_536, 100);
      expect(decode(decoder, hex, list)).toBe(HpackFailure.None);
      expect(lines(list)).toEqual(fields);
      expect(decoder.table.size).toBe(size);
      writer.clear();
      for (const field of fields) {
        const colon = field.indexOf(': ');
        encoder.encode(writer, field.slice(0, colon), field.slice(colon + 2), Indexing.Incremental);
      }
      expect(toHex(writer.finish())).toBe(hex);
    }
  });
});

describe('decoding errors', () => {
  it.each([
    ['index 0 (§6.1)', '80', HpackFailure.Index],
    ['an index beyond both tables (§2.3.3)', 'be', HpackFailure.Index],
    ['a name index beyond both tables', '7e0161', HpackFailure.Index],
    ['a block that ends in an index', 'ff', HpackFailure.Truncated],
    ['a block that ends in a name', '4003', HpackFailure.Truncated],
    ['a block that ends before a value', '400161', HpackFailure.Truncated],
    ['a string longer than the block', '40016105616263', HpackFailure.Truncated],
    ['an integer of too many octets (§5.1)', 'ff808080808000', HpackFailure.Integer],
    ['an integer beyond 2³²', 'ffffffffffff7f', HpackFailure.Integer],
    ['Huffman padding of more than 7 bits (§5.2)', '40016182 07ff', HpackFailure.Huffman],
    ['Huffman padding of zeros', '4001618100', HpackFailure.Huffman],
    ['Huffman with EOS', '40016184fffffffc', HpackFailure.Huffman],
    ['a table larger than allowed (§6.3)', '3fe21f', HpackFailure.TableSize],
    ['a size update after a field (§4.2)', '8220', HpackFailure.TableUpdate],
  ])('%s', (_, hex, failure) => {
    expect(decode(new HpackDecoder(), hex)).toBe(failure);
  });

  it('a reduction that the encoder does not take up (§4.2)', () => {
    const decoder = new HpackDecoder();
    decoder.limitCapacity(100);
    expect(decode(decoder, '82')).toBe(HpackFailure.TableUpdate);
    const obedient = new HpackDecoder();
    obedient.limitCapacity(100);
    expect(decode(obedient, '3f4582')).toBe(HpackFailure.None);
    expect(obedient.table.capacity).toBe(100);
  });
});

describe('bounds', () => {
  it('counts the fields beyond the limit, keeps none of them, and stays in step', () => {
    const decoder = new HpackDecoder();
    const list = new FieldList(200, 100);
    // One entry of 4,000 octets, named again and again: the header list bomb.
    const value = '61'.repeat(3900);
    expect(decode(decoder, `40 01 78 7f bd1d ${value} ${'be'.repeat(5000)} 41 01 79`, list)).toBe(HpackFailure.None);
    expect(list.overflowed).toBe(true);
    expect(list.count).toBe(0);
    expect(list.size).toBe(5001 * (3900 + 33) + 43);
    expect(table(decoder)[0]).toBe(':authority: y');
  });

  it('counts fields as well as octets', () => {
    const list = new FieldList(65_536, 3);
    decode(new HpackDecoder(), '82828282', list);
    expect([list.count, list.overflowed]).toEqual([3, true]);
    list.clear();
    expect([list.count, list.size, list.overflowed]).toEqual([0, 0, false]);
  });

  it('an entry larger than the table empties it (§4.4)', () => {
    const decoder = new HpackDecoder(64);
    expect(decode(decoder, '4001610162')).toBe(HpackFailure.None);
    expect(decoder.table.count).toBe(1);
    expect(decode(decoder, `40016140${'62'.repeat(64)}`)).toBe(HpackFailure.None);
    expect([decoder.table.count, decoder.table.size]).toEqual([0, 0]);
  });
});

describe('encoder', () => {
  it('tells the smallest capacity that held in between, then the last (§4.2)', () => {
    const encoder = new HpackEncoder();
    const writer = new OctetWriter();
    encoder.encode(writer, 'a', 'b', Indexing.Incremental);
    encoder.limitCapacity(0);
    encoder.limitCapacity(100);
    writer.clear();
    expect(encoder.updateDue).toBe(true);
    encoder.begin(writer);
    expect(toHex(writer.finish())).toBe('203f45');
    expect([encoder.table.count, encoder.updateDue]).toEqual([0, false]);
  });

  it('never exceeds its own capacity however much the peer allows', () => {
    const encoder = new HpackEncoder(4096);
    encoder.limitCapacity(1 << 30);
    expect([encoder.table.capacity, encoder.updateDue]).toEqual([4096, false]);
  });

  it('leaves the table alone for what is larger than it', () => {
    const encoder = new HpackEncoder();
    const writer = new OctetWriter();
    encoder.encode(writer, 'a', 'b', Indexing.Incremental);
    writer.clear();
    encoder.encode(writer, 'x', 'y'.repeat(5000), Indexing.Incremental);
    expect([encoder.table.count, writer.octets[0]]).toEqual([1, 0]);
  });

  it('writes secrets never indexed, also where a table has them (§6.2.3)', () => {
    const encoder = new HpackEncoder();
    const writer = new OctetWriter();
    encoder.encode(writer, 'cookie', 'a', Indexing.Never);
    expect(toHex(writer.finish())).toBe('1f11811f');
    expect(encoder.table.count).toBe(0);
  });

  it('stays in step with a decoder under any fields, indexings and capacities', () => {
    const name = fc.constantFrom(':path', 'accept', 'etag', 'x-a', 'x-b', 'x-long-name-that-takes-room');
    const value = fc.string({
      maxLength: 60,
      unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
    });
    const field = fc.tuple(name, value, fc.constantFrom(...Object.values(Indexing)));
    const block = fc.record({ capacity: fc.option(fc.integer({ min: 0, max: 5000 })), fields: fc.array(field) });
    fc.assert(
      fc.property(fc.array(block), (blocks) => {
        const encoder = new HpackEncoder(4096);
        const decoder = new HpackDecoder(4096);
        for (const { capacity, fields } of blocks) {
          if (capacity !== null) {
            encoder.limitCapacity(capacity);
            decoder.limitCapacity(capacity);
          }
          const writer = new OctetWriter();
          encoder.begin(writer);
          for (const [n, v, indexing] of fields) encoder.encode(writer, n, v, indexing);
          const list = new FieldList(1 << 20, 1000);
          expect(decoder.decode(writer.octets, 0, writer.at, list)).toBe(HpackFailure.None);
          expect(lines(list)).toEqual(fields.map(([n, v]) => `${n}: ${v}`));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('no octets make the decoder throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), (blocks) => {
        const decoder = new HpackDecoder(128);
        const list = new FieldList(1000, 10);
        for (const block of blocks) decoder.decode(block, 0, block.length, list);
        expect(decoder.table.size).toBeLessThanOrEqual(128);
      }),
      { numRuns: 500 },
    );
  });
});
