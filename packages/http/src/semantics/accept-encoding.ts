import { listMembers, trimmed } from './list.ts';

/** The content codings that a server here can give. */
export const Coding = { Identity: 0, Gzip: 1, Deflate: 2 } as const;

/** One of {@link Coding}. */
export type Coding = (typeof Coding)[keyof typeof Coding];

/** The names of the codings, by number. */
export const CODING_NAMES: readonly string[] = ['identity', 'gzip', 'deflate'];

/** What a client takes. */
export interface CodingPreference {
  /** Codings that the client takes, the best one first. Empty: none of ours. */
  readonly order: readonly Coding[];
}

/** Without the field any coding is acceptable (RFC 9110 §12.5.3): plain octets are what nobody can fail to read. */
const ABSENT: CodingPreference = { order: [Coding.Identity] };

/**
 * Reads an Accept-Encoding field (RFC 9110 §12.5.3): weights, `*`, `identity;q=0`, `x-gzip` (§8.4.1.3). Among
 * equal weights gzip stands before deflate (which some clients get wrong) and both before identity.
 * A malformed member is left out.
 */
export function parseAcceptEncoding(value: string | undefined): CodingPreference {
  if (value === undefined) return ABSENT;
  let gzip = -1;
  let deflate = -1;
  let identity = -1;
  let any = -1;
  for (const member of listMembers(value)) {
    const semicolon = member.indexOf(';');
    const name = (semicolon < 0 ? member : trimmed(member, 0, semicolon)).toLowerCase();
    const weight = semicolon < 0 ? 1 : parseWeight(member.slice(semicolon + 1));
    if (weight < 0) continue;
    if (name === 'gzip' || name === 'x-gzip') gzip = Math.max(gzip, weight);
    else if (name === 'deflate') deflate = Math.max(deflate, weight);
    else if (name === 'identity') identity = Math.max(identity, weight);
    else if (name === '*') any = Math.max(any, weight);
  }
  const offers: { coding: Coding; weight: number }[] = [
    { coding: Coding.Gzip, weight: gzip >= 0 ? gzip : any },
    { coding: Coding.Deflate, weight: deflate >= 0 ? deflate : any },
    // Acceptable unless excluded; unnamed it comes after what is named.
    { coding: Coding.Identity, weight: identity >= 0 ? identity : any === 0 ? 0 : 0.0001 },
  ];
  const order = offers
    .filter((offer) => offer.weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map((offer) => offer.coding);
  return { order };
}

/** `q=0.5` as 0 to 1; -1 when it is no weight (RFC 9110 §12.4.2). */
function parseWeight(parameter: string): number {
  const match = /^[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*$/.exec(parameter);
  return match === null ? -1 : Number(match[1]);
}
