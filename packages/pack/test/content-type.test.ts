import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentTypeOf, contentTypeOfExtension } from '@immuable-net/pack/content-type';
import { describe, expect, it } from 'vitest';

const png = readFileSync(join(import.meta.dirname, 'fixtures/sites/small/img/logo.png'));
const zip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('contentTypeOf', () => {
  const cases: [string, string, Uint8Array, string | undefined][] = [
    ['a page', 'index.html', text('<!doctype html>é'), 'text/html; charset=utf-8'],
    ['a page in Latin-1: no charset is claimed', 'index.html', Buffer.from('<p>\xe9\x00', 'latin1'), 'text/html'],
    ['a style sheet', 'a.css', text('p {}'), 'text/css; charset=utf-8'],
    ['a script', 'a.js', text('let a;'), 'text/javascript; charset=utf-8'],
    ['JSON has no charset', 'a.json', text('{}'), 'application/json'],
    ['a picture', 'a.png', png, 'image/png'],
    ['a picture by its content', 'picture', png, 'image/png'],
    ['a picture with the wrong extension', 'a.txt', png, 'image/png'],
    ['SVG, which is XML', 'a.svg', text('<?xml version="1.0"?><svg/>'), 'image/svg+xml'],
    ['XML without a name', 'feed', text('<?xml version="1.0"?><feed/>'), 'application/xml'],
    ['a document, which is a ZIP', 'a.odt', zip, 'application/vnd.oasis.opendocument.text'],
    ['TypeScript, which is no video', 'a.ts', text('const a: number = 1;'), 'text/plain; charset=utf-8'],
    ['a text that begins as a bitmap does', 'notes', text('BM is short for many things'), 'text/plain; charset=utf-8'],
    ['a text without a name', 'LICENSE', text('Permission is hereby granted'), 'text/plain; charset=utf-8'],
    ['a dotfile is no extension', '.html', text('text'), 'text/plain; charset=utf-8'],
    ['an empty file', 'a.txt', new Uint8Array(0), 'text/plain; charset=utf-8'],
    ['nothing tells', 'blob', Uint8Array.of(0, 1, 2, 3, 250, 251), undefined],
    ['WebAssembly', 'a.wasm', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), 'application/wasm'],
  ];
  for (const [name, path, octets, type] of cases) {
    it(name, async () => expect(await contentTypeOf(path, octets)).toBe(type));
  }

  it('a character may be cut at the end of the beginning of a file, not of a whole one', async () => {
    const cut = text('caf\u00e9').subarray(0, 4);
    expect(await contentTypeOf('a.txt', cut, false)).toBe('text/plain; charset=utf-8');
    expect(await contentTypeOf('a.txt', cut, true)).toBe('text/plain');
  });

  it('extensions', () => {
    expect(contentTypeOfExtension('a/b.c/page.html')).toBe('text/html');
    expect(contentTypeOfExtension('a.b/page')).toBeUndefined();
    expect(contentTypeOfExtension('html')).toBeUndefined();
  });
});
