/** Folds a ones' complement sum (0 to 2³² - 1) to 16 bits (RFC 1071 §2). */
export function foldSum(sum: number): number {
  let folded = (sum >>> 16) + (sum & 0xffff);
  folded = (folded >>> 16) + (folded & 0xffff);
  return folded;
}

/** The two 16-bit halves of a word, added: 0 to 0x1fffe. Not folded. */
export function wordSum(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

/**
 * The checksum after one 16-bit field under it changed (RFC 1624 §3, equation 3): HC' = ~(~HC + ~m + m').
 */
export function updateChecksum(checksum: number, before: number, after: number): number {
  return ~foldSum((~checksum & 0xffff) + (~before & 0xffff) + (after & 0xffff)) & 0xffff;
}

/** Folded sum of the addresses of a pseudo-header, for IPv4: source and destination as 32-bit words. */
export function pseudoSum4(source: number, destination: number): number {
  return foldSum(wordSum(source) + wordSum(destination));
}
