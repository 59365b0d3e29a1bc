import { foldSum, wordSum } from '@immuable-net/ip';
import { HEADER_OCTETS } from './parameters.ts';

/** Field offsets of an IPv4 header (RFC 791 §3.1). */
export const Ipv4Field = {
  VersionAndLength: 0,
  TypeOfService: 1,
  TotalLength: 2,
  Identification: 4,
  FlagsAndOffset: 6,
  TimeToLive: 8,
  Protocol: 9,
  Checksum: 10,
  Source: 12,
  Destination: 16,
  Options: 20,
} as const;

/** Bits of the flags and fragment offset field. */
export const FragmentBits = { DontFragment: 0x4000, MoreFragments: 0x2000, Offset: 0x1fff } as const;

/** The folded sum of a header, checksum field included: 0xffff when it is right. */
export function headerSum(view: DataView, at: number, length: number): number {
  let sum = 0;
  for (let i = at; i < at + length; i += 4) sum += wordSum(view.getInt32(i));
  return foldSum(sum);
}

/** Writes the checksum of a header whose other fields are written. */
export function writeHeaderChecksum(view: DataView, at: number, length: number): void {
  view.setUint16(at + Ipv4Field.Checksum, 0);
  view.setUint16(at + Ipv4Field.Checksum, ~headerSum(view, at, length) & 0xffff);
}

/** What is wrong with the options of a header. */
export const OptionsVerdict = { Fine: 0, Malformed: 1, SourceRoute: 2 } as const;

/** One of {@link OptionsVerdict}. */
export type OptionsVerdict = (typeof OptionsVerdict)[keyof typeof OptionsVerdict];

/** Walks over the options (RFC 791 §3.1): all are skipped, source routes are told. */
export function walkOptions(view: DataView, at: number, headerLength: number): OptionsVerdict {
  const end = at + headerLength;
  let i = at + HEADER_OCTETS;
  while (i < end) {
    const type = view.getUint8(i);
    if (type === 0) return OptionsVerdict.Fine;
    if (type === 1) {
      i++;
      continue;
    }
    if (i + 1 >= end) return OptionsVerdict.Malformed;
    const length = view.getUint8(i + 1);
    if (length < 2 || i + length > end) return OptionsVerdict.Malformed;
    // Loose and strict source and record route.
    if (type === 131 || type === 137) return OptionsVerdict.SourceRoute;
    i += length;
  }
  return OptionsVerdict.Fine;
}
