import { readdirSync, readFileSync } from 'node:fs';
import { octetsOf } from '@immuable-net/http';
import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.ts';

/**
 * Each document is prose with cases: a `http` block is what a client sends, the `events` block behind it what
 * is to come of it. Lines of a `http` block end in CRLF unless they end in a backslash; `\r`, `\n`, `\t`, `\0`
 * and `\xHH` stand for those octets, and `{a*8192}` for so many of a character. `(end)` as the last line is the
 * end of the client's direction.
 */
interface Case {
  readonly title: string;
  readonly input: Uint8Array;
  readonly ends: boolean;
  readonly events: string[];
}

function parseDocument(text: string): Case[] {
  const cases: Case[] = [];
  let title = '';
  let block: 'http' | 'events' | undefined;
  let lines: string[] = [];
  let input: string[] = [];
  for (const line of text.split('\n')) {
    if (block === undefined) {
      if (/^#+ /.test(line)) title = line.replace(/^#+ /, '');
      const opening = /^```(http|events)$/.exec(line);
      if (opening !== null) {
        block = opening[1] as 'http' | 'events';
        lines = [];
      }
    } else if (line === '```') {
      if (block === 'http') {
        input = lines;
      } else {
        const ends = input.at(-1) === '(end)';
        cases.push({ title, input: octetsFrom(ends ? input.slice(0, -1) : input), ends, events: lines });
      }
      block = undefined;
    } else {
      lines.push(line);
    }
  }
  return cases;
}

function octetsFrom(lines: readonly string[]): Uint8Array {
  let text = '';
  for (const line of lines) text += /(?<!\\)\\$/.test(line) ? line.slice(0, -1) : `${line}\r\n`;
  return octetsOf(
    text
      .replace(/\{(.)\*(\d+)\}/g, (_, character: string, count: string) => character.repeat(Number(count)))
      .replace(/\\(r|n|t|0|x[0-9a-f]{2})/g, (_, code: string) =>
        code === 'r'
          ? '\r'
          : code === 'n'
            ? '\n'
            : code === 't'
              ? '\t'
              : String.fromCharCode(Number.parseInt(code.slice(1) || '0', 16)),
      ),
  );
}

function play(each: Case, cut: number): string[] {
  const conversation = new Conversation();
  for (let at = 0; at < each.input.length; at += cut) conversation.send(each.input.subarray(at, at + cut));
  if (each.ends) conversation.end();
  return conversation.events;
}

const folder = new URL('documents/', import.meta.url);
let total = 0;
for (const name of readdirSync(folder).sort()) {
  const cases = parseDocument(readFileSync(new URL(name, folder), 'utf8'));
  total += cases.length;
  describe(name, () => {
    for (const each of cases) {
      it(each.title, () => {
        expect(play(each, each.input.length)).toEqual(each.events);
        // However the octets are split, the same comes of them.
        expect(play(each, 1)).toEqual(each.events);
        expect(play(each, 3)).toEqual(each.events);
        expect(play(each, 1460)).toEqual(each.events);
      });
    }
  });
}

it('reads documents that hold cases', () => {
  expect(total).toBeGreaterThan(60);
});
