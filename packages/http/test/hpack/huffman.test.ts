import { fromHex, OctetWriter, toHex } from '@immuable-net/octets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHuffman, encodeHuffman, huffmanLength } from '../../src/hpack/huffman.ts';
import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from '../../src/hpack/huffman-code.ts';

function encode(text: string): Uint8Array {
  const writer = new OctetWriter(4);
  encodeHuffman(text, writer);
  return writer.finish();
}

/** The twin: a walk bit by bit. */
function walk(octets: Uint8Array): string | undefined {
  let text = '';
  let code = 0;
  let length = 0;
  for (const octet of octets) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((octet >> bit) & 1);
      length++;
      const symbol = HUFFMAN_CODES.findIndex((each, index) => each === code && HUFFMAN_LENGTHS[index] === length);
      if (symbol === EOS) return undefined;
      if (symbol >= 0) {
        text += String.fromCharCode(symbol);
        code = 0;
        length = 0;
      }
    }
  }
  return length < 8 && code === 2 ** length - 1 ? text : undefined;
}

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

describe('Huffman code (RFC 7541 §5.2, Appendix B)', () => {
  it('has the codes of Appendix B', () => {
    // First and last of each length that the appendix lists, and EOS.
    const codes: [number, number, number][] = [
      [48, 0x0, 5],
      [116, 0x9, 5],
      [32, 0x14, 6],
      [117, 0x2d, 6],
      [58, 0x5c, 7],
      [122, 0x7b, 7],
      [38, 0xf8, 8],
      [90, 0xfd, 8],
      [33, 0x3f8, 10],
      [63, 0x3fc, 10],
      [39, 0x7fa, 11],
      [124, 0x7fc, 11],
      [35, 0xffa, 12],
      [0, 0x1ff8, 13],
      [126, 0x1ffd, 13],
      [94, 0x3ffc, 14],
      [125, 0x3ffd, 14],
      [60, 0x7ffc, 15],
      [123, 0x7ffe, 15],
      [92, 0x7fff0, 19],
      [1, 0x7fffd8, 23],
      [9, 0xffffea, 24],
      [255, 0x3ffffee, 26],
      [249, 0xffffffe, 28],
      [10, 0x3ffffffc, 30],
      [22, 0x3ffffffe, 30],
      [EOS, 0x3fffffff, 30],
    ];
    for (const [symbol, code, length] of codes) {
      expect([symbol, HUFFMAN_CODES[symbol], HUFFMAN_LENGTHS[symbol]]).toEqual([symbol, code, length]);
    }
    expect(HUFFMAN_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1);
  });

  it('encodes and decodes the examples of Appendix C', () => {
    const examples: [string, string][] = [
      ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
      ['no-cache', 'a8eb10649cbf'],
      ['custom-key', '25a849e95ba97d7f'],
      ['custom-value', '25a849e95bb8e8b4bf'],
      ['302', '6402'],
      ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
      [
        'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
        '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ],
    ];
    for (const [text, hex] of examples) {
      expect(toHex(encode(text))).toBe(hex);
      expect(decodeHuffman(fromHex(hex), 0, hex.length / 2)).toBe(text);
    }
  });

  it('gives back every text, long ones too', () => {
    fc.assert(
      fc.property(latin1, fc.integer({ min: 1, max: 400 }), (text, times) => {
        const long = text.repeat(times);
        const octets = encode(long);
        expect(octets.length).toBe(huffmanLength(long));
        expect(decodeHuffman(octets, 0, octets.length)).toBe(long);
      }),
      { numRuns: 60 },
    );
  });

  it('decides as a walk bit by bit does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (octets) => {
        expect(decodeHuffman(octets, 0, octets.length)).toBe(walk(octets));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses EOS, padding of zeros and padding of 8 bits', () => {
    expect(decodeHuffman(fromHex('fffffffc'), 0, 4)).toBeUndefined(); // EOS and padding
    expect(decodeHuffman(fromHex('ffffffff'), 0, 4)).toBeUndefined(); // and with ones behind it
    expect(decodeHuffman(fromHex('00'), 0, 1)).toBeUndefined(); // '0' and three zeros
    expect(decodeHuffman(fromHex('07'), 0, 1)).toBe('0');
    expect(decodeHuffman(fromHex('07ff'), 0, 2)).toBeUndefined(); // a whole octet of padding
    expect(decodeHuffman(fromHex('ff'), 0, 1)).toBeUndefined();
    expect(decodeHuffman(new Uint8Array(0), 0, 0)).toBe('');
  });
});
