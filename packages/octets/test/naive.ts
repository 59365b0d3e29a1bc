export * as fc from 'fast-check';

/** RFC 1071 word by word. */
export function naiveSum(octets: Uint8Array, initial: number): number {
  let sum = initial;
  for (let i = 0; i < octets.length; i += 2) {
    sum += octets[i]! * 256 + (i + 1 < octets.length ? octets[i + 1]! : 0);
  }
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536);
  return sum;
}
