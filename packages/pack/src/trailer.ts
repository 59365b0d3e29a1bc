import { HASH_NAMES, Hasher, type HashName, hashOctets } from './node-crypto.ts';
import { PackError } from './pack-error.ts';
import type { PackSource } from './pack-source.ts';
import { MAXIMUM_PADDING_OCTETS } from './parameters.ts';

/** True when the octets at `end` are the hash of all before. */
function matches(source: PackSource, end: number, name: HashName): boolean {
  const octets = hashOctets(name);
  if (end + octets > source.length) return false;
  const hasher = new Hasher(name);
  source.each(0, end, (window, from, to) => {
    // OpenSSL takes at most 2³¹ octets a call; a window has at most half of that.
    hasher.update(window, from, to);
  });
  const digest = hasher.digest();
  for (let i = 0; i < octets; i++) {
    if (source.octetAt(end + i) !== digest[i]) return false;
  }
  return true;
}

/** True when only zeros follow the trailer. */
export function isPadded(source: PackSource, end: number, name: HashName): boolean {
  const start = end + hashOctets(name);
  if (start > source.length || source.length - start > MAXIMUM_PADDING_OCTETS) return false;
  let clean = true;
  source.each(start, source.length, (window, from, to) => {
    for (let at = from; at < to; at++) clean &&= window[at] === 0;
  });
  return clean;
}

/**
 * Checks the trailer that begins at `end`, and what stands behind it. Returns the hash that made it: `told`, or
 * where nobody told, the one that fits. Throws `PackError`.
 */
export function checkTrailer(source: PackSource, end: number, told: HashName | undefined): HashName {
  if (told !== undefined) {
    if (matches(source, end, told)) {
      if (!isPadded(source, end, told))
        throw new PackError('bad-padding', 'something other than zeros follows the archive');
      return told;
    }
    const other = HASH_NAMES.find((name) => matches(source, end, name));
    if (other !== undefined)
      throw new PackError('wrong-hash', `the archive's trailer is made by ${other}, not ${told}`);
  } else {
    let padded = true;
    for (const name of HASH_NAMES) {
      if (!matches(source, end, name)) continue;
      if (isPadded(source, end, name)) return name;
      padded = false;
    }
    if (!padded) throw new PackError('bad-padding', 'something other than zeros follows the archive');
  }
  if (end + 20 > source.length) throw new PackError('truncated', 'the archive ends before its trailer does');
  throw new PackError('altered', 'the archive was altered or cut: its trailer is no hash of its octets');
}
