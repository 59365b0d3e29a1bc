import { isFieldValue, isToken, percentDecode, type ResponseField } from '@immuable-net/http';
import { MAXIMUM_RULES, MAXIMUM_RULES_OCTETS, MAXIMUM_STARS, OWN_FIELDS } from './site-options.ts';
import { utf8OctetsOf, utf8Of } from './utf8-text.ts';

/** The name of the file that holds them, at the root of an archive. It is never served. */
export const HEADER_RULES_PATH = '_headers';

interface HeaderRule {
  readonly pattern: RegExp;
  readonly set: readonly ResponseField[];
  readonly removed: readonly string[];
}

/**
 * What a `_headers` file says, in the notation of Netlify and Cloudflare Pages: a path pattern on a line of its
 * own, then indented `Name: value` lines for it. `*` stands for any octets, `:name` for one segment; `! Name`
 * takes away what an earlier rule gave; `#` begins a comment. Every rule that matches applies, in order.
 */
export class HeaderRules {
  /** What could not be understood, one line each: told at start, the rest holds. */
  readonly warnings: readonly string[];
  readonly #rules: readonly HeaderRule[];

  private constructor(rules: readonly HeaderRule[], warnings: readonly string[]) {
    this.#rules = rules;
    this.warnings = warnings;
  }

  /** No rules at all. */
  static readonly none: HeaderRules = new HeaderRules([], []);

  /** Reads the file. Never throws: what is wrong is left out and stands in {@link warnings}. */
  static parse(octets: Uint8Array): HeaderRules {
    if (octets.length > MAXIMUM_RULES_OCTETS) {
      return new HeaderRules([], [`_headers: more than ${MAXIMUM_RULES_OCTETS} octets: ignored`]);
    }
    const warnings: string[] = [];
    const rules: { pattern: RegExp; set: ResponseField[]; removed: string[] }[] = [];
    let current: (typeof rules)[number] | undefined;
    const lines = new TextDecoder().decode(octets).split(/\r?\n/);
    for (let number = 1; number <= lines.length; number++) {
      const line = lines[number - 1]!;
      const text = line.trim();
      if (text === '' || text.startsWith('#')) continue;
      const complain = (what: string): void => {
        warnings.push(`_headers, line ${number}: ${what}`);
      };
      if (!/^[ \t]/.test(line)) {
        current = undefined;
        const pattern = patternOf(text);
        if (pattern === undefined) complain(`"${text}" is no path pattern`);
        else if (rules.length === MAXIMUM_RULES) complain(`more than ${MAXIMUM_RULES} rules`);
        else rules.push((current = { pattern, set: [], removed: [] }));
        continue;
      }
      // What stands under a pattern that was refused was complained of with it.
      if (current === undefined) continue;
      if (text.startsWith('!')) {
        current.removed.push(text.slice(1).trim().toLowerCase());
        continue;
      }
      const colon = text.indexOf(':');
      const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
      const value = utf8OctetsOf(text.slice(colon + 1).trim());
      if (!isToken(name) || !isFieldValue(value)) complain(`"${text}" is no field`);
      else if (OWN_FIELDS.has(name)) complain(`${name} is set by the server itself`);
      else current.set.push([name, value]);
    }
    return new HeaderRules(rules, warnings);
  }

  /**
   * Which rules match a path (decoded, beginning with `/`), as a key for {@link apply}: paths with the same
   * key get the same fields. Empty when none does.
   */
  match(path: string): string {
    let key = '';
    for (let i = 0; i < this.#rules.length; i++) if (this.#rules[i]!.pattern.test(path)) key += `${i},`;
    return key;
  }

  /** `fields` with those of the rules that matched: they replace fields of the same name that are not from rules. */
  apply(fields: readonly ResponseField[], key: string): readonly ResponseField[] {
    if (key === '') return fields;
    let set: ResponseField[] = [];
    let removed: string[] = [];
    for (const index of key.split(',')) {
      if (index === '') continue;
      const rule = this.#rules[Number(index)]!;
      set = set.filter(([name]) => !rule.removed.includes(name));
      removed = [...removed.filter((name) => !rule.set.some(([each]) => each === name)), ...rule.removed];
      set.push(...rule.set);
    }
    return [
      ...fields.filter(([name]) => OWN_FIELDS.has(name) || !(removed.includes(name) || set.some(([s]) => s === name))),
      ...set,
    ];
  }
}

function patternOf(text: string): RegExp | undefined {
  if (!text.startsWith('/')) return undefined;
  const octets = percentDecode(utf8OctetsOf(text));
  const path = octets === undefined ? undefined : utf8Of(octets);
  if (path === undefined || path.split('*').length - 1 > MAXIMUM_STARS) return undefined;
  const source = path
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\/:[A-Za-z]\w*/g, '/[^/]+');
  return new RegExp(`^${source}$`, 's');
}
