/** More ranges than this in one request and the field is ignored. Apache takes 200, nginx any number unless `max_ranges` says less. */
export const MAXIMUM_RANGES = 16;

/** A run of a representation: octets `[from, to)`. */
export interface OctetRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The ranges that a Range field (RFC 9110 §14.2) asks for of a representation of `length` octets: in the order
 * asked for, merged where they overlap or touch (§15.3.7.2).
 *
 * Returns `undefined` when the field is to be ignored (another unit, malformed, more than
 * {@link MAXIMUM_RANGES}), and an empty list when none can be satisfied: 416.
 */
export function parseRange(value: string, length: number): OctetRange[] | undefined {
  const match = /^[ \t]*bytes=(.*)$/i.exec(value);
  if (match === null) return undefined;
  const found: OctetRange[] = [];
  let count = 0;
  for (const member of match[1]!.split(',')) {
    const spec = /^[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/.exec(member);
    if (spec === null) {
      // Empty list members are legal (RFC 9110 §5.6.1.2).
      if (/^[ \t]*$/.test(member)) continue;
      return undefined;
    }
    if (++count > MAXIMUM_RANGES) return undefined;
    let from: number;
    let to = length;
    if (spec[3] !== undefined) {
      // §14.1.2: a suffix longer than the representation is all of it; of no octets it is not satisfiable.
      const suffix = Number(spec[3]);
      if (suffix === 0) continue;
      // An empty representation satisfies it, but no Content-Range can say so: answer with all of it.
      if (length === 0) return undefined;
      from = Math.max(0, length - suffix);
    } else {
      from = Number(spec[1]);
      if (spec[2] !== '') {
        const last = Number(spec[2]);
        if (last < from) return undefined;
        to = Math.min(length, last + 1);
      }
      if (from >= length) continue;
    }
    merge(found, from, to);
  }
  return count === 0 ? undefined : found;
}

/** Those of `found` lie apart, so what touches the new range touches it as it came: one pass is enough. */
function merge(found: OctetRange[], from: number, to: number): void {
  let first = from;
  let last = to;
  let at = found.length;
  for (let i = found.length - 1; i >= 0; i--) {
    const each = found[i]!;
    if (from > each.to || to < each.from) continue;
    first = Math.min(first, each.from);
    last = Math.max(last, each.to);
    found.splice(i, 1);
    at = i;
  }
  found.splice(at, 0, { from: first, to: last });
}
